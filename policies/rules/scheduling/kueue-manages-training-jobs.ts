/** Kueue lets jobs of a framework that it does not manage run past every quota. */
import { parse } from "yaml";
import { chartOf } from "../../cluster";
import { Facts } from "../../facts";
import { HELM_RELEASE } from "../../resources";
import { resourceRule } from "../../rule";

const FRAMEWORKS = ["trainer.kubeflow.org/trainjob", "jobset.x-k8s.io/jobset"];

export const kueueManagesTrainingJobs = resourceRule(
    {
        name: "kueue-manages-training-jobs",
        displayName: "Kueue manages TrainJobs and JobSets",
        description:
            "A TrainJob whose framework is missing from integrations.frameworks starts at once, beside the queue: two gangs get half of the nodes each and both wait for the rest.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "List trainer.kubeflow.org/trainjob and jobset.x-k8s.io/jobset in integrations.frameworks.",
        url: "https://kueue.sigs.k8s.io/docs/tasks/run/trainjobs/",
        appliesTo: [HELM_RELEASE],
    },
    (subject) => {
        const text = subject.props.text("values.managerConfig.controllerManagerConfigYaml");
        if (chartOf(subject) !== "kueue" || text === undefined) {
            return [];
        }
        const listed = Facts.of(parse(text)).texts("integrations.frameworks");
        const missing = FRAMEWORKS.filter((framework) => !listed.includes(framework));
        return missing.map((framework) => ({
            found: `integrations.frameworks without ${framework}`,
            required: FRAMEWORKS.join(" and "),
            remedy: `Add ${framework}.`,
        }));
    },
);
