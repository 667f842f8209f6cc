/** A TrainJob that sets resourcesPerNode replaces the runtime's resources, and loses EFA and hugepages with them. */
import { efaResource, gpuResource, hugepagesResource } from "../../../catalog";
import { objectName } from "../../cluster";
import { asksFor, containers, podSpecs } from "../../pods";
import { kind, stackRule, type StackFinding } from "../../rule";

const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");
const RUNTIME = kind("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime");

export const trainJobsKeepFabricResources = stackRule(
    {
        name: "train-jobs-keep-fabric-resources",
        displayName: "TrainJobs keep what their runtime asks for",
        description:
            "resourcesPerNode is no overlay: what it leaves out is gone. A job that only wanted more memory runs without EFA, over TCP, at a few per cent of the bandwidth.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps:
            "Repeat every extended resource of the runtime in resourcesPerNode, or use TrainingJob, which does.",
        url: "https://www.kubeflow.org/docs/components/trainer/operator-guides/runtime/",
    },
    (subjects) =>
        subjects
            .filter((subject) => subject.type === TRAIN_JOB)
            .flatMap((about): StackFinding[] => {
                const own = about.props.at("spec.trainer.resourcesPerNode");
                const runtime = subjects.find(
                    (subject) =>
                        subject.type === RUNTIME && objectName(subject) === about.props.text("spec.runtimeRef.name"),
                );
                if (!own.present || own.unknown || runtime === undefined) {
                    return [];
                }
                const wanted = podSpecs(runtime).flatMap(containers);
                return [gpuResource, efaResource, hugepagesResource]
                    .filter((resource) => wanted.some((container) => asksFor(container, resource)))
                    .filter((resource) => !own.at("limits").key(resource).present)
                    .map((resource) => ({
                        about,
                        found: `resourcesPerNode without ${resource}, which runtime ${objectName(runtime) ?? ""} has`,
                        required: `${resource} in resourcesPerNode`,
                        remedy: "Repeat it: resourcesPerNode replaces the runtime's resources.",
                    }));
            }),
);
