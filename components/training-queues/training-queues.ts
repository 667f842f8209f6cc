/** Queues that share the GPUs out among teams. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CapacityGroup } from "../capacity-group";
import { capacityGroups } from "../capacity-group";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import { installChart, podSecurityLabels, securedNamespace } from "../helm-chart";
import { refuse } from "../input";
import { checkTrainingQueues } from "./check";
import { kueueConfiguration } from "./kueue-configuration";
import { contentName, kueueApi, teamLabel } from "./names";
import { resourceGroup, teamQuotas } from "./quota";
import type { QueueFacts, QueueSpec, TeamQuota } from "./spec";
import type { PriorityArgs, TrainingQueuesArgs } from "./training-queues-args";

/** Classes of urgency where none are given. */
export const DEFAULT_PRIORITIES: PriorityArgs[] = [
    { name: "high", value: 10_000, description: "Deadlines: takes GPUs of the same queue from less urgent jobs." },
    { name: "normal", value: 1_000, description: "What a job has that says nothing." },
    { name: "low", value: 100, description: "Fills idle GPUs and gives them back first." },
];

/**
 * Kueue with a queue for each team: nominal quota, what it may borrow and lend, fair sharing of idle GPUs, classes of urgency;
 * a ResourceFlavor for each capacity group of the pools, with the topology of its nodes, so that a job's pods are placed
 * close together or not at all. Teams get a namespace each, where jobs that name no queue are held back.
 *
 * GPUs are reclaimed from borrowers by preemption; within a queue more urgent jobs preempt less urgent ones.
 */
export class TrainingQueues extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:TrainingQueues";

    /** What TrainingJob needs. */
    readonly spec: QueueSpec;

    constructor(name: string, args: TrainingQueuesArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`TrainingQueues "${name}"`, checkTrainingQueues(args));
        super(TrainingQueues.__pulumiType, name, args, opts);
        const groups = capacityGroups(args.pools, args.fabric);
        const quotas = teamQuotas(args.teams, groups);
        const priorities = args.priorities ?? DEFAULT_PRIORITIES;

        const kueue = installKueue(name, args, this);
        const inKueue = { parent: this, dependsOn: [kueue] };
        const flavors = createFlavors(name, args, groups, inKueue);
        createPriorities(name, priorities, inKueue);
        const localQueues = quotas.map((quota, index) => {
            const clusterQueue = new k8s.apiextensions.CustomResource(
                `${name}-cluster-queue-${quota.name}`,
                {
                    apiVersion: kueueApi,
                    kind: "ClusterQueue",
                    metadata: { name: quota.name },
                    spec: clusterQueueSpec(name, quota, args.teams[index]?.weight ?? 1, groups, flavors, quotas.length),
                },
                inKueue,
            );
            return createLocalQueue(name, quota, groups, clusterQueue, inKueue);
        });

        this.spec = {
            ...queueFacts(groups, quotas, priorities),
            localQueues: pulumi.all(localQueues.map((queue) => queue.metadata.name)),
        };
        this.registerOutputs({ spec: this.spec });
    }
}

/** What the queues give a job, before any of them exists. */
export function queueFacts(
    groups: CapacityGroup[],
    teams: TeamQuota[],
    priorities: PriorityArgs[] = DEFAULT_PRIORITIES,
): QueueFacts {
    return {
        teams,
        priorityClasses: priorities.toSorted((a, b) => b.value - a.value).map((priority) => priority.name),
        gpusPerNode: byGroup(groups, (group) => group.schedulableGpusPerNode),
        nodes: byGroup(groups, (group) => group.nodes),
        topologyLevels: byGroup(groups, (group) => group.topologyLevels),
        largestDomains: byGroup(groups, (group) => group.largestDomains),
    };
}

function installKueue(name: string, args: TrainingQueuesArgs, parent: pulumi.Resource): k8s.helm.v3.Release {
    const namespace = securedNamespace(`${name}-system`, "kueue-system", "restricted", {}, { parent });
    return installChart(
        `${name}-kueue`,
        {
            release: "kueue",
            namespace: namespace.metadata.name,
            values: {
                controllerManager: {
                    replicas: 2,
                    podDisruptionBudget: { enabled: true, minAvailable: 1 },
                    // The chart's 512 MiB are for small clusters: a thousand nodes and a gang of as many pods need more.
                    manager: {
                        resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "4", memory: "4Gi" } },
                    },
                },
                managerConfig: {
                    controllerManagerConfigYaml: kueueConfiguration({ podsReadyMinutes: args.podsReadyMinutes ?? 30 }),
                },
            },
            userValues: args.values,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        { parent },
    );
}

