/** Quotas above the GPUs that exist are promises that nobody can keep. */
import { gpuResource } from "../../../catalog";
import { carries, maximumNodes, nodeGroups, objectName, schedulableGpus } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const FLAVOR = kind("kueue.x-k8s.io/v1beta2", "ResourceFlavor");

export const quotasFitTheGpus = stackRule(
    {
        name: "quotas-fit-the-gpus",
        displayName: "Quotas add up to no more than the GPUs",
        description:
            "Kueue admits by quota. With more nominal quota than GPUs, gangs are admitted that have no nodes: they hold their quota and wait, while smaller jobs that would fit are kept out.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Make the teams' quotas add up to the GPUs of the pools at most.",
        url: "https://github.com/kubernetes-sigs/kueue/issues/4329",
    },
    (subjects) => {
        const groups = nodeGroups(subjects).filter(({ instance }) => instance !== undefined);
        const queues = subjects.filter((subject) => subject.type === CLUSTER_QUEUE);
        return subjects
            .filter((subject) => subject.type === FLAVOR)
            .flatMap((flavor): StackFinding[] => {
                const nodes = groups.filter((group) => carries(group, flavor.props.entries("spec.nodeLabels")));
                const perGroup = nodes.map((group) => schedulableGpus(group));
                if (nodes.length === 0 || perGroup.includes(undefined)) {
                    return [];
                }
                const gpus = nodes.reduce((sum, group, index) => sum + maximumNodes(group) * (perGroup[index] ?? 0), 0);
                const name = objectName(flavor);
                const quota = queues
                    .flatMap((queue) =>
                        queue.props.list("spec.resourceGroups").flatMap((group) => group.list("flavors")),
                    )
                    .filter((entry) => entry.text("name") === name)
                    .flatMap((entry) => entry.list("resources"))
                    .filter((resource) => resource.text("name") === gpuResource)
                    .reduce((sum, resource) => sum + (resource.number("nominalQuota") ?? 0), 0);
                return quota <= gpus
                    ? []
                    : [
                          {
                              about: flavor,
                              found: `nominal quotas of ${quota} GPUs on flavor ${name ?? ""}`,
                              required: `at most ${gpus}, what its node groups hold`,
                              remedy: "Lower the teams' quotas or add nodes.",
                          },
                      ];
            });
    },
);
