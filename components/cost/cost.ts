/**
 * What an environment costs while it is up, from its resources: pure arithmetic over the dated price catalogue. List prices before tax
 * and discounts; what is billed by use (traffic, log volume, requests) is named and left at no rate rather than guessed.
 */
import { siteItems } from "./site";
import { hoursPerMonth, rateOrReason, servicePrice } from "../../catalog";

/** One resource as the cost model sees it: inputs bare, unknown values as the SDK's sentinel. */
export interface CostSubject {
    urn: string;
    type: string;
    name: string;
    /** URN of the parent; empty for the stack. */
    parent: string;
    inputs: { [key: string]: unknown };
}

/** One line of the bill. */
export interface CostItem {
    name: string;
    /** What is billed, for example `GPU nodes, capacity-block`. */
    kind: string;
    quantity: number;
    unit: string;
    /** US dollars an hour for the whole quantity; null where no rate is published or given. */
    hourlyUsd: number | null;
    /** Bounds where the price varies, as for spot. */
    lowHourlyUsd?: number;
    highHourlyUsd?: number;
    /** Date of the rate; empty for the user's own rates and where there is none. */
    asOf: string;
    source: string;
    /** Why there is no rate, or what the figure leaves out. */
    note?: string;
}

/** The bill of one environment. */
export interface EnvironmentCost {
    hourlyUsd: number;
    /** 730 hours. */
    monthlyUsd: number;
    /** Oldest date among the rates used. */
    asOf: string;
    items: CostItem[];
}

/** What the caller knows besides the resources. */
export interface CostOptions {
    /** Time that windows are compared with; without it every pool counts. */
    at?: Date;
    /** The user's own rates, USD per hour of one instance, by `type/region/kind`, `type/kind` or `type`. */
    rates?: { [key: string]: number };
    /** Region of resources that do not say theirs. */
    region?: string;
}

/** Kinds of capacity that have a rate. */
type Kind = "on-demand" | "spot" | "reservation" | "capacity-block";

interface PoolInputs {
    instanceType?: string;
    nodes?: number;
    capacity?: { kind?: string; start?: string; end?: string };
    cluster?: { network?: { region?: string } };
}

/** Nodes times rate of one instance type, with its bounds. */
function instances(
    name: string,
    label: string,
    type: string,
    count: number,
    region: string,
    kind: Kind,
    options: CostOptions,
): CostItem {
    const { rate, reason } = rateOrReason({
        type,
        region,
        kind,
        ...(options.rates === undefined ? {} : { overrides: options.rates }),
    });
    return {
        name,
        kind: `${label}, ${kind}`,
        quantity: count,
        unit: type,
        hourlyUsd: rate === undefined ? null : rate.usdPerHour * count,
        ...(rate?.low === undefined ? {} : { lowHourlyUsd: rate.low * count }),
        ...(rate?.high === undefined ? {} : { highHourlyUsd: rate.high * count }),
        asOf: rate?.asOf ?? "",
        source: rate?.source.where ?? "",
        ...(reason === undefined ? {} : { note: reason }),
    };
}

/** Quantity times a service's price, per hour; prices per month are spread over 730 hours. */
function service(name: string, kind: string, quantity: number, priceName: string, region: string): CostItem {
    const price = servicePrice(priceName, region);
    const perHour = price === undefined ? null : price.unit.includes("month") ? price.usd / hoursPerMonth : price.usd;
    return {
        name,
        kind,
        quantity,
        unit: price?.unit ?? "",
        hourlyUsd: perHour === null ? null : perHour * quantity,
        asOf: price?.asOf ?? "",
        source: price?.source.where ?? "",
        ...(price === undefined ? { note: `no price of ${priceName} in ${region} is in the catalogue` } : {}),
    };
}

/** Whether the pool's window holds at a time. */
function isUp(capacity: PoolInputs["capacity"], at: Date | undefined): boolean {
    const start = Date.parse(capacity?.start ?? "");
    const end = Date.parse(capacity?.end ?? "");
    return (
        at === undefined || Number.isNaN(start) || Number.isNaN(end) || (at.getTime() >= start && at.getTime() < end)
    );
}

function hasPoolAbove(subject: CostSubject, byUrn: ReadonlyMap<string, CostSubject>): boolean {
    for (let parent = byUrn.get(subject.parent); parent !== undefined; parent = byUrn.get(parent.parent)) {
        if (parent.type === "kilogpu:index:GpuNodePool") {
            return true;
        }
    }
    return false;
}

/** The launch template beside a node group, or below a pool: components keep the two together under one parent. */
function templateUnder(parent: string, resources: readonly CostSubject[]): TemplateInputs {
    const template = resources.find(
        (resource) => resource.type === "aws:ec2/launchTemplate:LaunchTemplate" && resource.parent === parent,
    );
    return template?.inputs ?? {};
}

/** Volumes of `count` nodes that start from a launch template. */
function volumeItems(name: string, template: TemplateInputs, count: number, region: string): CostItem[] {
    const gib = (template.blockDeviceMappings ?? []).reduce((sum, mapping) => sum + (mapping.ebs?.volumeSize ?? 0), 0);
    return gib === 0 ? [] : [service(name, "root volumes", count * gib, "ebs-gp3", region)];
}