/** One flavor for each group and one topology for each set of levels; gives the created flavors' names. */
function createFlavors(
    name: string,
    args: TrainingQueuesArgs,
    groups: CapacityGroup[],
    opts: pulumi.CustomResourceOptions,
): { [capacityGroup: string]: pulumi.Output<string> } {
    const topologies = new Map<string, k8s.apiextensions.CustomResource>();
    return byGroup(groups, (group) => {
        const levels = group.topologyLevels.map((nodeLabel) => ({ nodeLabel }));
        const topologyName = contentName("topology", levels);
        const topology =
            topologies.get(topologyName) ??
            new k8s.apiextensions.CustomResource(
                `${name}-${topologyName}`,
                { apiVersion: kueueApi, kind: "Topology", metadata: { name: topologyName }, spec: { levels } },
                opts,
            );
        topologies.set(topologyName, topology);
        const spec = flavorSpec(group, topologyName);
        const flavor = new k8s.apiextensions.CustomResource(
            `${name}-flavor-${group.name}`,
            {
                apiVersion: kueueApi,
                kind: "ResourceFlavor",
                metadata: {
                    name: contentName(group.name, spec),
                    annotations: { "kilogpu.dev/nodes-of": nodesOf(group, args.pools, args.fabric.ready) },
                },
                spec: { ...spec, topologyName: topology.metadata.name },
            },
            opts,
        );
        return flavor.metadata.name;
    });
}

/** Which nodes a flavor stands for. */
export function flavorSpec(
    group: CapacityGroup,
    topologyName: string,
): {
    nodeLabels: { [key: string]: string };
    tolerations: { key: string; operator: string; effect: string }[];
    topologyName: string;
} {
    return {
        nodeLabels: group.nodeLabels,
        tolerations: group.taints.map((taint) => ({ key: taint.key, operator: "Exists", effect: taint.effect })),
        topologyName,
    };
}

/** Names of the created node groups and their fabric: orders the flavor after its nodes, and its deletion before theirs. */
function nodesOf(group: CapacityGroup, pools: NodePoolArgs[], fabric: pulumi.Input<string>): pulumi.Output<string> {
    const names = pools.filter((pool) => pool.capacityGroup === group.name).map((pool) => pool.nodeGroupName);
    return pulumi.all([pulumi.all(names), fabric]).apply(([nodeGroups, kind]) => `${nodeGroups.join(",")}; ${kind}`);
}

function createPriorities(name: string, priorities: PriorityArgs[], opts: pulumi.CustomResourceOptions): void {
    for (const priority of priorities) {
        new k8s.apiextensions.CustomResource(
            `${name}-priority-${priority.name}`,
            {
                apiVersion: kueueApi,
                kind: "WorkloadPriorityClass",
                metadata: { name: priority.name },
                value: priority.value,
                description: priority.description ?? "",
            },
            opts,
        );
    }
}

/** Spec of a team's ClusterQueue. Teams form one cohort; a team that stands alone needs none. */
function clusterQueueSpec(
    cohort: string,
    quota: TeamQuota,
    weight: number,
    groups: CapacityGroup[],
    flavors: { [capacityGroup: string]: pulumi.Output<string> },
    teams: number,
): pulumi.Input<object> {
    const inCohort = teams > 1;
    return pulumi.output(flavors).apply((names) => ({
        ...(inCohort ? { cohortName: cohort } : {}),
        // The name label is the API server's own, so that no namespace can claim to be a team's.
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": quota.namespace } },
        queueingStrategy: "BestEffortFIFO",
        resourceGroups: [resourceGroup(quota, groups, names, inCohort)],
        flavorFungibility: { whenCanBorrow: "MayStopSearch", whenCanPreempt: "TryNextFlavor" },
        preemption: {
            reclaimWithinCohort: inCohort ? "Any" : "Never",
            withinClusterQueue: "LowerPriority",
        },
        fairSharing: { weight: String(weight) },
        stopPolicy: "None",
    }));
}

/** The team's namespace, closed to pods of other namespaces, and its way into the ClusterQueue. */
function createLocalQueue(
    name: string,
    quota: TeamQuota,
    groups: CapacityGroup[],
    clusterQueue: k8s.apiextensions.CustomResource,
    opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
    // Pinned memory for RDMA needs IPC_LOCK, which no level below `privileged` admits.
    const pinsMemory = groups.some((group) => group.fabric.ipcLock && quota.capacityGroups.includes(group.name));
    const namespace = new k8s.core.v1.Namespace(
        `${name}-namespace-${quota.name}`,
        {
            metadata: {
                name: quota.namespace,
                labels: { [teamLabel]: quota.name, ...podSecurityLabels(pinsMemory ? "privileged" : "restricted") },
            },
        },
        opts,
    );
    new k8s.networking.v1.NetworkPolicy(
        `${name}-isolation-${quota.name}`,
        {
            metadata: { name: "same-namespace-only", namespace: namespace.metadata.name },
            spec: {
                podSelector: {},
                policyTypes: ["Ingress"],
                ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: scrapers } }] }],
            },
        },
        opts,
    );
    return new k8s.apiextensions.CustomResource(
        `${name}-local-queue-${quota.name}`,
        {
            apiVersion: kueueApi,
            kind: "LocalQueue",
            metadata: { name: quota.localQueue, namespace: namespace.metadata.name },
            spec: { clusterQueue: clusterQueue.metadata.name },
        },
        opts,
    );
}

/** Label of namespaces whose pods may read the metrics of training pods. */
const scrapers = { "kilogpu.dev/scrapes": "true" };

function byGroup<T>(groups: CapacityGroup[], value: (group: CapacityGroup) => T): { [capacityGroup: string]: T } {
    return Object.fromEntries(groups.map((group) => [group.name, value(group)]));
}
