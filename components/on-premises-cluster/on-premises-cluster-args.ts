/** Arguments of OnPremisesCluster: plain values only, so that YAML and every language can give them. */
import type { ExpectationArgs, Rke2Args, RolloutArgs, ScratchArgs, SshArgs, TuningArgs } from "../bare-metal";
import type { FabricKind, RackFabricArgs } from "../fabric";
import type { PoolTaint } from "../gpu-node-pool";
import type { InventoryHost } from "../inventory";
import type {
    BudgetArgs,
    GpuSettingsArgs,
    JobSettingsArgs,
    MonitoringSettingsArgs,
    TrainingSettingsArgs,
} from "../training-platform";
import type { PriorityArgs, TeamArgs } from "../training-queues";

/** What a host of the site costs. */
export interface SiteCostArgs {
    /** Price of one GPU host with its share of network and racks, US dollars. */
    hostUsd: number;
    /** Years over which that price is written off. Defaults to 4. */
    amortisationYears?: number;
    /** Power of one host under load, W: GPUs, processors, fans, NICs. */
    hostWatts: number;
    /** Price of electricity, US dollars a kWh. */
    usdPerKwh: number;
    /** Power of the whole site divided by that of its computers. Defaults to 1.3. */
    powerUsageEffectiveness?: number;
}

/** The rack: its machines, how they are reached, and their network. */
export interface SiteArgs {
    /** Name of the site; the zone of its nodes. */
    name: string;
    /** Name of the pool. Defaults to the machine type. */
    pool?: string;
    /** Machine type of the catalogue, for example `hgx-h100`. */
    machineType: string;
    /** GPU hosts. */
    hosts: InventoryHost[];
    /** Hosts of the control plane, an odd number. */
    servers: InventoryHost[];
    /** Kubernetes minor. Defaults to the release catalogue's. */
    kubernetesVersion?: string;
    /** RKE2 to install. */
    rke2: Rke2Args;
    /** How hosts are reached. Defaults to root on port 22 through the SSH agent. */
    ssh?: SshArgs;
    /** Name or address that reaches all servers. Defaults to the first server's address. */
    endpoint?: string;
    /** Network between the hosts: `infiniband` or `roce`, or `tcp`. */
    fabric: FabricKind;
    /** How the network's devices reach pods. Defaults to shared devices on InfiniBand, virtual functions on RoCE. */
    rack?: RackFabricArgs;
    /** In which order hosts are changed. Defaults to one canary, then four at a time. */
    rollout?: RolloutArgs;
    /** Kernel settings of the hosts. */
    tuning?: TuningArgs;
    /** Local scratch space. Defaults to none. */
    scratch?: ScratchArgs;
    /** What a host must be beside the machine catalogue. Partition and way to GPU memory default to those of `rack`. */
    expect?: ExpectationArgs;
    /** Node labels besides the library's. Defaults to none. */
    labels?: { [key: string]: string };
    /** Beside the GPU taint. Defaults to none. */
    taints?: PoolTaint[];
    /** Whether hosts are asked during preview if they are still as wanted. Defaults to false. */
    detectDrift?: boolean;
    /** What a host costs. Defaults to unknown, and the plan says so. */
    costs?: SiteCostArgs;
}

/** A training environment in racks. */
export interface OnPremisesClusterArgs {
    /** Name of the environment, for example `onprem-ib`. */
    environment: string;
    /** The rack. */
    site: SiteArgs;
    /** Teams, at least one. */
    teams: TeamArgs[];
    /** Classes of urgency. Defaults to high (10000), normal (1000) and low (100). */
    priorities?: PriorityArgs[];
    /** Defaults of all training on the cluster. */
    training?: TrainingSettingsArgs;
    /** Metrics, alerts, dashboards and logs; needs a `storageClass` of the site. Defaults to none. */
    monitoring?: MonitoringSettingsArgs;
    /** How the GPU operator is installed. Defaults to the driver of the hosts' image. */
    gpu?: GpuSettingsArgs;
    /** Helm values on top of the library's, by the chart's name in the release catalogue. Defaults to none. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    chartValues?: { [chart: string]: any };
    /** Jobs that are part of the environment. Defaults to none. */
    jobs?: JobSettingsArgs[];
    /** What the environment may cost. Defaults to no limit. */
    budget?: BudgetArgs;
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries. Defaults to none. */
    imageMirror?: string;
}