function poolItems(pool: CostSubject, resources: readonly CostSubject[], options: CostOptions): CostItem[] {
    const { instanceType = "", nodes = 0, capacity, cluster } = pool.inputs as PoolInputs;
    const region = cluster?.network?.region ?? options.region ?? "";
    const count = isUp(capacity, options.at) ? nodes : 0;
    const kind = (capacity?.kind ?? "on-demand") as Kind;
    return [
        instances(pool.name, "GPU nodes", instanceType, count, region, kind, options),
        ...volumeItems(pool.name, templateUnder(pool.urn, resources), count, region),
    ];
}

interface TemplateInputs {
    instanceType?: string;
    blockDeviceMappings?: { ebs?: { volumeSize?: number } }[];
}

interface ScalingInputs {
    desiredSize?: number;
}

function systemItems(group: CostSubject, resources: readonly CostSubject[], options: CostOptions): CostItem[] {
    const template = templateUnder(group.parent, resources);
    const types = group.inputs["instanceTypes"];
    const type = Array.isArray(types) && typeof types[0] === "string" ? types[0] : template.instanceType;
    const count = (group.inputs["scalingConfig"] as ScalingInputs | undefined)?.desiredSize ?? 0;
    const kind = group.inputs["capacityType"] === "SPOT" ? "spot" : "on-demand";
    const region = options.region ?? "";
    return type === undefined
        ? []
        : [
              instances(group.name, "system nodes", type, count, region, kind, options),
              ...volumeItems(group.name, template, count, region),
          ];
}

/** Number of zones that an interface endpoint is billed in. */
function endpointZones(endpoint: CostSubject): number {
    const subnets = endpoint.inputs["subnetIds"];
    return Array.isArray(subnets) ? subnets.length : 0;
}

/** Region that the environment's own components name. */
function regionOf(resources: readonly CostSubject[]): string | undefined {
    for (const { type, inputs } of resources) {
        const region =
            type === "kilogpu:index:TrainingCluster" || type === "kilogpu:index:ClusterNetwork"
                ? inputs["region"]
                : (inputs as PoolInputs).cluster?.network?.region;
        if (typeof region === "string") {
            return region;
        }
    }
    return undefined;
}

/** Items of everything that is billed by the hour, in the order of the resources, zero quantities left out. */
export function costItems(resources: readonly CostSubject[], options: CostOptions = {}): CostItem[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const region = options.region ?? regionOf(resources) ?? "";
    const within: CostOptions = { ...options, region };
    const ofType = (type: string): CostSubject[] => resources.filter((resource) => resource.type === type);
    const interfaces = ofType("aws:ec2/vpcEndpoint:VpcEndpoint").filter(
        (endpoint) => endpoint.inputs["vpcEndpointType"] === "Interface",
    );
    const items = [
        ...ofType("kilogpu:index:GpuNodePool").flatMap((pool) => poolItems(pool, resources, within)),
        ...ofType("kilogpu:index:OnPremisesCluster").flatMap(siteItems),
        ...ofType("aws:eks/nodeGroup:NodeGroup")
            .filter((group) => !hasPoolAbove(group, byUrn))
            .flatMap((group) => systemItems(group, resources, within)),
        service("control plane", "EKS", ofType("aws:eks/cluster:Cluster").length, "eks-control-plane", region),
        service("NAT gateways", "network", ofType("aws:ec2/natGateway:NatGateway").length, "nat-gateway", region),
        service(
            "interface endpoints",
            "network, per zone",
            interfaces.reduce((sum, endpoint) => sum + endpointZones(endpoint), 0),
            "interface-endpoint",
            region,
        ),
        service("public addresses", "network", ofType("aws:ec2/eip:Eip").length, "public-ipv4", region),
        service("keys", "KMS", ofType("aws:kms/key:Key").length, "kms-key", region),
        ...ofType("aws:fsx/lustreFileSystem:LustreFileSystem").map((files) => lustre(files, region)),
        ...ofType("aws:amp/workspace:Workspace").map((workspace) => byUse(workspace, "managed Prometheus", "samples")),
    ];
    return items.filter(
        (item) => item.quantity > 0 || item.kind.startsWith("GPU nodes") || item.kind.startsWith("own hosts"),
    );
}

/** Something whose bill depends on what is put into it. */
function byUse({ name }: CostSubject, kind: string, what: string): CostItem {
    return { name, kind, quantity: 1, unit: "", hourlyUsd: null, asOf: "", source: "", note: `billed by ${what}` };
}

function lustre(files: CostSubject, region: string): CostItem {
    const {
        storageCapacity = 0,
        deploymentType = "PERSISTENT_2",
        perUnitStorageThroughput = 125,
    } = files.inputs as {
        storageCapacity?: number;
        deploymentType?: string;
        perUnitStorageThroughput?: number;
    };
    const price = deploymentType.startsWith("SCRATCH")
        ? "fsx-lustre-scratch-ssd"
        : `fsx-lustre-persistent-2-ssd-${perUnitStorageThroughput}`;
    return service(files.name, "FSx for Lustre", storageCapacity, price, region);
}

/** The bill: items and their sum. Items without a rate count as nothing and say so. */
export function environmentCost(resources: readonly CostSubject[], options: CostOptions = {}): EnvironmentCost {
    const items = costItems(resources, options);
    const hourlyUsd = items.reduce((sum, item) => sum + (item.hourlyUsd ?? 0), 0);
    const dates = items.map((item) => item.asOf).filter((date) => date !== "");
    return { hourlyUsd, monthlyUsd: hourlyUsd * hoursPerMonth, asOf: dates.sort()[0] ?? "", items };
}
