/** An operator that is gone cannot finish the deletion of its objects. */
import { findRelease } from "../../../catalog";
import { allDependencies, byUrn, chartOf } from "../../cluster";
import { HELM_RELEASE } from "../../resources";
import { stackRule, type StackFinding } from "../../rule";

export const customResourcesLeaveBeforeTheirOperator = stackRule(
    {
        name: "custom-resources-leave-before-their-operator",
        displayName: "Custom resources depend on their operator",
        description:
            "Without the dependency Pulumi may delete the release first. Its objects keep a finalizer that nobody removes, and destroy hangs until it times out; on the way up the object meets no CRD.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "teardown",
        remediationSteps: "Add the release to dependsOn of the object.",
        url: "https://github.com/pulumi/pulumi-kubernetes/issues/3247",
    },
    (subjects) => {
        const index = byUrn(subjects);
        const releases = subjects
            .filter((subject) => subject.type === HELM_RELEASE)
            .map((release) => ({
                release,
                groups: new Set(
                    (findRelease(chartOf(release))?.inside?.crds ?? []).map((crd) => crd.slice(crd.indexOf(".") + 1)),
                ),
            }));
        return subjects.flatMap((about): StackFinding[] => {
            const group = /^kubernetes:([^/:]+)\/[^:]+:/.exec(about.type)?.[1];
            const owner = releases.find(({ groups }) => group !== undefined && groups.has(group));
            return owner === undefined || allDependencies(about, index).has(owner.release.urn)
                ? []
                : [
                      {
                          about,
                          found: `no dependency on release ${owner.release.name}`,
                          required: "a dependency on the release that brings the CRD",
                          remedy: "Add the release to dependsOn.",
                      },
                  ];
        });
    },
);
