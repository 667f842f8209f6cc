/**
 * Whether the machine that runs `up` can reach the cluster's API endpoint, in plain words. A private endpoint's name resolves
 * everywhere, to addresses of the VPC, so that the first Helm chart would hang for minutes before it fails.
 */
import { networkInterfaces } from "node:os";
import { contains, parseCidr } from "../cluster-network/cidr";

/** What is known of the endpoint before anything is created. */
export interface EndpointFacts {
    clusterName: string;
    vpcCidr: string;
    /** `EksClusterArgs.publicAccessCidrs`; empty for a private endpoint. */
    publicAccessCidrs: string[];
}

/** What is known of the machine. */
export interface MachineFacts {
    /** IPv4 addresses of its own interfaces. */
    addresses: string[];
    /** IPv4 address that the internet sees, where it is known. */
    egressAddress?: string;
}

/** Answers of `endpointReachability`. */
export const Reachability = {
    /** The machine stands in the VPC, or comes from a named range. */
    Yes: "yes",
    /** Neither of them is true, and nothing but a route that cannot be seen from here would help. */
    No: "no",
    /** It depends on a route or an address that cannot be seen from here. */
    Unknown: "unknown",
} as const;
export type Reachability = (typeof Reachability)[keyof typeof Reachability];

/** An answer, and one sentence for a person. */
export interface EndpointReachability {
    reachable: Reachability;
    explanation: string;
}

/** Addresses of this machine's own interfaces. What the internet sees of it is not asked of anybody. */
export function machineAddresses(): string[] {
    return Object.values(networkInterfaces())
        .flatMap((list) => list ?? [])
        .filter((each) => each.family === "IPv4" && !each.internal)
        .map((each) => each.address);
}

/** Whether a machine can reach the endpoint of a cluster. Pure. */
export function endpointReachability(endpoint: EndpointFacts, machine: MachineFacts): EndpointReachability {
    const name = `cluster ${endpoint.clusterName}`;
    const inVpc = machine.addresses.find((address) => within(address, endpoint.vpcCidr));
    if (inVpc !== undefined) {
        return {
            reachable: Reachability.Yes,
            explanation: `This machine has ${inVpc}, inside the VPC (${endpoint.vpcCidr}), and reaches the private endpoint of ${name}.`,
        };
    }
    if (endpoint.publicAccessCidrs.length === 0) {
        return {
            reachable: Reachability.Unknown,
            explanation:
                `The API endpoint of ${name} is private, and this machine has no address in its VPC (${endpoint.vpcCidr}). ` +
                "Unless a VPN, peering or transit gateway leads there, the cluster will be created but nothing can be installed in it. " +
                "Run `up` inside the VPC, or name this machine's public address in publicAccessCidrs (dev and staging only).",
        };
    }
    const ranges = endpoint.publicAccessCidrs.join(", ");
    if (machine.egressAddress === undefined) {
        return {
            reachable: Reachability.Unknown,
            explanation: `The API endpoint of ${name} is open to ${ranges}. This machine's public address is not known; it must be one of them.`,
        };
    }
    const egress = machine.egressAddress;
    const named = endpoint.publicAccessCidrs.find((cidr) => within(egress, cidr));
    return named === undefined
        ? {
              reachable: Reachability.No,
              explanation: `The API endpoint of ${name} is open to ${ranges}, and this machine comes from ${egress}. Add ${egress}/32 to publicAccessCidrs, or run \`up\` from a named range.`,
          }
        : {
              reachable: Reachability.Yes,
              explanation: `This machine comes from ${egress}, which is in ${named}, and reaches the endpoint of ${name}.`,
          };
}

function within(address: string, cidr: string): boolean {
    const [outer, inner] = [parseCidr(cidr), parseCidr(`${address}/32`)];
    return outer !== undefined && inner !== undefined && contains(outer, inner);
}
