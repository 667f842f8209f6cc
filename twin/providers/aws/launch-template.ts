/** Simulated launch templates and placement groups: what EC2 and EKS refuse of the network interfaces of GPU instances. */
import { findInstance, instanceTypes } from "../../../catalog/instances";
import { nearest } from "../../../catalog/nearest";
import type { Value, Values } from "../runtime/values";
import { generalPurpose } from "./general-purpose";
import { arn, number, object, objects, tagged, text, type CloudView, type Specification, show } from "./specification";

export const launchTemplateType = "aws:ec2/launchTemplate:LaunchTemplate";
export const placementGroupType = "aws:ec2/placementGroup:PlacementGroup";

/** Longest time-limited block of instances, and instances in one: ec2-capacity-blocks. */
export const maximumBlockInstances = 64;

/** Undefined where EC2 knows the type. */
export function unknownInstanceType(type: string): string | undefined {
    if (findInstance(type) !== undefined || generalPurpose(type) !== undefined) {
        return undefined;
    }
    const guess = nearest(type, instanceTypes());
    return `InvalidParameterValue: The following supplied instance types do not exist: [${type}]${guess === undefined ? "" : `; did you mean ${guess}?`}`;
}

/** Network interfaces of a template by what sits where. */
export interface Nic {
    card: number;
    device: number;
    type: string;
    publicAddress: boolean;
    subnet?: string;
}

export function nicsOf(inputs: Values): Nic[] {
    return objects(inputs["networkInterfaces"]).map((nic) => ({
        card: number(nic["networkCardIndex"]) ?? 0,
        device: number(nic["deviceIndex"]) ?? 0,
        type: text(nic["interfaceType"]) ?? "interface",
        publicAddress: nic["associatePublicIpAddress"] === true || nic["associatePublicIpAddress"] === "true",
        subnet: text(nic["subnetId"]),
    }));
}

/** EFA devices that an instance of the template has. */
export function efaCount(inputs: Values): number {
    return nicsOf(inputs).filter(({ type }) => type.startsWith("efa")).length;
}

export function isCapacityBlock(inputs: Values): boolean {
    return text(object(inputs["instanceMarketOptions"])?.["marketType"]) === "capacity-block";
}

/** Placement group that the template names, if any. */
export function placementGroup(inputs: Values): string | undefined {
    const placement = object(inputs["placement"]);
    return text(placement?.["groupName"]) ?? text(placement?.["groupId"]);
}

/** All that EC2 refuses of the interfaces; undefined where it takes them. */
export function refuseNics(nics: Nic[], type: string | undefined): string | undefined {
    const seen = new Set<string>();
    for (const { card, device } of nics) {
        if (seen.has(`${card}/${device}`)) {
            return `InvalidParameterValue: Duplicate device index '${device}' on network card '${card}'`;
        }
        seen.add(`${card}/${device}`);
    }
    const primary = nics.find(({ card, device }) => card === 0 && device === 0);
    if (nics.length > 0 && primary === undefined) {
        return "InvalidParameterCombination: A network interface on network card 0 with device index 0 is required as the primary interface";
    }
    if (primary?.type === "efa-only") {
        return "InvalidParameterCombination: The primary network interface (network card 0, device index 0) cannot be of type efa-only";
    }
    if (nics.length > 1 && nics.some(({ publicAddress }) => publicAddress)) {
        return "InvalidParameterCombination: The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.";
    }
    const entry = type === undefined ? undefined : findInstance(type);
    if (entry === undefined) {
        const efa = nics.some((nic) => nic.type.startsWith("efa"));
        return type !== undefined && efa
            ? `Unsupported: Elastic Fabric Adapter is not supported on instance type ${type} (known to the twin)`
            : undefined;
    }
    return refuseCards(nics, entry);
}

function refuseCards(nics: Nic[], entry: NonNullable<ReturnType<typeof findInstance>>): string | undefined {
    const { network, type } = entry;
    const cards = new Set(nics.map(({ card }) => card));
    const beyond = [...cards].find((card) => card >= network.maximumCards);
    if (beyond !== undefined) {
        return `InvalidNetworkInterface.InvalidNetworkCardIndex: Network card index ${beyond} exceeds the limit of ${network.maximumCards} network cards for instance type ${type}`;
    }
    const efa = nics.filter((nic) => nic.type.startsWith("efa"));
    if (efa.length > network.efaInterfaces) {
        return `AttachmentLimitExceeded: EFA interface count ${efa.length} exceeds the limit of ${network.efaInterfaces} for ${type}`;
    }
    for (const card of cards) {
        const on = efa.filter((nic) => nic.card === card);
        const carries = network.cards.find(({ index }) => index === card)?.carries;
        if (on.length > 0 && (carries === undefined || carries === "ena")) {
            return `InvalidParameterCombination: Network card ${card} of ${type} does not support Elastic Fabric Adapter`;
        }
        if (on.length > 1) {
            return `AttachmentLimitExceeded: Only one EFA interface is allowed on network card ${card} of ${type}`;
        }
        if (carries === "efa" && nics.some((nic) => nic.card === card && nic.type === "interface")) {
            return `InvalidParameterCombination: Network card ${card} of ${type} supports efa-only interfaces alone`;
        }
    }
    const most = network.maximumInterfaces;
    return most !== undefined && nics.length > most
        ? `AttachmentLimitExceeded: Interface count ${nics.length} exceeds the limit for ${type}`
        : undefined;
}

