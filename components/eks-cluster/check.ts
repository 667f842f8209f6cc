/** The mistakes that an `EksClusterArgs` can hold. Pure. */
import { findInstance } from "../../catalog/instances";
import { findSystemInstance, systemInstanceTypes } from "../../catalog/system-instances";
import { defaultKubernetesMinor, kubernetesMinors } from "../../catalog/releases";
import { checkRetention, regionOf } from "../cluster-network/check";
import { contains, overlaps, parseCidr } from "../cluster-network/cidr";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import type { EksClusterArgs, SystemNodesArgs } from "./eks-cluster-args";

/** Kinds of system node where none is named. */
export const DEFAULT_SYSTEM_INSTANCE = "m7i.2xlarge";

/** Ranges that EKS accepts in publicAccessCidrs at most. */
const MAX_PUBLIC_CIDRS = 40;
/** The widest public range that still names somebody: a whole /8 belongs to one holder at most. */
const WIDEST_PUBLIC_PREFIX = 8;
const NOT_PUBLIC = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"];
const SERVICE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** All mistakes of the arguments. */
export function checkEksCluster(args: EksClusterArgs): InputProblem[] {
    const unknown = requirePlain({
        kubernetesVersion: args.kubernetesVersion,
        clusterName: args.clusterName,
        publicAccessCidrs: args.publicAccessCidrs,
        admins: args.admins,
        viewers: args.viewers,
        serviceCidr: args.serviceCidr,
        systemNodes: args.systemNodes,
        "network.zones": args.network.zones,
        "network.privateSubnets": args.network.privateSubnets,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...oneOf("kubernetesVersion", args.kubernetesVersion ?? defaultKubernetesMinor, kubernetesMinors()),
        ...checkClusterName(args.clusterName),
        ...checkNetwork(args),
        ...checkPublicAccess(args.publicAccessCidrs ?? []),
        ...checkPrincipals(args),
        ...checkServiceCidr(args),
        ...checkSystemNodes(args.systemNodes ?? {}),
        ...checkRetention("logRetentionDays", args.logRetentionDays),
    ];
}

function checkClusterName(clusterName: string | undefined): InputProblem[] {
    return clusterName === undefined || /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(clusterName)
        ? []
        : [
              {
                  path: "clusterName",
                  got: show(clusterName),
                  legal: "letters, digits, hyphens and underscores are legal, at most 100",
                  remedy: "Choose a plainer name.",
              },
          ];
}

function checkNetwork(args: EksClusterArgs): InputProblem[] {
    const zones = new Set(
        args.network.privateSubnets.map((subnet) => subnet.zone).filter((zone) => regionOf(zone) !== undefined),
    );
    return zones.size >= 2
        ? []
        : [
              {
                  path: "network.privateSubnets",
                  got: `subnets in ${[...zones].join(", ") || "no availability zone"}`,
                  legal: "a control plane needs private subnets in at least two availability zones",
                  remedy: "Add a zone to the network.",
              },
          ];
}

function checkPublicAccess(cidrs: string[]): InputProblem[] {
    const problems = cidrs.flatMap((text, index) => checkPublicRange(`publicAccessCidrs[${String(index)}]`, text));
    if (cidrs.length > MAX_PUBLIC_CIDRS) {
        problems.push({
            path: "publicAccessCidrs",
            got: `${String(cidrs.length)} ranges`,
            legal: `EKS accepts ${String(MAX_PUBLIC_CIDRS)}`,
            remedy: "Join neighbouring ranges, or use a VPN.",
        });
    }
    return problems;
}

function checkPublicRange(path: string, text: string): InputProblem[] {
    const cidr = parseCidr(text);
    const problem = (legal: string, remedy: string): InputProblem[] => [{ path, got: show(text), legal, remedy }];
    if (cidr === undefined) {
        return problem(
            "an IPv4 range without bits behind the prefix is legal, such as 203.0.113.7/32",
            "Write the address of your office or runner with /32.",
        );
    }
    if (cidr.prefix < WIDEST_PUBLIC_PREFIX) {
        return problem(
            "the API endpoint is never open to the whole internet",
            "Name the ranges that need it, or leave the endpoint private.",
        );
    }
    if (NOT_PUBLIC.map(parseCidr).some((range) => range !== undefined && contains(range, cidr))) {
        return problem(
            "these are public addresses; private ones reach the private endpoint without being named",
            "Remove the range.",
        );
    }
    return [];
}

function checkPrincipals(args: EksClusterArgs): InputProblem[] {
    const seen = new Map<string, string>();
    return (["admins", "viewers"] as const).flatMap((list) =>
        (args[list] ?? []).flatMap((arn, index) => {
            const path = `${list}[${String(index)}]`;
            const first = seen.get(arn);
            seen.set(arn, first ?? path);
            if (first !== undefined) {
                return [
                    {
                        path,
                        got: show(arn),
                        legal: `a principal has one access entry, and ${first} is this one`,
                        remedy: "Name it once.",
                    },
                ];
            }
            return /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/.+$/.test(arn)
                ? []
                : [
                      {
                          path,
                          got: show(arn),
                          legal: "an IAM role or user is arn:aws:iam::ACCOUNT:role/NAME",
                          remedy: arn.includes(":assumed-role/")
                              ? "Give the role's own ARN, not that of a session."
                              : "Copy the ARN from IAM.",
                      },
                  ];
        }),
    );
}

function checkServiceCidr(args: EksClusterArgs): InputProblem[] {
    if (args.serviceCidr === undefined) {
        return [];
    }
    const cidr = parseCidr(args.serviceCidr);
    const vpc = parseCidr(args.network.vpcCidr);
    const inside = SERVICE_RANGES.map(parseCidr).some(
        (range) => range !== undefined && cidr !== undefined && contains(range, cidr),
    );
    const clash = cidr !== undefined && vpc !== undefined && overlaps(cidr, vpc);
    return cidr !== undefined && inside && cidr.prefix >= 12 && cidr.prefix <= 24 && !clash
        ? []
        : [
              {
                  path: "serviceCidr",
                  got: show(args.serviceCidr),
                  legal: `a private range from /12 to /24 outside the VPC's ${args.network.vpcCidr} is legal`,
                  remedy: "Leave it out, or give such a range.",
              },
          ];
}

function checkSystemNodes(system: SystemNodesArgs): InputProblem[] {
    const type = system.instanceType ?? DEFAULT_SYSTEM_INSTANCE;
    const problems = [
        ...wholeNumber("systemNodes.nodes", system.nodes ?? 3, { min: 2, max: 100 }),
        ...wholeNumber("systemNodes.rootVolumeGib", system.rootVolumeGib ?? 100, { min: 20, max: 16_384 }),
    ];
    if (findInstance(type) === undefined && findSystemInstance(type) === undefined) {
        problems.push(...oneOf("systemNodes.instanceType", type, systemInstanceTypes()));
    } else if (findInstance(type) !== undefined) {
        problems.push({
            path: "systemNodes.instanceType",
            got: show(type),
            legal: "controllers run on nodes without GPUs",
            remedy: `Give a type such as ${DEFAULT_SYSTEM_INSTANCE}; GPU nodes are GpuNodePools.`,
        });
    }
    return problems;
}
