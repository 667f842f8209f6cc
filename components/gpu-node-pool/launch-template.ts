/** The launch template of a pool's instances. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { CapacityKind } from "./gpu-node-pool-args";
import type { CapacityArgs, GpuNodePoolArgs } from "./gpu-node-pool-args";
import type { PoolPlan } from "./plan";
import { nodeUserData } from "./user-data";

/** What the template takes from other resources. */
export interface LaunchTemplateParts {
    tags: { [key: string]: string };
    /** Group of the EFA rules; absent on tcp. */
    efaSecurityGroupId?: pulumi.Input<string>;
    placementGroupId?: pulumi.Input<string>;
}

/** Creates the launch template. */
export function createLaunchTemplate(
    name: string,
    args: GpuNodePoolArgs,
    plan: PoolPlan,
    parts: LaunchTemplateParts,
    opts: pulumi.CustomResourceOptions,
): aws.ec2.LaunchTemplate {
    const userData = nodeUserData({
        localDisks: plan.entry.nvme.disks > 0,
        maxPods: args.maxPods,
        kubelet: args.kubelet ?? {},
    });
    const tags = { ...parts.tags, Name: name };
    return new aws.ec2.LaunchTemplate(
        `${name}-template`,
        {
            // Without the number of nodes: a changed description is a new version, and a new version rolls every node of the pool.
            description: `${plan.facts.instanceType} in ${plan.facts.zone}`,
            updateDefaultVersion: true,
            // Here rather than on the node group: a capacity block requires it, and every pool reads the same.
            instanceType: plan.facts.instanceType,
            ...networking(args, plan, parts),
            metadataOptions: {
                httpEndpoint: "enabled",
                httpTokens: "required",
                // One hop: no pod without the host's network can take the node's role.
                httpPutResponseHopLimit: 1,
            },
            blockDeviceMappings: [
                {
                    deviceName: "/dev/xvda",
                    ebs: {
                        volumeType: "gp3",
                        volumeSize: args.rootVolumeGib ?? 200,
                        encrypted: "true",
                        kmsKeyId: args.cluster.kmsKeyArn,
                        deleteOnTermination: "true",
                    },
                },
            ],
            ...(userData === undefined ? {} : { userData: Buffer.from(userData).toString("base64") }),
            ...reservation(args.capacity),
            ...(parts.placementGroupId === undefined ? {} : { placement: { groupId: parts.placementGroupId } }),
            tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
                resourceType,
                tags,
            })),
            tags,
        },
        opts,
    );
}

/**
 * Interfaces as the catalogue lays them out. Without EFA there is one, and EKS adds its security group; with EFA the groups on
 * the interfaces are the only ones, so that the cluster's stands on each. No subnet: the node group chooses it. No public
 * address: AWS refuses one with more than one interface.
 */
function networking(
    args: GpuNodePoolArgs,
    plan: PoolPlan,
    parts: LaunchTemplateParts,
): Pick<aws.ec2.LaunchTemplateArgs, "networkInterfaces" | "vpcSecurityGroupIds"> {
    if (parts.efaSecurityGroupId === undefined) {
        return { vpcSecurityGroupIds: [args.cluster.securityGroupId] };
    }
    const securityGroups = [args.cluster.securityGroupId, parts.efaSecurityGroupId];
    return {
        networkInterfaces: plan.profile.networkInterfaces.map((layout) => ({
            networkCardIndex: layout.networkCardIndex,
            deviceIndex: layout.deviceIndex,
            interfaceType: layout.interfaceType,
            securityGroups,
            deleteOnTermination: "true",
        })),
    };
}

function reservation(
    capacity: CapacityArgs,
): Pick<aws.ec2.LaunchTemplateArgs, "capacityReservationSpecification" | "instanceMarketOptions"> {
    if (capacity.kind !== CapacityKind.Reservation && capacity.kind !== CapacityKind.CapacityBlock) {
        return {};
    }
    const capacityReservationTarget =
        capacity.reservationId === undefined
            ? { capacityReservationResourceGroupArn: capacity.reservationGroupArn }
            : { capacityReservationId: capacity.reservationId };
    return {
        capacityReservationSpecification: { capacityReservationTarget },
        ...(capacity.kind === CapacityKind.CapacityBlock
            ? { instanceMarketOptions: { marketType: "capacity-block" } }
            : {}),
    };
}
