/** The mistakes that a `ClusterNetworkArgs` can hold. Pure: nothing is looked up in AWS. */
import { nearest } from "../../catalog/nearest";
import { findRegion, regionNames, regionOfZone } from "../../catalog/topology";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { MAX_ZONES, overlaps, parseCidr, planSubnets, usableAddresses } from "./cidr";
import { NatGateways } from "./cluster-network-args";
import type { ClusterNetworkArgs } from "./cluster-network-args";

/** Range of the VPC where none is given. */
export const DEFAULT_VPC_CIDR = "10.0.0.0/16";

/** Services whose private endpoints are made where none are named: what a node without NAT needs to join and to pull. */
export const DEFAULT_INTERFACE_ENDPOINTS = ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts"];

/**
 * Addresses that one GPU node takes in its subnet: its own, and the pool that the VPC CNI keeps for pods. EksCluster sets the
 * pool to 16 addresses with 4 to spare; EFA-only interfaces have none.
 */
export const ADDRESSES_PER_GPU_NODE = 24;

/** Days that CloudWatch Logs accepts as retention (PutRetentionPolicy). */
const RETENTION_DAYS = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Availability zones such as `us-east-2a`. Local Zones have a longer name, and hold neither a control plane nor a NAT gateway. */
const ZONE = /^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]$/;

/** Ranges that a VPC may use (RFC 1918 and RFC 6598). */
const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

/** Region of an availability zone; undefined when it is none, a Local Zone for example. */
export function regionOf(zone: string): string | undefined {
    return ZONE.exec(zone)?.[1];
}

