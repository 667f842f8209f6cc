/** Simulated EKS. The cluster attaches to the twin's running control plane; node groups are nodes of it (see node-groups.ts). */
import { findInstance } from "../../../catalog/instances";
import { findRelease, kubernetesMinors, releasesOf } from "../../../catalog/releases";
import type { Values } from "../runtime/values";
import { generalPurpose } from "./general-purpose";
import {
    isCapacityBlock,
    launchTemplateType,
    maximumBlockInstances,
    nicsOf,
    placementGroup,
    refuseNics,
    unknownInstanceType,
} from "./launch-template";
import {
    arn,
    hex,
    number,
    object,
    objects,
    tagged,
    text,
    texts,
    type CloudView,
    type Specification,
} from "./specification";

export const clusterType = "aws:eks/cluster:Cluster";
export const nodeGroupType = "aws:eks/nodeGroup:NodeGroup";

const effects = ["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"];

function clusterMissing(inputs: Values, cloud: CloudView): string | undefined {
    const name = text(inputs["clusterName"]);
    return name === undefined || cloud.find(clusterType, name) !== undefined
        ? undefined
        : `ResourceNotFoundException: No cluster found for name: ${name}.`;
}

function refuseCluster(inputs: Values, cloud: CloudView): string | undefined {
    const version = text(inputs["version"]);
    if (version !== undefined && !kubernetesMinors().includes(version)) {
        return `InvalidParameterException: unsupported Kubernetes version ${version}; supported are ${kubernetesMinors().join(", ")}`;
    }
    const subnets = texts(object(inputs["vpcConfig"])?.["subnetIds"]);
    const found = subnets.map((id) => cloud.find("aws:ec2/subnet:Subnet", id));
    const missing = subnets.find((_, index) => found[index] === undefined);
    if (missing !== undefined) {
        return `InvalidParameterException: The subnet ID '${missing}' does not exist`;
    }
    const zones = new Set(found.map((subnet) => subnet?.outputs["availabilityZone"]));
    const allKnown = subnets.length === (object(inputs["vpcConfig"])?.["subnetIds"] as unknown[] | undefined)?.length;
    return allKnown && subnets.length > 0 && zones.size < 2
        ? "InvalidParameterException: Subnets specified must be in at least two different AZs"
        : undefined;
}

/** The launch template of a node group, with the instance type that rules. */
export function launchOf(
    inputs: Values,
    cloud: CloudView,
): { template?: Values; instanceType?: string; missing?: string } {
    const reference = object(inputs["launchTemplate"]);
    const [id, name] = [text(reference?.["id"]), text(reference?.["name"])];
    const template =
        id === undefined
            ? cloud.ofType(launchTemplateType).find(({ inputs: each }) => name !== undefined && each["name"] === name)
            : cloud.find(launchTemplateType, id);
    return {
        template: template?.inputs,
        instanceType: text(template?.inputs["instanceType"]) ?? texts(inputs["instanceTypes"])[0],
        missing: template === undefined ? (id ?? name) : undefined,
    };
}

function refuseNodeGroup(inputs: Values, cloud: CloudView): string | undefined {
    const noCluster = clusterMissing(inputs, cloud);
    if (noCluster !== undefined) {
        return noCluster;
    }
    const { template, instanceType, missing } = launchOf(inputs, cloud);
    if (missing !== undefined) {
        return `InvalidParameterException: Launch template ${missing} does not exist`;
    }
    if (template?.["instanceType"] !== undefined && texts(inputs["instanceTypes"]).length > 0) {
        return "InvalidParameterException: Instance type and instance types cannot both be specified in the launch template and the request";
    }
    return (
        refuseTypes(inputs, template, instanceType) ??
        refuseCapacity(inputs, template, cloud) ??
        (template === undefined ? undefined : refuseNics(nicsOf(template), instanceType))
    );
}

function refuseTypes(inputs: Values, template: Values | undefined, type: string | undefined): string | undefined {
    if (template !== undefined && nicsOf(template).some(({ subnet }) => subnet !== undefined)) {
        return "InvalidParameterException: Launch template should not specify subnet in its network interfaces: EKS chooses the subnet";
    }
    const unknownType = type === undefined ? undefined : unknownInstanceType(type);
    if (type === undefined || unknownType !== undefined) {
        return unknownType;
    }
    const architecture = findInstance(type)?.cpuArchitecture ?? generalPurpose(type)?.architecture;
    const ami = text(inputs["amiType"]);
    const amiArchitecture =
        ami === undefined || ami === "CUSTOM" ? undefined : /ARM_64/i.test(ami) ? "arm64" : "x86_64";
    if (amiArchitecture !== undefined && architecture !== undefined && architecture !== amiArchitecture) {
        return `InvalidParameterException: [${type}] is not a valid instance type for requested amiType ${ami ?? ""}`;
    }
    const nvidia = ami !== undefined && /NVIDIA|_GPU$/.test(ami);
    return nvidia && findInstance(type) === undefined
        ? `InvalidParameterException: [${type}] is not a valid instance type for requested amiType ${ami}`
        : undefined;
}

