/** Kueue, JobSet and Trainer that do not fit each other admit jobs and start none. */
import { compatible, findRelease } from "../../../catalog";
import { chartOf } from "../../cluster";
import { EKS_CLUSTER, HELM_RELEASE } from "../../resources";
import { stackRule, type StackFinding } from "../../rule";

export const chartsFitTogether = stackRule(
    {
        name: "charts-fit-together",
        displayName: "Charts of the stack fit each other",
        description:
            "A misfit is silent: the workload says Admitted, the pods exist and none gets a node selector. The release catalogue holds what was proved to fit.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "supply-chain",
        remediationSteps: "Use the versions of the catalogue together.",
        url: "https://github.com/kubernetes-sigs/kueue/blob/main/go.mod",
    },
    (subjects) => {
        const releases = new Map(
            subjects
                .filter((subject) => subject.type === HELM_RELEASE && subject.props.text("version") !== undefined)
                .filter((subject) => findRelease(chartOf(subject)) !== undefined)
                .map((subject) => [chartOf(subject), subject]),
        );
        const minor = subjects.find((subject) => subject.type === EKS_CLUSTER)?.props.text("version");
        const versions = Object.fromEntries(
            [...releases].map(([chart, release]) => [chart, release.props.text("version") ?? ""]),
        );
        return compatible(versions, minor).flatMap((misfit): StackFinding[] => {
            const about = releases.get(misfit.release);
            return about === undefined
                ? []
                : [
                      {
                          about,
                          found: `${misfit.release} ${versions[misfit.release] ?? ""} with ${misfit.needs.split(" ")[0] ?? ""} ${misfit.got}`,
                          required: misfit.needs,
                          remedy: "Use the catalogue's versions.",
                      },
                  ];
        });
    },
);
