/** Shapes of the catalogue's JSON files. The readers in this folder are the only code that opens those files. */

/** Where a fact comes from: a document or a file of a public repository, and when it was read. */
export interface Source {
    /** URL, or `repository:path@version`. */
    where: string;
    /** ISO date on which it was read; absent where it was not. */
    read?: string;
    /** `false`: a vendor's published figure that was not re-read when the entry was written (docs/catalogue.md lists them). */
    verified?: boolean;
}

/** What a network card carries at most: an ENA interface, an EFA interface, or both side by side. */
export type CardCarries = "ena" | "efa+ena" | "efa";

/** One network card of an instance type, in the order of `NetworkCardIndex`. */
export interface NetworkCard {
    index: number;
    carries: CardCarries;
    /** Peak bandwidth of the card, Gbit/s. */
    gbps: number;
}

/** One network interface of a launch template, derived from the cards. */
export interface NetworkInterfaceLayout {
    networkCardIndex: number;
    deviceIndex: number;
    /** `interface` has an IP address (ENA); `efa-only` has none; `efa` has both on one interface. */
    interfaceType: "interface" | "efa-only" | "efa";
}

/** One EC2 GPU instance type. */
export interface InstanceType {
    type: string;
    /** For example `p5en`. */
    family: string;
    gpus: {
        count: number;
        /** Marketing name, for example `NVIDIA H200`. */
        model: string;
        /** Memory of one GPU, GiB, as EC2 reports it. */
        memoryGib: number;
        /** Compute architecture, for example `hopper`. */
        architecture: string;
        /** MIG profiles that the GPU offers; empty where it has no MIG. */
        migProfiles: string[];
        /** How many instances of a profile fit on one GPU that is cut into that profile alone. */
        migInstances: { [profile: string]: number };
        /** Dense bf16 peak of one GPU, TFLOP/s, for MFU. */
        bf16Tflops: number;
    };
    vcpus: number;
    memoryGib: number;
    cpuArchitecture: "x86_64" | "arm64";
    network: {
        /** The cards that a node uses, by index; not always contiguous (p6e-gb200 uses 0, 1, 5, 9 and 13). */
        cards: NetworkCard[];
        /** Network cards that EC2 lets a launch template name: more than that is refused. */
        maximumCards: number;
        /** Network interfaces over all cards; absent where no figure was published. */
        maximumInterfaces?: number;
        /** IPv4 addresses of one interface, its primary one included; absent where no figure was published. */
        ipv4PerInterface?: number;
        /** `vpc.amazonaws.com/efa` that a node offers once all EFA interfaces are attached. */
        efaInterfaces: number;
        /** Sum over the cards that carry EFA, Gbit/s. */
        efaGbps: number;
    };
    /** Local NVMe instance store; zero disks where there is none. */
    nvme: { disks: number; sizeGb: number };
    /** 2 MiB pages that the EFA-enabled AMI allocates at boot; 0 where the type has no EFA or the AMI allocates none. */
    hugepages2Mi: number;
    /** GPUs that share one NVLink domain; 1 where GPUs are joined by PCIe only, 72 for a GB200 NVL72 rack. */
    nvlinkDomainGpus: number;
    /** EKS managed node group AMI type. */
    amiType: string;
    /** How many `topology.k8s.aws/network-node-layer-N` labels EKS puts on a node; 0 where none. */
    topologyLayers: number;
    /** What an all_reduce over many nodes should reach, GB/s of bus bandwidth; absent where no figure was published. */
    ncclBusBandwidthGBs?: number;
    /** PCIe generation between GPU and host; absent where the GPU is attached by NVLink-C2C. */
    pcieGeneration?: number;
    /** Peak power of one GPU, W. */
    gpuPowerWatts: number;
    /** Kinds of capacity that AWS sells this type as. */
    capacityKinds: ("on-demand" | "spot" | "reservation" | "capacity-block")[];
    sources: { [topic: string]: Source };
}

/** One pinned piece of software: a chart, an image, a Go module, a CRD bundle, an add-on. */
export interface Release {
    name: string;
    kind: "chart" | "image" | "module" | "addon" | "driver" | "cli";
    version: string;
    /** Version per Kubernetes minor, where the pin follows the cluster's minor; `version` is that of the default minor. */
    versions?: { [minor: string]: string };
    /** Version of the software inside, where it differs from the chart's own. */
    appVersion?: string;
    /** Helm repository URL or `oci://` registry of a chart; registry path of an image; path of a module. */
    location: string;
    /** Chart name inside the repository, where it differs from `name`. */
    chart?: string;
    /** Namespace that the chart is installed in. */
    namespace?: string;
    /** `go.mod` replacements that building the module needs. */
    replaces?: { [module: string]: string };
    /** Versions that the components' objects are validated against, the supported range as far as a registry holds it. */
    checked?: string[];
    /** What other software must fit, by release name and semver range; read by `compatible`. */
    requires?: { [release: string]: string };
    /** Why this version, or what is not certain about it. */
    note?: string;
    /** Supported Kubernetes minors, both inclusive, for example ["1.33", "1.36"]. */
    kubernetes?: [string, string];
    /** Content digest (`sha256:…`) where the registry's is known. */
    digest?: string;
    /** What of the chart a cross-component rule must know, because it hides inside templates. */
    inside?: {
        /** DaemonSets that the chart installs, each with the taint keys that it tolerates ("*" = all). */
        daemonSets?: { name: string; tolerates: string[]; tolerationsValue?: string }[];
        /** Images that the chart runs, with tags. */
        images?: string[];
        /** Content digests of those images that the vendor publishes beside their tags. */
        digests?: { [image: string]: string };
        /** CRDs that the chart brings, as plural.group. */
        crds?: string[];
        /** CRDs that the chart's controllers install themselves. */
        operatorCrds?: string[];
        /** Top-level values keys of this chart version; nested ones with dots. */
        valueKeys?: string[];
    };
    sources: { [topic: string]: Source };
}