function refuseCapacity(inputs: Values, template: Values | undefined, cloud: CloudView): string | undefined {
    const scaling = object(inputs["scalingConfig"]) ?? {};
    const [least, desired, most] = ["minSize", "desiredSize", "maxSize"].map((key) => number(scaling[key]));
    if (least !== undefined && desired !== undefined && least > desired) {
        return `InvalidParameterException: Minimum capacity ${least} can't be greater than desired size ${desired}`;
    }
    if (desired !== undefined && most !== undefined && desired > most) {
        return `InvalidParameterException: desired capacity ${desired} can't be greater than max size ${most}`;
    }
    if (text(inputs["capacityType"]) !== "CAPACITY_BLOCK") {
        return template !== undefined && isCapacityBlock(template)
            ? "InvalidParameterException: A launch template with marketType capacity-block needs capacityType CAPACITY_BLOCK"
            : undefined;
    }
    if (template === undefined || !isCapacityBlock(template)) {
        return "InvalidParameterException: capacityType CAPACITY_BLOCK needs a launch template with marketType capacity-block";
    }
    if (placementGroup(template) !== undefined) {
        return "InvalidParameterException: Placement groups are not supported with Capacity Blocks";
    }
    if ((desired ?? 0) > maximumBlockInstances) {
        return `InstanceLimitExceeded: a Capacity Block holds at most ${maximumBlockInstances} instances, desired are ${desired}`;
    }
    const zones = new Set(
        texts(inputs["subnetIds"]).map((id) => cloud.find("aws:ec2/subnet:Subnet", id)?.outputs["availabilityZone"]),
    );
    return zones.size > 1
        ? `InvalidParameterException: a Capacity Block lies in one Availability Zone, the subnets are in ${[...zones].map(String).join(", ")}`
        : undefined;
}

function checkTaints(inputs: Values): { property: string; reason: string }[] {
    return objects(inputs["taints"])
        .map((taint, index) => ({ effect: text(taint["effect"]), index }))
        .filter(({ effect }) => effect !== undefined && !effects.includes(effect))
        .map(({ effect, index }) => ({
            property: `taints[${index}].effect`,
            reason: `expected taints.${index}.effect to be one of ${effects.join(", ")}, got ${effect ?? ""}`,
        }));
}

/** Name of a node group's Auto Scaling group, as EKS makes it. */
export function autoscalingGroupOf(nodeGroup: string, id: string): string {
    const uuid = hex({ id }, "asg-a") + hex({ id }, "asg-b");
    return `eks-${nodeGroup}-${uuid.slice(0, 8)}-${uuid.slice(8, 12)}-${uuid.slice(12, 16)}-${uuid.slice(16, 20)}-${uuid.slice(20, 32)}`;
}

const ofCluster: Pick<Specification, "refuse"> = { refuse: clusterMissing };

