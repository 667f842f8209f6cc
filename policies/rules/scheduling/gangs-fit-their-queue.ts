/** A gang above quota and borrowing limit of its queue is never admitted. */
import { gpuResource } from "../../../catalog";
import { objectName } from "../../cluster";
import type { Facts } from "../../facts";
import { kind, stackRule, type StackFinding, type Subject } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const LOCAL_QUEUE = kind("kueue.x-k8s.io/v1beta2", "LocalQueue");
const COHORT = kind("kueue.x-k8s.io/v1beta2", "Cohort");
const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");

/** Entries for GPUs of a queue's flavor. */
function gpusOf(flavor: Facts): Facts[] {
    return flavor.list("resources").filter((resource) => resource.text("name") === gpuResource);
}

/** GPUs of a flavor that the other queues of the cohort lend at most, whatever the queue's own limit says. */
function lentTo(queue: Subject, flavorName: string | undefined, subjects: readonly Subject[]): number {
    const cohort = queue.props.at("spec.cohortName");
    if (!cohort.present) {
        return 0;
    }
    // Cohorts as objects have quotas and parents of their own.
    if (cohort.unknown || flavorName === undefined || subjects.some((subject) => subject.type === COHORT)) {
        return Infinity;
    }
    return subjects
        .filter((other) => other.type === CLUSTER_QUEUE && other.urn !== queue.urn)
        .filter(
            (other) =>
                other.props.at("spec.cohortName").unknown || other.props.text("spec.cohortName") === cohort.text(),
        )
        .flatMap((other) => other.props.list("spec.resourceGroups").flatMap((group) => group.list("flavors")))
        .filter((flavor) => flavor.at("name").unknown || flavor.text("name") === flavorName)
        .flatMap(gpusOf)
        .reduce((sum, resource) => {
            const lent = resource.at("lendingLimit");
            return sum + ((lent.present ? lent.number() : resource.number("nominalQuota")) ?? Infinity);
        }, 0);
}

export const gangsFitTheirQueue = stackRule(
    {
        name: "gangs-fit-their-queue",
        displayName: "Every job fits its queue",
        description:
            "Kueue keeps a workload that asks for more than its queue owns and the cohort lends for ever, without an event that its owner would see.",
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
                        .flatMap((flavor) => gpusOf(flavor).map((resource) => ({ flavor, resource })))
                        .map(({ flavor, resource }) => {
                            const limit = resource.at("borrowingLimit");
                            const allowed = limit.present ? (limit.number() ?? Infinity) : Infinity;
                            return (
                                (resource.number("nominalQuota") ?? Infinity) +
                                Math.min(allowed, lentTo(queue, flavor.text("name"), subjects))
                            );
                        }),
                );
                return nodes * perNode <= most
                    ? []
                    : [
                          {
                              about,
                              found: `${nodes} nodes of ${perNode} GPUs`,
                              required: `at most ${most} GPUs, what queue ${objectName(queue) ?? ""} owns and may borrow`,
                              remedy: "Ask for fewer nodes, or raise the limit.",
                          },
                      ];
            }),
);
