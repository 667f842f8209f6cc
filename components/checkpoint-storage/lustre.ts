/** The Lustre file system of checkpoints. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { CheckpointStorageArgs, LustreArgs } from "./checkpoint-storage-args";
import type { LustreMount } from "./place";

/** Ports of Lustre: the management port, and those of bulk transfers (FSx for Lustre user guide, "VPC security groups"). */
const LUSTRE_PORTS = [
    { from: 988, to: 988 },
    { from: 1018, to: 1023 },
];

/** Creates the file system in the GPU zone, with a security group that its clients alone reach. */
export function createLustre(
    name: string,
    args: CheckpointStorageArgs,
    lustre: LustreArgs,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
    protect: boolean,
): LustreMount {
    const { network, securityGroupId, kmsKeyArn } = args.cluster;
    const efa = lustre.efa ?? false;
    const clients = [securityGroupId, ...(lustre.clientSecurityGroupIds ?? [])];
    const group = new aws.ec2.SecurityGroup(
        `${name}-lustre`,
        {
            vpcId: network.vpcId,
            description: `Lustre of ${name}, from its clients`,
            tags: { ...tags, Name: `${name}-lustre` },
        },
        child,
    );
    // Servers talk to one another as clients do; EFA needs every protocol, in both directions.
    const itself = { securityGroupId: group.id, referencedSecurityGroupId: group.id, ipProtocol: "-1", tags };
    const rules: pulumi.CustomResource[] = [
        new aws.vpc.SecurityGroupIngressRule(`${name}-lustre-self-in`, itself, child),
        new aws.vpc.SecurityGroupEgressRule(`${name}-lustre-self-out`, itself, child),
    ];
    clients.forEach((client, index) => {
        const peer = { securityGroupId: group.id, referencedSecurityGroupId: client, tags };
        const ranges = efa ? [{}] : LUSTRE_PORTS.map(({ from, to }) => ({ fromPort: from, toPort: to }));
        ranges.forEach((ports, range) => {
            const suffix = `${name}-lustre-client-${String(index)}-${String(range)}`;
            const protocol = { ipProtocol: efa ? "-1" : "tcp" };
            rules.push(
                new aws.vpc.SecurityGroupIngressRule(`${suffix}-in`, { ...peer, ...ports, ...protocol }, child),
                new aws.vpc.SecurityGroupEgressRule(`${suffix}-out`, { ...peer, ...ports, ...protocol }, child),
            );
        });
    });
    if (efa) {
        // An EFA packet needs a rule that names the other side's group on both sides; a client's own rule to 0.0.0.0/0 is none.
        (lustre.clientSecurityGroupIds ?? []).forEach((client, index) => {
            const back = { securityGroupId: client, referencedSecurityGroupId: group.id, ipProtocol: "-1", tags };
            const suffix = `${name}-client-${String(index)}-lustre`;
            rules.push(
                new aws.vpc.SecurityGroupIngressRule(`${suffix}-in`, back, child),
                new aws.vpc.SecurityGroupEgressRule(`${suffix}-out`, back, child),
            );
        });
    }
    const subnet = network.privateSubnets.find((candidate) => candidate.zone === network.gpuZone);
    const fileSystem = new aws.fsx.LustreFileSystem(
        `${name}-lustre`,
        {
            deploymentType: "PERSISTENT_2",
            storageType: "SSD",
            storageCapacity: lustre.capacityGib,
            perUnitStorageThroughput: lustre.throughputPerTib,
            efaEnabled: efa,
            // EFA needs it, and it lets metadata grow with the capacity.
            metadataConfiguration: { mode: "AUTOMATIC" },
            // Optimiser state compresses badly, but activations and logs do not; LZ4 costs nothing where it gains nothing.
            dataCompressionType: "LZ4",
            kmsKeyId: kmsKeyArn,
            subnetIds: subnet?.id ?? "",
            securityGroupIds: [group.id],
            tags: { ...tags, Name: `${name}-lustre` },
        },
        { ...child, protect, dependsOn: rules, customTimeouts: { create: "60m", delete: "60m" } },
    );
    return {
        capacityGib: lustre.capacityGib,
        throughputMBs: Math.floor((lustre.capacityGib / 1024) * lustre.throughputPerTib),
        efa,
        fileSystemId: fileSystem.id,
        dnsName: fileSystem.dnsName,
        mountName: fileSystem.mountName,
    };
}
