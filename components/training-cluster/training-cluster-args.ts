/** Arguments of TrainingCluster: plain values only, so that YAML and every language can give them. */
import type { SystemNodesArgs } from "../eks-cluster";
import type { FabricKind } from "../fabric";
import type { CapacityArgs, PoolTaint } from "../gpu-node-pool";
import type { NatGateways } from "../cluster-network";
import type {
    BudgetArgs,
    GpuSettingsArgs,
    JobSettingsArgs,
    MonitoringSettingsArgs,
    TrainingSettingsArgs,
} from "../training-platform";
import type { PriorityArgs, TeamArgs } from "../training-queues";

/** Where the cluster stands. */
export interface NetworkSettingsArgs {
    /** Availability zones, two to eight, all of one region. Append new zones: the order fixes the ranges. */
    zones: string[];
    /** The zone of the GPU nodes, one of `zones`. EFA works inside one zone only. */
    gpuZone: string;
    /** Range of the VPC, /16 to /20. Defaults to 10.0.0.0/16. */
    cidr?: string;
    /** NAT gateways: one per zone, a single one, or none. Defaults to one per zone. */
    natGateways?: NatGateways;
    /** Days that flow logs are kept. Defaults to 90. */
    flowLogRetentionDays?: number;
}

/** The control plane, and who reaches it. */
export interface KubernetesSettingsArgs {
    /** Kubernetes minor, for example `1.35`. Defaults to the release catalogue's. */
    version?: string;
    /**
     * Public IPv4 ranges from which the API endpoint is reachable, besides the VPC. Defaults to none: the endpoint is private, and `up` must
     * run where the VPC is reachable.
     */
    endpointAccessCidrs?: string[];
    /** ARNs of IAM roles or users that administer the cluster, besides the identity that creates it. Defaults to none. */
    admins?: string[];
    /** ARNs of IAM roles or users that may read everything but secrets. Defaults to none. */
    viewers?: string[];
    /** Nodes for controllers. Defaults to three m7i.2xlarge. */
    systemNodes?: SystemNodesArgs;
    /** Days that control-plane logs are kept. Defaults to 90. */
    logRetentionDays?: number;
    /** Whether AWS refuses to delete the cluster until this is false again. Defaults to false. */
    deletionProtection?: boolean;
}

/** A pool of GPU nodes: what GpuNodePool takes, but for the cluster. */
export interface PoolSettingsArgs {
    /** Name of the pool, unique in the stack. */
    name: string;
    /** EC2 instance type of the catalogue, for example `p5en.48xlarge`. */
    instanceType: string;
    /** Nodes of the pool, during its window where it has one. */
    nodes: number;
    /** Network between the nodes: `efa`, or `tcp` for development and serving. */
    fabric: FabricKind;
    /** How the instances are bought. */
    capacity: CapacityArgs;
    /** Zone of the nodes. Defaults to the network's GPU zone. */
    zone?: string;
    /** Pods that share one GPU by time-slicing. Defaults to 1, no sharing. */
    timeSlicing?: number;
    /** MIG profile that every GPU is cut into, for example `1g.10gb`. Defaults to whole GPUs. */
    migProfile?: string;
    /** Node labels besides the library's. Defaults to none. */
    labels?: { [key: string]: string };
    /** Taints besides `nvidia.com/gpu=true:NoSchedule`. Defaults to none. */
    taints?: PoolTaint[];
    /** Size of the encrypted root volume, GiB. Defaults to 200. */
    rootVolumeGib?: number;
    /** Pods of one node. Defaults to what EKS computes from the interfaces. */
    maxPods?: number;
    /** Whether EKS replaces or reboots unhealthy nodes. Defaults to true. */
    repair?: boolean;
    /** AMI release, for example `1.35.0-20261101`. Defaults to the newest one when the node group is created. */
    amiReleaseVersion?: string;
}

/** A file system that all GPU nodes mount at once. */
export interface CheckpointFileSystemArgs {
    /** Capacity, GiB: 1200, 2400 or a multiple of 2400. */
    capacityGib: number;
    /** Throughput of one TiB, MB/s: 125, 250, 500 or 1000. */
    throughputPerTib: number;
}

/** Storage of checkpoints that a lost node does not take along. */
export interface CheckpointSettingsArgs {
    /**
     * A Lustre file system, mounted at /checkpoints in every job. Defaults to none: there is a bucket then, which scripts reach that
     * speak S3 themselves, and jobs keep files on their node's own disk.
     */
    fileSystem?: CheckpointFileSystemArgs;
    /** Days that overwritten and deleted objects of the bucket can still be brought back. Defaults to 7. */
    recoveryDays?: number;
    /** Days after which objects of the bucket are deleted. Defaults to never. */
    expireAfterDays?: number;
    /** Whether Pulumi refuses to delete bucket and file system until this is false. Defaults to true. */
    protect?: boolean;
}

/** A time in which no version may be changed. */
export interface FreezeWindowArgs {
    /** Start, for example `2026-12-20T00:00:00Z`. */
    start: string;
    /** End, exclusive. */
    end: string;
    /** Why, for whoever is refused. */
    reason?: string;
}

/** A whole training environment. */
export interface TrainingClusterArgs {
    /** Name of the environment, for example `prod`: part of the cluster's name, and a tag of everything. */
    environment: string;
    network: NetworkSettingsArgs;
    /** The control plane. Defaults to a private endpoint and the catalogue's Kubernetes version. */
    kubernetes?: KubernetesSettingsArgs;
    /** GPU node pools, at least one. */
    pools: PoolSettingsArgs[];
    /** Teams, at least one. */
    teams: TeamArgs[];
    /** Classes of urgency. Defaults to high (10000), normal (1000) and low (100). */
    priorities?: PriorityArgs[];
    /** Defaults of all training on the cluster. */
    training?: TrainingSettingsArgs;
    /** Storage of checkpoints. Defaults to none: they are on the node's own disk, which a lost node takes along. */
    checkpoints?: CheckpointSettingsArgs;
    /** Metrics, alerts, dashboards and logs. Defaults to none. */
    monitoring?: MonitoringSettingsArgs;
    /** How the GPU operator is installed. Defaults to the driver of the nodes' image, without ServiceMonitor. */
    gpu?: GpuSettingsArgs;
    /** Helm values on top of the library's, by the chart's name in the release catalogue, for example `kueue`. Defaults to none. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    chartValues?: { [chart: string]: any };
    /** Jobs that are part of the environment. Defaults to none: people submit theirs with kubectl. */
    jobs?: JobSettingsArgs[];
    /** What the environment may cost. Defaults to no limit. */
    budget?: BudgetArgs;
    /** Own prices, USD an hour of one instance, by `type/region/kind`, `type/kind` or `type`. Defaults to list prices. */
    rates?: { [key: string]: number };
    /** Tags of everything in AWS. Defaults to none. */
    tags?: { [key: string]: string };
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Times in which `kilogpu upgrade` refuses, for example before a paper's deadline. Defaults to none. */
    freezeWindows?: FreezeWindowArgs[];
}