function refuseTemplate(inputs: Values, cloud: CloudView, self?: string): string | undefined {
    const type = text(inputs["instanceType"]);
    const wrongType = type === undefined ? undefined : unknownInstanceType(type);
    if (wrongType !== undefined) {
        return wrongType;
    }
    const nics = nicsOf(inputs);
    if (nics.length > 0 && Array.isArray(inputs["vpcSecurityGroupIds"]) && inputs["vpcSecurityGroupIds"].length > 0) {
        return "InvalidParameterCombination: Network interfaces and an instance-level security groups may not be specified on the same request";
    }
    const wrongNics = refuseNics(nics, type);
    if (wrongNics !== undefined) {
        return wrongNics;
    }
    if (isCapacityBlock(inputs) && placementGroup(inputs) !== undefined) {
        return "InvalidParameterCombination: Placement groups are not supported with Capacity Blocks: instances of a block are placed together already";
    }
    if (isCapacityBlock(inputs)) {
        const target = object(object(inputs["capacityReservationSpecification"])?.["capacityReservationTarget"]);
        if (
            target?.["capacityReservationId"] === undefined &&
            target?.["capacityReservationResourceGroupArn"] === undefined
        ) {
            return "InvalidParameterCombination: marketType capacity-block requires a capacity reservation target";
        }
    }
    const wrongPlacement = missingPlacementGroup(inputs, cloud);
    if (wrongPlacement !== undefined) {
        return wrongPlacement;
    }
    const clash = cloud
        .ofType(launchTemplateType)
        .find(
            ({ id, inputs: other }) =>
                id !== self && text(inputs["name"]) !== undefined && other["name"] === inputs["name"],
        );
    return clash === undefined
        ? undefined
        : `InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use: ${show(inputs["name"])}`;
}

function missingPlacementGroup(inputs: Values, cloud: CloudView): string | undefined {
    const group = placementGroup(inputs);
    const found = cloud
        .ofType(placementGroupType)
        .some(({ id, outputs }) => id === group || outputs["placementGroupId"] === group || outputs["name"] === group);
    return group === undefined || found
        ? undefined
        : `InvalidPlacementGroup.Unknown: The Placement Group '${group}' is unknown.`;
}

/** Inputs of the template itself; all others are in its versions. Source: terraform-provider-aws, internal/service/ec2/ec2_launch_template.go. */
const OF_TEMPLATE = ["name", "namePrefix", "tags", "tagsAll", "defaultVersion", "updateDefaultVersion"];

/** Whether a change of this input makes a new version. */
export function makesVersion(path: string): boolean {
    return !OF_TEMPLATE.some((own) => path === own || path.startsWith(`${own}.`) || path.startsWith(`${own}[`));
}

/** A new version for each change of what is launched. */
const versionOf = (previous: Value | undefined): number => (typeof previous === "number" ? previous + 1 : 1);

export const computeTypes: { [type: string]: Specification } = {
    [launchTemplateType]: {
        idPrefix: "lt",
        autoName: "name",
        nameLength: 125,
        replaceOn: ["name", "namePrefix", "region"],
        // The provider's preview passes over the description, but its update makes a version of it all the same.
        renewedBy: (changed) => (changed.some(makesVersion) ? ["latestVersion", "defaultVersion"] : []),
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `launch-template/${id}`),
            latestVersion: ({ id, cloud }) => versionOf(cloud.find(launchTemplateType, id)?.outputs["latestVersion"]),
            defaultVersion: ({ id, inputs, cloud }) => {
                const before = cloud.find(launchTemplateType, id)?.outputs;
                return inputs["updateDefaultVersion"] === true
                    ? versionOf(before?.["latestVersion"])
                    : (before?.["defaultVersion"] ?? 1);
            },
        },
        refuse: refuseTemplate,
    },
    [placementGroupType]: {
        id: ({ name }) => name,
        autoName: "name",
        nameLength: 255,
        required: ["strategy"],
        replaceOn: ["name", "strategy", "partitionCount", "spreadLevel", "region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ name }) => `placement-group/${name}`),
            placementGroupId: ({ name }) => `pg-${name}`,
        },
        check: ({ strategy }) =>
            ["cluster", "partition", "spread"].includes(text(strategy) ?? "cluster")
                ? []
                : [{ property: "strategy", reason: `expected cluster, partition or spread, got ${show(strategy)}` }],
        usedBy: {
            types: [launchTemplateType],
            error: (id, user) =>
                `InvalidPlacementGroup.InUse: The placement group ${id} is in use by ${user.id} and may not be deleted.`,
        },
    },
};