/** How AWS sells an instance's time. A plain reservation is paid at the on-demand rate, used or not. */
export type PriceKind = "on-demand" | "spot" | "reservation" | "capacity-block";

/** Price of one instance type in some regions. */
export interface InstancePrice {
    type: string;
    regions: string[];
    kind: "on-demand" | "spot" | "capacity-block";
    /** USD per hour of one instance; for spot the middle of the range. */
    usdPerHour: number;
    /** Lowest and highest rate seen, USD per hour; spot prices move. */
    low?: number;
    high?: number;
    /** ISO date on which the price held. */
    asOf: string;
    source: Source;
}

/** Price of something that is not an instance: a control plane, a gateway, storage. */
export interface ServicePrice {
    name: string;
    /** What one unit is, for example `hour`, `GB-month`, `GB`. */
    unit: string;
    regions: string[];
    usd: number;
    asOf: string;
    source: Source;
}

/** One RDMA NIC model of a bare-metal machine. */
export interface MachineNic {
    model: string;
    count: number;
    /** Rate of one port, Gbit/s. */
    gbps: number;
    /** PCI ids: the vendor's and the device's, hexadecimal without prefix. */
    pciVendor: string;
    pciDevice: string;
    /** Which networks the port can join. */
    linkTypes: ("infiniband" | "ethernet")[];
    /** `compute` carries training traffic, `storage` and `management` do not. */
    role: "compute" | "storage" | "management";
}

/** One bare-metal GPU server type. */
export interface MachineType {
    type: string;
    vendor: string;
    gpus: InstanceType["gpus"];
    vcpus: number;
    memoryGib: number;
    cpuArchitecture: "x86_64" | "arm64";
    nics: MachineNic[];
    nvme: { disks: number; sizeGb: number };
    nvlinkDomainGpus: number;
    /** NVLink bandwidth of one GPU, both directions together, GB/s. */
    nvlinkGBs: number;
    pcieGeneration?: number;
    gpuPowerWatts: number;
    /** Peak power of the whole machine, W; absent where no figure was published. */
    machinePowerWatts?: number;
    ncclBusBandwidthGBs?: number;
    sources: { [topic: string]: Source };
}

/** One AWS region and the letters of its availability zones. */
export interface AwsRegion {
    name: string;
    /** Place, as AWS names it. */
    place: string;
    zones: string[];
    /** Local Zones that sell GPU instances of this catalogue. */
    localZones?: string[];
    source: Source;
}

/** Values keys that one version of a chart reads. */
export interface ChartValues {
    /** Version of the chart that the keys were read from; that of the release catalogue. */
    version: string;
    source: Source;
    /** Paths with dots, two or three levels deep, each level listed by itself. */
    keys: string[];
}

/** Image locations of one version of a chart. */
export interface ChartImages {
    source: Source;
    /** By path of the value with dots: what the chart takes by default, a registry alone or with a path. */
    values: { [path: string]: string };
    /** Images that no value of the chart moves. */
    hidden?: string[];
    /** Parts of the chart whose images the release catalogue does not list. */
    unlisted?: string[];
    /** What is not moved, and why that does no harm. */
    note?: string;
}

/** What AWS lets one buy as a capacity block. */
export interface CapacityBlockRules {
    /** Instances of one block. */
    maximumInstances: number;
    /** Instances over all blocks of an organization on one day. */
    maximumInstancesTogether: number;
    /** Lengths that can be bought: every day up to the first, then every week up to the second. */
    maximumDaysByDay: number;
    maximumDays: number;
    /** How far ahead a block can start, days. */
    maximumDaysAhead: number;
    /** Time of day, UTC, at which blocks end (and start, unless they start at once). */
    endsAtUtc: string;
    /** Instances are terminated this long before the end, minutes. */
    terminationMinutes: number;
    /** The same for UltraServers (p6e-gb200), whose instances the user terminates himself. */
    ultraServerTerminationMinutes: number;
    sources: { [topic: string]: Source };
}

/** One EC2 instance type without GPU. */
export interface SystemInstanceType {
    type: string;
    family: string;
    vcpus: number;
    memoryGib: number;
    cpuArchitecture: "x86_64" | "arm64";
    /** Network interfaces, and IPv4 addresses of each, its primary one included: what bounds the pods of a node. */
    maximumInterfaces: number;
    ipv4PerInterface: number;
    sources: { [topic: string]: Source };
}

/** What a node of a type offers, whichever catalogue holds it. */
export interface NodeShape {
    type: string;
    vcpus: number;
    memoryGib: number;
    cpuArchitecture: "x86_64" | "arm64";
    gpus: number;
    efaInterfaces: number;
}
