/** The security group that EFA traffic needs. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Where the group lives. */
export interface EfaSecurityGroupArgs {
    vpcId: pulumi.Input<string>;
    /** Capacity group whose pools share it. */
    capacityGroup: string;
    tags: { [key: string]: string };
}

/** A security group whose rules are in force. */
export interface EfaSecurityGroup {
    /** Resolves once both rules exist: a node that boots before them finds its EFA traffic dropped. */
    id: pulumi.Output<string>;
}

/**
 * A security group that lets its members reach one another with every protocol, in both directions: EFA traffic is dropped in
 * silence, and NCCL hangs or falls back to TCP, when either rule is missing (EFA user guide). Everything else a node needs comes
 * from the cluster security group, which stands on the same interfaces.
 */
export function efaSecurityGroup(
    name: string,
    args: EfaSecurityGroupArgs,
    opts: pulumi.CustomResourceOptions,
): EfaSecurityGroup {
    const group = new aws.ec2.SecurityGroup(
        name,
        {
            vpcId: args.vpcId,
            description: `EFA between the nodes of ${args.capacityGroup}`,
            tags: { ...args.tags, Name: name },
        },
        opts,
    );
    const everything = { securityGroupId: group.id, referencedSecurityGroupId: group.id, ipProtocol: "-1" };
    const inward = new aws.vpc.SecurityGroupIngressRule(
        `${name}-in`,
        { ...everything, description: "EFA from the group's own nodes", tags: args.tags },
        opts,
    );
    const outward = new aws.vpc.SecurityGroupEgressRule(
        `${name}-out`,
        { ...everything, description: "EFA to the group's own nodes", tags: args.tags },
        opts,
    );
    return { id: pulumi.all([group.id, inward.id, outward.id]).apply(([id]) => id) };
}
