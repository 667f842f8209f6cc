/** A gang above quota and borrowing limit of its queue is never admitted. */
import { gpuResource } from "../../../catalog";
import { objectName } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const LOCAL_QUEUE = kind("kueue.x-k8s.io/v1beta2", "LocalQueue");
const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");

export const gangsFitTheirQueue = stackRule(
    {
        name: "gangs-fit-their-queue",
        displayName: "Every job fits its queue",
        description:
            "Kueue keeps a workload that asks for more than nominal quota plus borrowing limit for ever, without an event that its owner would see.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Ask for fewer nodes, or raise the team's quota or borrowing limit.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/workload/",
    },
    (subjects) =>
        subjects
            .filter((subject) => subject.type === TRAIN_JOB)
            .flatMap((about): StackFinding[] => {
                const queueName = about.props.at("metadata.labels").key("kueue.x-k8s.io/queue-name").text();
                const local = subjects.find(
                    (subject) =>
                        subject.type === LOCAL_QUEUE &&
                        objectName(subject) === queueName &&
                        subject.props.text("metadata.namespace") === about.props.text("metadata.namespace"),
                );
                const queue = subjects.find(
                    (subject) =>
                        subject.type === CLUSTER_QUEUE &&
                        objectName(subject) === local?.props.text("spec.clusterQueue"),
                );
                const nodes = about.props.number("spec.trainer.numNodes");
                const perNode = about.props.at("spec.trainer.resourcesPerNode.limits").key(gpuResource).number();
                if (queue === undefined || nodes === undefined || perNode === undefined) {
                    return [];
                }
                const most = Math.max(
                    0,
                    ...queue.props
                        .list("spec.resourceGroups")
                        .flatMap((group) => group.list("flavors"))
                        .flatMap((flavor) => flavor.list("resources"))
                        .filter((resource) => resource.text("name") === gpuResource)
                        .map((resource) => {
                            const limit = resource.at("borrowingLimit");
                            const borrow = queue.props.at("spec.cohortName").present
                                ? limit.present
                                    ? (limit.number() ?? Infinity)
                                    : Infinity
                                : 0;
                            return (resource.number("nominalQuota") ?? Infinity) + borrow;
                        }),
                );
                return nodes * perNode <= most
                    ? []
                    : [
                          {
                              about,
                              found: `${nodes} nodes of ${perNode} GPUs`,
                              required: `at most ${most} GPUs, quota and borrowing limit of queue ${objectName(queue) ?? ""}`,
                              remedy: "Ask for fewer nodes, or raise the limit.",
                          },
                      ];
            }),
);
