/** A pool of GPU nodes on EKS. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { FabricKind } from "../fabric/profile";
import { refuse } from "../input";
import { checkGpuNodePool } from "./check";
import { CapacityKind } from "./gpu-node-pool-args";
import type { GpuNodePoolArgs } from "./gpu-node-pool-args";
import { createLaunchTemplate } from "./launch-template";
import { createNodeRole } from "./node-role";
import { MAX_BLOCK_INSTANCES, contentName, eksCapacityType, planPool } from "./plan";
import type { PoolPlan } from "./plan";
import type { NodePool } from "./pool";
import { efaSecurityGroup } from "./security-group";
import { capacityWindow, leastDrainMinutes, parseInstant, windowSchedules } from "./window";

/**
 * A managed node group of one GPU instance type in one zone: launch template with the type's network cards, security group
 * rules for EFA, RAID 0 of the local NVMe disks, encrypted root volume, IMDSv2 with one hop, node repair, GPU taint.
 *
 * A capacity block's nodes follow its window by recurring schedules (see window.ts): up from the start, down half an hour
 * before the end, whoever runs the program and whenever. Costs what the instances cost; a capacity block is paid in advance.
 */
export class GpuNodePool extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:GpuNodePool";

    /** The pool as everything inside the cluster sees it. */
    readonly pool: NodePool;

    constructor(name: string, args: GpuNodePoolArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`GpuNodePool "${name}"`, checkGpuNodePool(name, args));
        super(GpuNodePool.__pulumiType, name, args, opts);
        const child = { parent: this };
        const plan = planPool(name, args);
        const tags = { ...args.cluster.tags, ...args.tags, "kilogpu.dev/pool": name };

        const role = createNodeRole(name, tags, child);
        const template = createLaunchTemplate(
            name,
            args,
            plan,
            {
                tags,
                ...(plan.facts.fabric === FabricKind.Efa
                    ? { efaSecurityGroupId: efaGroupOf(name, args, plan, tags, child) }
                    : {}),
                ...(plan.placementGroup ? { placementGroupId: createPlacementGroup(name, tags, child).id } : {}),
            },
            child,
        );
        const group = createNodeGroup(name, args, plan, { role, template, tags }, child);
        const schedules = createSchedules(name, args, plan, group, child);

        this.pool = {
            ...plan.facts,
            nodeGroupName: pulumi
                .all([group.nodeGroupName, ...schedules.map((schedule) => schedule.arn)])
                .apply(([nodeGroupName]) => nodeGroupName as string),
        };
        this.registerOutputs({ pool: this.pool });
    }
}

interface NodeGroupParts {
    role: { arn: pulumi.Output<string>; attachments: pulumi.Resource[] };
    template: aws.ec2.LaunchTemplate;
    tags: { [key: string]: string };
}

function efaGroupOf(
    name: string,
    args: GpuNodePoolArgs,
    plan: PoolPlan,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
): pulumi.Input<string> {
    return (
        args.efaSecurityGroupId ??
        efaSecurityGroup(
            `${name}-efa`,
            { vpcId: args.cluster.network.vpcId, capacityGroup: plan.facts.capacityGroup, tags },
            child,
        ).id
    );
}

function createPlacementGroup(
    name: string,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
): aws.ec2.PlacementGroup {
    return new aws.ec2.PlacementGroup(`${name}-placement`, { strategy: "cluster", tags }, child);
}

function createNodeGroup(
    name: string,
    args: GpuNodePoolArgs,
    plan: PoolPlan,
    parts: NodeGroupParts,
    child: pulumi.CustomResourceOptions,
): aws.eks.NodeGroup {
    const scheduled = args.capacity.kind === CapacityKind.CapacityBlock;
    const subnets = args.cluster.network.privateSubnets.filter((subnet) => subnet.zone === plan.facts.zone);
    const nodeGroupName = contentName(name, {
        instanceType: plan.facts.instanceType,
        amiType: plan.entry.amiType,
        capacityType: eksCapacityType(args.capacity.kind),
        zone: plan.facts.zone,
    });
    return new aws.eks.NodeGroup(
        `${name}-nodes`,
        {
            clusterName: args.cluster.clusterName,
            nodeGroupName,
            nodeRoleArn: parts.role.arn,
            subnetIds: subnets.map((subnet) => subnet.id),
            version: args.cluster.kubernetesVersion,
            ...(args.amiReleaseVersion === undefined ? {} : { releaseVersion: args.amiReleaseVersion }),
            amiType: plan.entry.amiType,
            capacityType: eksCapacityType(args.capacity.kind),
            launchTemplate: {
                id: parts.template.id,
                version: parts.template.latestVersion.apply((version) => String(version)),
            },
            scalingConfig: scheduled
                ? // Constant, whatever `nodes` is: an update of these numbers would send the desired size along, and the program
                  // knows only the one it started with. How many nodes there are is the schedules' business.
                  { minSize: 0, desiredSize: 0, maxSize: MAX_BLOCK_INSTANCES }
                : { minSize: plan.facts.nodes, desiredSize: plan.facts.nodes, maxSize: plan.facts.nodes },
            // Reserved capacity has no spare instance for a surge: replace nodes in place.
            updateConfig: {
                maxUnavailable: 1,
                updateStrategy: args.capacity.kind === CapacityKind.Spot ? "DEFAULT" : "MINIMAL",
            },
            nodeRepairConfig: { enabled: args.repair ?? true },
            labels: plan.facts.labels,
            taints: plan.facts.taints.map((taint) => ({
                key: taint.key,
                value: taint.value,
                effect: taint.effect.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase(),
            })),
            tags: { ...parts.tags, Name: name },
        },
        {
            ...child,
            // Without its policies a node cannot join, and on destroy it could not leave in an orderly way.
            dependsOn: parts.role.attachments,
            ...(scheduled ? { ignoreChanges: ["scalingConfig.desiredSize"] } : {}),
            customTimeouts: { create: "60m", update: "2h", delete: "60m" },
        },
    );
}

function createSchedules(
    name: string,
    args: GpuNodePoolArgs,
    plan: PoolPlan,
    group: aws.eks.NodeGroup,
    child: pulumi.CustomResourceOptions,
): aws.autoscaling.Schedule[] {
    const { start, end, drainMinutes, kind } = args.capacity;
    if (kind !== CapacityKind.CapacityBlock || start === undefined || end === undefined) {
        return [];
    }
    // The check has parsed both instants already.
    const window = capacityWindow(
        parseInstant(start) ?? 0,
        parseInstant(end) ?? 0,
        drainMinutes ?? leastDrainMinutes(plan.entry),
    );
    const autoscalingGroupName = group.resources.apply((resources) => resources[0]?.autoscalingGroups?.[0]?.name ?? "");
    const counters = { up: 0, down: 0 };
    return windowSchedules(window).map(({ action, cron }) => {
        const scheduleName = `${name}-${action}-${String((counters[action] += 1))}`;
        return new aws.autoscaling.Schedule(
            scheduleName,
            {
                autoscalingGroupName,
                scheduledActionName: scheduleName,
                desiredCapacity: action === "up" ? args.nodes : 0,
                // -1 leaves the bounds as the node group set them.
                minSize: -1,
                maxSize: -1,
                recurrence: cron,
                timeZone: "Etc/UTC",
            },
            { ...child, deleteBeforeReplace: true },
        );
    });
}