/** All mistakes of the arguments. */
export function checkClusterNetwork(args: ClusterNetworkArgs): InputProblem[] {
    const unknown = requirePlain({
        zones: args.zones,
        gpuZone: args.gpuZone,
        region: args.region,
        cidr: args.cidr,
        natGateways: args.natGateways,
        interfaceEndpoints: args.interfaceEndpoints,
        gpuNodes: args.gpuNodes,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...checkZones(args),
        ...checkRange(args),
        ...oneOf("natGateways", args.natGateways ?? NatGateways.PerZone, Object.values(NatGateways)),
        ...checkEndpoints(args.interfaceEndpoints ?? []),
        ...checkRetention("flowLogRetentionDays", args.flowLogRetentionDays),
    ];
}

function checkZones(args: ClusterNetworkArgs): InputProblem[] {
    const problems: InputProblem[] = [];
    const available = new Set(args.zones.filter((zone) => regionOf(zone) !== undefined));
    if (available.size < 2 || args.zones.length > MAX_ZONES) {
        problems.push({
            path: "zones",
            got: `${String(available.size)} availability zones`,
            legal: `an EKS control plane needs subnets in at least 2 zones, and the plan has room for ${String(MAX_ZONES)}`,
            remedy: "Name two or three zones; the GPU nodes all stand in gpuZone.",
        });
    }
    const region = args.region ?? args.zones.map(regionOf).find((found) => found !== undefined);
    return [
        ...problems,
        ...args.zones.flatMap((zone, index) => checkZone(args, zone, index, region)),
        ...oneOf("gpuZone", args.gpuZone, args.zones),
    ];
}

function checkZone(args: ClusterNetworkArgs, zone: string, index: number, region: string | undefined): InputProblem[] {
    const path = `zones[${String(index)}]`;
    const problem = (legal: string, remedy: string): InputProblem[] => [{ path, got: show(zone), legal, remedy }];
    if (args.zones.indexOf(zone) !== index) {
        return problem("each zone is named once", "Remove the repetition.");
    }
    const local = regionOf(zone) === undefined;
    const zoneRegion = regionOf(zone) ?? regionOfZone(zone);
    if (zoneRegion === undefined) {
        return problem("an availability zone is a region and a letter, such as us-east-2a", "Name the zone in full.");
    }
    if (findRegion(zoneRegion) === undefined) {
        const guess = nearest(zoneRegion, regionNames());
        return problem(
            `${zoneRegion} is no AWS region of the catalogue`,
            guess === undefined ? "Name a zone of a known region." : `Did you mean ${guess}${zone.slice(-1)}?`,
        );
    }
    if (local && zone !== args.gpuZone) {
        return problem("a Local Zone can hold GPU nodes and nothing else", "Remove it, or make it the gpuZone.");
    }
    return zoneRegion === region
        ? []
        : problem(
              `all zones lie in ${args.region === undefined ? "the region of the first" : "region"}, ${region ?? "unknown"}`,
              `Name a zone of ${region ?? "one region"}, or change region.`,
          );
}

function checkRange(args: ClusterNetworkArgs): InputProblem[] {
    const text = args.cidr ?? DEFAULT_VPC_CIDR;
    const cidr = parseCidr(text);
    const allowed = PRIVATE_RANGES.map(parseCidr).some(
        (range) => range !== undefined && cidr !== undefined && overlaps(range, cidr) && cidr.prefix >= range.prefix,
    );
    if (cidr === undefined || !allowed || cidr.prefix < 16 || cidr.prefix > 20) {
        return [
            {
                path: "cidr",
                got: show(text),
                legal: `a private range from /16 to /20 without bits behind the prefix is legal (${PRIVATE_RANGES.join(", ")})`,
                remedy: `Give a range such as ${DEFAULT_VPC_CIDR}.`,
            },
        ];
    }
    if (args.gpuNodes === undefined) {
        return [];
    }
    const whole = wholeNumber("gpuNodes", args.gpuNodes, { min: 0, max: 100_000 });
    const gpuRange = planSubnets(cidr, ["gpu"], "gpu")[0]?.privateCidr ?? text;
    const room = usableAddresses(parseCidr(gpuRange) ?? cidr);
    if (whole.length > 0 || args.gpuNodes * ADDRESSES_PER_GPU_NODE <= room) {
        return whole;
    }
    return [
        {
            path: "gpuNodes",
            got: String(args.gpuNodes),
            legal:
                `the GPU zone's subnet of ${text} has ${String(room)} addresses, enough for ` +
                `${String(Math.floor(room / ADDRESSES_PER_GPU_NODE))} nodes with ${String(ADDRESSES_PER_GPU_NODE)} each`,
            remedy: cidr.prefix > 16 ? "Give a wider cidr." : "Spread the nodes over more than one network.",
        },
    ];
}

function checkEndpoints(services: string[]): InputProblem[] {
    return services.flatMap((service, index) => {
        const path = `interfaceEndpoints[${String(index)}]`;
        if (service === "s3") {
            return [
                {
                    path,
                    got: show(service),
                    legal: "S3 is reached by a gateway endpoint, which is always made and costs nothing",
                    remedy: "Remove s3 from the list.",
                },
            ];
        }
        return /^[a-z0-9]+([.-][a-z0-9]+)*$/.test(service) && !service.startsWith("com.amazonaws.")
            ? []
            : [
                  {
                      path,
                      got: show(service),
                      legal: "a service is named without its region, such as ecr.api",
                      remedy: `Write ${service.replace(/^com\.amazonaws\.[a-z0-9-]+\./, "")}.`,
                  },
              ];
    });
}

/** A retention that CloudWatch Logs does not accept. */
export function checkRetention(path: string, days: number | undefined): InputProblem[] {
    return days === undefined || RETENTION_DAYS.includes(days)
        ? []
        : [
              {
                  path,
                  got: String(days),
                  legal: `CloudWatch Logs keeps for ${RETENTION_DAYS.join(", ")} days`,
                  remedy: `Give ${String(RETENTION_DAYS.find((legal) => legal > days) ?? RETENTION_DAYS.at(-1))}.`,
              },
          ];
}