export const eksTypes: { [type: string]: Specification } = {
    [clusterType]: {
        id: ({ name }) => name,
        autoName: "name",
        nameLength: 100,
        required: ["roleArn", "vpcConfig"],
        replaceOn: [
            "name",
            "roleArn",
            "encryptionConfig",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "bootstrapSelfManagedAddons",
            "region",
        ],
        computed: {
            ...tagged,
            arn: arn("eks", ({ name }) => `cluster/${name}`),
            status: () => "ACTIVE",
            platformVersion: () => "eks.1",
            identities: (made) => [
                {
                    oidcs: [
                        {
                            issuer: `https://oidc.eks.${made.region}.amazonaws.com/id/${hex(made, "oidc").toUpperCase()}`,
                        },
                    ],
                },
            ],
            vpcConfig: (made) => ({
                ...object(made.inputs["vpcConfig"]),
                clusterSecurityGroupId: `sg-${hex(made, "cluster-sg")}`,
                vpcId:
                    texts(object(made.inputs["vpcConfig"])?.["subnetIds"])
                        .map((id) => made.cloud.find("aws:ec2/subnet:Subnet", id)?.inputs["vpcId"])
                        .find((id) => id !== undefined) ?? "",
            }),
        },
        refuse: refuseCluster,
        usedBy: {
            types: [nodeGroupType],
            error: () => "ResourceInUseException: Cluster has nodegroups attached",
        },
    },
    [nodeGroupType]: {
        id: ({ inputs, name }) => `${text(inputs["clusterName"]) ?? ""}:${name}`,
        autoName: "nodeGroupName",
        nameLength: 63,
        required: ["clusterName", "nodeRoleArn", "scalingConfig", "subnetIds"],
        replaceOn: [
            "amiType",
            "capacityType",
            "clusterName",
            "diskSize",
            "instanceTypes",
            "launchTemplate.id",
            "launchTemplate.name",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "remoteAccess",
            "subnetIds",
            "region",
        ],
        defaults: { capacityType: "ON_DEMAND" },
        computed: {
            ...tagged,
            arn: arn("eks", ({ inputs, name }) => `nodegroup/${text(inputs["clusterName"]) ?? ""}/${name}`),
            status: () => "ACTIVE",
            resources: ({ id, name }) => [{ autoscalingGroups: [{ name: autoscalingGroupOf(name, id) }] }],
            version: ({ inputs, cloud }) =>
                inputs["version"] ??
                cloud.find(clusterType, text(inputs["clusterName"]) ?? "")?.outputs["version"] ??
                "",
        },
        check: checkTaints,
        refuse: refuseNodeGroup,
    },
    "aws:eks/addon:Addon": {
        id: ({ inputs }) => `${text(inputs["clusterName"]) ?? ""}:${text(inputs["addonName"]) ?? ""}`,
        required: ["addonName", "clusterName"],
        replaceOn: ["addonName", "clusterName", "region"],
        computed: {
            ...tagged,
            arn: arn("eks", ({ inputs, id }) => `addon/${text(inputs["clusterName"]) ?? ""}/${hex({ id }, "addon")}`),
            addonVersion: ({ inputs }) =>
                inputs["addonVersion"] ?? findRelease(text(inputs["addonName"]) ?? "")?.version ?? "",
        },
        refuse: (inputs, cloud) => {
            const name = text(inputs["addonName"]);
            const known = releasesOf("addon").map((release) => release.name);
            return name !== undefined && !known.includes(name)
                ? `InvalidParameterException: Addon ${name} specified is not supported; the catalogue knows ${known.join(", ")}`
                : clusterMissing(inputs, cloud);
        },
    },
    "aws:eks/accessEntry:AccessEntry": {
        id: ({ inputs }) => `${text(inputs["clusterName"]) ?? ""}:${text(inputs["principalArn"]) ?? ""}`,
        required: ["clusterName", "principalArn"],
        replaceOn: ["clusterName", "principalArn", "type", "region"],
        computed: {
            ...tagged,
            accessEntryArn: arn(
                "eks",
                (made) => `access-entry/${text(made.inputs["clusterName"]) ?? ""}/${hex(made, "entry")}`,
            ),
            userName: ({ inputs }) => inputs["userName"] ?? inputs["principalArn"] ?? "",
            type: ({ inputs }) => inputs["type"] ?? "STANDARD",
        },
        ...ofCluster,
    },
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
        id: ({ inputs }) =>
            `${text(inputs["clusterName"]) ?? ""}#${text(inputs["principalArn"]) ?? ""}#${text(inputs["policyArn"]) ?? ""}`,
        required: ["clusterName", "principalArn", "policyArn", "accessScope"],
        replaceOn: ["clusterName", "principalArn", "policyArn", "accessScope", "region"],
        computed: {},
        refuse: (inputs, cloud) => {
            const entry = `${text(inputs["clusterName"]) ?? ""}:${text(inputs["principalArn"]) ?? ""}`;
            const known = text(inputs["clusterName"]) !== undefined && text(inputs["principalArn"]) !== undefined;
            return known && cloud.find("aws:eks/accessEntry:AccessEntry", entry) === undefined
                ? `ResourceNotFoundException: The specified principalArn could not be found: ${text(inputs["principalArn"]) ?? ""}`
                : undefined;
        },
    },
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
        id: (made) => `a-${hex(made, "association")}`,
        required: ["clusterName", "namespace", "roleArn", "serviceAccount"],
        replaceOn: ["clusterName", "namespace", "serviceAccount", "region"],
        computed: {
            ...tagged,
            associationId: ({ id }) => id,
            associationArn: arn(
                "eks",
                ({ inputs, id }) => `podidentityassociation/${text(inputs["clusterName"]) ?? ""}/${id}`,
            ),
        },
        refuse: (inputs, cloud, self) => {
            const other = cloud
                .ofType("aws:eks/podIdentityAssociation:PodIdentityAssociation")
                .find(
                    ({ id, inputs: each }) =>
                        id !== self &&
                        ["clusterName", "namespace", "serviceAccount"].every(
                            (key) => text(inputs[key]) !== undefined && each[key] === inputs[key],
                        ),
                );
            return other === undefined
                ? clusterMissing(inputs, cloud)
                : `ResourceInUseException: Association already exists: ${other.id}`;
        },
    },
};
