/** The node group that controllers run on. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { systemInstance } from "../../catalog/system-instances";
import { createNodeRole } from "../gpu-node-pool/node-role";
import { contentName } from "../gpu-node-pool/plan";

/** What the group is made of. */
export interface SystemNodeGroupArgs {
    clusterName: pulumi.Input<string>;
    kubernetesVersion: string;
    subnetIds: pulumi.Input<string>[];
    kmsKeyArn: pulumi.Input<string>;
    instanceType: string;
    nodes: number;
    rootVolumeGib: number;
    tags: { [key: string]: string };
    /** What must exist before the first node. */
    dependsOn: pulumi.Resource[];
}

/** Creates role, launch template and node group `${name}-system`. */
export function createSystemNodes(
    name: string,
    args: SystemNodeGroupArgs,
    child: pulumi.CustomResourceOptions,
): aws.eks.NodeGroup {
    const system = `${name}-system`;
    const tags = { ...args.tags, Name: system };
    const role = createNodeRole(system, args.tags, child);
    const template = new aws.ec2.LaunchTemplate(
        `${system}-template`,
        {
            description: `System nodes of ${name}`,
            updateDefaultVersion: true,
            instanceType: args.instanceType,
            metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
            blockDeviceMappings: [
                {
                    deviceName: "/dev/xvda",
                    ebs: {
                        volumeType: "gp3",
                        volumeSize: args.rootVolumeGib,
                        encrypted: "true",
                        kmsKeyId: args.kmsKeyArn,
                        deleteOnTermination: "true",
                    },
                },
            ],
            tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
                resourceType,
                tags,
            })),
            tags,
        },
        child,
    );
    const amiType =
        systemInstance(args.instanceType).cpuArchitecture === "arm64"
            ? "AL2023_ARM_64_STANDARD"
            : "AL2023_x86_64_STANDARD";
    return new aws.eks.NodeGroup(
        `${system}-nodes`,
        {
            clusterName: args.clusterName,
            nodeGroupName: contentName(system, { instanceType: args.instanceType, amiType }),
            nodeRoleArn: role.arn,
            subnetIds: args.subnetIds,
            version: args.kubernetesVersion,
            amiType,
            capacityType: "ON_DEMAND",
            launchTemplate: { id: template.id, version: template.latestVersion.apply((version) => String(version)) },
            scalingConfig: { minSize: args.nodes, desiredSize: args.nodes, maxSize: args.nodes },
            updateConfig: { maxUnavailable: 1 },
            nodeRepairConfig: { enabled: true },
            labels: { "kilogpu.dev/role": "system" },
            tags,
        },
        { ...child, dependsOn: [...role.attachments, ...args.dependsOn] },
    );
}
