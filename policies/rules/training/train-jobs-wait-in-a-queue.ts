/** A job without queue label runs past every quota, or never, depending on Kueue's settings. */
import { objectName } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");
const LOCAL_QUEUE = kind("kueue.x-k8s.io/v1beta2", "LocalQueue");

export const trainJobsWaitInAQueue = stackRule(
    {
        name: "train-jobs-wait-in-a-queue",
        displayName: "Every TrainJob names a queue of its namespace",
        description:
            "Without the label Kueue ignores the job or holds it for ever. With the name of a queue that its namespace has not, it stays suspended.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Label the job kueue.x-k8s.io/queue-name with a LocalQueue of its namespace.",
        url: "https://kueue.sigs.k8s.io/docs/tasks/run/trainjobs/",
    },
    (subjects) => {
        const queues = subjects.filter((subject) => subject.type === LOCAL_QUEUE);
        return subjects
            .filter((subject) => subject.type === TRAIN_JOB)
            .flatMap((about): StackFinding[] => {
                const label = about.props.at("metadata.labels").key("kueue.x-k8s.io/queue-name");
                const namespace = about.props.at("metadata.namespace");
                const here = queues.filter(
                    (queue) => queue.props.text("metadata.namespace") === (namespace.text() ?? "default"),
                );
                const exists = here.some((queue) => objectName(queue) === label.text());
                return label.unknown || namespace.unknown || (label.present && (exists || queues.length === 0))
                    ? []
                    : [
                          {
                              about,
                              found: `label kueue.x-k8s.io/queue-name ${label.text() ?? "not set"}`,
                              required: `a LocalQueue of namespace ${namespace.text() ?? "default"}: ${here.map(objectName).join(", ") || "none"}`,
                              remedy: "Name one of them.",
                          },
                      ];
            });
    },
);
