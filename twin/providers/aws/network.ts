/** Simulated VPC networking. Error texts follow EC2's. */
import { findRegion } from "../../../catalog/topology";
import { isUnknown, type Values } from "../runtime/values";
import { address, overlap, parseBlock, within } from "./cidr";
import { arn, hex, tagged, text, texts, type CloudView, type Specification, show } from "./specification";

const vpcType = "aws:ec2/vpc:Vpc";
const subnetType = "aws:ec2/subnet:Subnet";

/** Names of a region's zones; empty for a region that the catalogue does not hold. */
export function zonesOf(region: string): string[] {
    const found = findRegion(region);
    return found === undefined
        ? []
        : [...found.zones.map((letter) => `${region}${letter}`), ...(found.localZones ?? [])];
}

function dependency(what: string): (id: string, user: { id: string }) => string {
    return (id, user) =>
        `DependencyViolation: The ${what} '${id}' has dependencies and cannot be deleted (${user.id} uses it).`;
}

function refuseVpc(inputs: Values): string | undefined {
    const cidr = text(inputs["cidrBlock"]);
    if (cidr === undefined) {
        return undefined;
    }
    const block = parseBlock(cidr);
    if (block === undefined) {
        return `InvalidParameterValue: Value (${cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`;
    }
    return block.prefix < 16 || block.prefix > 28
        ? `InvalidVpc.Range: The CIDR '${cidr}' is invalid: a VPC's block is between /16 and /28.`
        : undefined;
}

function refuseSubnet(inputs: Values, cloud: CloudView, self?: string): string | undefined {
    const cidr = text(inputs["cidrBlock"]);
    const vpcId = text(inputs["vpcId"]);
    const zone = text(inputs["availabilityZone"]);
    const zones = zonesOf(cloud.region);
    if (zone !== undefined && zones.length > 0 && !zones.includes(zone)) {
        return `InvalidParameterValue: Value (${zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.join(", ")}.`;
    }
    if (cidr === undefined) {
        return undefined;
    }
    const block = parseBlock(cidr);
    if (block === undefined || block.prefix < 16 || block.prefix > 28) {
        return `InvalidSubnet.Range: The CIDR '${cidr}' is invalid.`;
    }
    if (vpcId === undefined) {
        return undefined;
    }
    const vpc = cloud.find(vpcType, vpcId);
    if (vpc === undefined) {
        return `InvalidVpcID.NotFound: The vpc ID '${vpcId}' does not exist.`;
    }
    const outer = [
        text(vpc.inputs["cidrBlock"]),
        ...cloud
            .ofType("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
            .filter(({ inputs: other }) => other["vpcId"] === vpcId)
            .map(({ inputs: other }) => text(other["cidrBlock"])),
    ].map((each) => (each === undefined ? undefined : parseBlock(each)));
    if (!outer.some((each) => each !== undefined && within(block, each))) {
        return `InvalidSubnet.Range: The CIDR '${cidr}' is invalid: it lies outside of the VPC's ${text(vpc.inputs["cidrBlock"]) ?? ""}.`;
    }
    const clash = cloud.ofType(subnetType).find((other) => {
        const otherBlock = parseBlock(text(other.inputs["cidrBlock"]) ?? "");
        return (
            other.id !== self &&
            other.inputs["vpcId"] === vpcId &&
            otherBlock !== undefined &&
            overlap(block, otherBlock)
        );
    });
    return clash === undefined
        ? undefined
        : `InvalidSubnet.Conflict: The CIDR '${cidr}' conflicts with another subnet (${clash.id}).`;
}

function refuseRoute(inputs: Values, cloud: CloudView, self?: string): string | undefined {
    const destination = text(inputs["destinationCidrBlock"]);
    const table = text(inputs["routeTableId"]);
    const clash = cloud
        .ofType("aws:ec2/route:Route")
        .find(
            (other) =>
                other.id !== self &&
                destination !== undefined &&
                other.inputs["routeTableId"] === table &&
                other.inputs["destinationCidrBlock"] === destination,
        );
    return clash === undefined
        ? undefined
        : `RouteAlreadyExists: The route identified by ${destination ?? ""} already exists.`;
}

const gatewayEndpoint = ({ inputs }: { inputs: Values }): boolean =>
    (text(inputs["vpcEndpointType"]) ?? "Gateway") === "Gateway";

export const networkTypes: { [type: string]: Specification } = {
    [vpcType]: {
        idPrefix: "vpc",
        replaceOn: ["cidrBlock", "instanceTenancy", "region"],
        defaults: { enableDnsSupport: true, instanceTenancy: "default" },
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `vpc/${id}`),
            defaultSecurityGroupId: (made) => `sg-${hex(made, "default-sg")}`,
            defaultRouteTableId: (made) => `rtb-${hex(made, "default-rtb")}`,
            mainRouteTableId: (made) => `rtb-${hex(made, "default-rtb")}`,
            defaultNetworkAclId: (made) => `acl-${hex(made, "default-acl")}`,
            dhcpOptionsId: (made) => `dopt-${hex(made, "dopt")}`,
            enableDnsHostnames: ({ inputs }) => inputs["enableDnsHostnames"] ?? false,
            ownerId: ({ account }) => account,
        },
        refuse: refuseVpc,
        usedBy: {
            types: [
                subnetType,
                "aws:ec2/securityGroup:SecurityGroup",
                "aws:ec2/internetGateway:InternetGateway",
                "aws:ec2/routeTable:RouteTable",
                "aws:ec2/vpcEndpoint:VpcEndpoint",
            ],
            error: dependency("vpc"),
        },
    },
    [subnetType]: {
        idPrefix: "subnet",
        required: ["vpcId"],
        replaceOn: ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `subnet/${id}`),
            availabilityZone: ({ inputs, region }) => inputs["availabilityZone"] ?? zonesOf(region)[0] ?? `${region}a`,
            availabilityZoneId: ({ inputs, region }) => zoneId(text(inputs["availabilityZone"]) ?? `${region}a`),
            ownerId: ({ account }) => account,
            privateDnsHostnameTypeOnLaunch: () => "ip-name",
        },
        refuse: refuseSubnet,
        usedBy: {
            types: [
                "aws:ec2/natGateway:NatGateway",
                "aws:eks/cluster:Cluster",
                "aws:eks/nodeGroup:NodeGroup",
                "aws:fsx/lustreFileSystem:LustreFileSystem",
                "aws:ec2/vpcEndpoint:VpcEndpoint",
            ],
            error: dependency("subnet"),
        },
    },
    "aws:ec2/internetGateway:InternetGateway": {
        idPrefix: "igw",
        replaceOn: ["region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `internet-gateway/${id}`),
            ownerId: ({ account }) => account,
        },
        refuse: ({ vpcId }, cloud, self) => {
            const other = cloud
                .ofType("aws:ec2/internetGateway:InternetGateway")
                .find(({ id, inputs }) => id !== self && text(vpcId) !== undefined && inputs["vpcId"] === vpcId);
            return other === undefined
                ? undefined
                : `InvalidParameterValue: Network ${show(vpcId)} already has an internet gateway attached`;
        },
        usedBy: { types: ["aws:ec2/route:Route"], error: dependency("internetGateway") },
    },
    "aws:ec2/eip:Eip": {
        idPrefix: "eipalloc",
        replaceOn: ["domain", "region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `elastic-ip/${id}`),
            allocationId: ({ id }) => id,
            // 203.0.113.0/24 is set aside for documentation: nobody's address.
            publicIp: (made) => `203.0.113.${1 + (parseInt(hex(made, "ip").slice(0, 4), 16) % 254)}`,
            domain: () => "vpc",
        },
        usedBy: {
            types: ["aws:ec2/natGateway:NatGateway"],
            error: (id, user) =>
                `InvalidIPAddress.InUse: Address ${id} is in use (associated with ${user.id}) and cannot be released.`,
        },
    },
    "aws:ec2/natGateway:NatGateway": {
        idPrefix: "nat",
        replaceOn: ["subnetId", "allocationId", "connectivityType", "region"],
        defaults: { connectivityType: "public" },
        computed: {
            ...tagged,
            networkInterfaceId: (made) => `eni-${hex(made, "eni")}`,
            privateIp: ({ inputs, cloud }) => {
                const subnet = cloud.find(subnetType, text(inputs["subnetId"]) ?? "");
                const block = parseBlock(text(subnet?.inputs["cidrBlock"]) ?? "");
                return block === undefined ? "" : address(block.first + 4);
            },
            publicIp: ({ inputs, cloud }) =>
                cloud.find("aws:ec2/eip:Eip", text(inputs["allocationId"]) ?? "")?.outputs["publicIp"] ?? "",
            associationId: (made) => `eipassoc-${hex(made, "assoc")}`,
        },
        refuse: (inputs, cloud) => {
            const missing = text(inputs["subnetId"]);
            if (missing !== undefined && cloud.find(subnetType, missing) === undefined) {
                return `InvalidSubnet: The subnet ID '${missing}' does not exist.`;
            }
            const connectivity = inputs["connectivityType"];
            return connectivity === "public" && inputs["allocationId"] === undefined
                ? "InvalidParameter: A public NAT gateway needs an Elastic IP address: AllocationId is missing."
                : undefined;
        },
        usedBy: { types: ["aws:ec2/route:Route"], error: dependency("natGateway") },
    },
    "aws:ec2/routeTable:RouteTable": {
        idPrefix: "rtb",
        required: ["vpcId"],
        replaceOn: ["vpcId", "region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `route-table/${id}`),
            routes: ({ inputs }) => inputs["routes"] ?? [],
            ownerId: ({ account }) => account,
        },
        usedBy: { types: ["aws:ec2/routeTableAssociation:RouteTableAssociation"], error: dependency("routeTable") },
    },
    "aws:ec2/route:Route": {
        id: (made) => `r-${text(made.inputs["routeTableId"]) ?? ""}${hex(made, "route").slice(0, 9)}`,
        required: ["routeTableId"],
        replaceOn: ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"],
        computed: { region: tagged["region"] ?? (() => ""), origin: () => "CreateRoute", state: () => "active" },
        refuse: refuseRoute,
    },
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {
        idPrefix: "rtbassoc",
        required: ["routeTableId"],
        replaceOn: ["subnetId", "gatewayId"],
        computed: { region: tagged["region"] ?? (() => "") },
        refuse: ({ subnetId }, cloud, self) => {
            const other = cloud
                .ofType("aws:ec2/routeTableAssociation:RouteTableAssociation")
                .find(
                    ({ id, inputs }) => id !== self && text(subnetId) !== undefined && inputs["subnetId"] === subnetId,
                );
            return other === undefined
                ? undefined
                : `Resource.AlreadyAssociated: the specified association for subnet ${show(subnetId)} conflicts with an existing association (${other.id})`;
        },
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        idPrefix: "vpce",
        required: ["vpcId"],
        replaceOn: ["vpcId", "serviceName", "vpcEndpointType", "region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `vpc-endpoint/${id}`),
            state: () => "available",
            prefixListId: (made) => (gatewayEndpoint(made) ? `pl-${hex(made, "pl").slice(0, 8)}` : ""),
            networkInterfaceIds: (made) =>
                gatewayEndpoint(made)
                    ? []
                    : texts(made.inputs["subnetIds"]).map((subnet) => `eni-${hex(made, `eni/${subnet}`)}`),
            dnsEntries: (made) =>
                gatewayEndpoint(made)
                    ? []
                    : [{ dnsName: `${made.id}.${text(made.inputs["serviceName"]) ?? ""}`, hostedZoneId: "Z2TWIN" }],
            ownerId: ({ account }) => account,
        },
        refuse: (inputs, cloud) => {
            const service = text(inputs["serviceName"]);
            const region = /^com\.amazonaws\.([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(service ?? "")?.[1];
            return region !== undefined && region !== cloud.region
                ? `InvalidServiceName: The Vpc Endpoint Service '${service ?? ""}' does not exist`
                : undefined;
        },
    },
    "aws:ec2/flowLog:FlowLog": {
        idPrefix: "fl",
        replaceOn: [
            "vpcId",
            "subnetId",
            "eniId",
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "trafficType",
        ],
        computed: { ...tagged, arn: arn("ec2", ({ id }) => `vpc-flow-log/${id}`) },
        refuse: (inputs) =>
            (text(inputs["logDestinationType"]) ?? "cloud-watch-logs") === "cloud-watch-logs" &&
            inputs["iamRoleArn"] === undefined
                ? "InvalidParameter: DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
                : undefined,
    },
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": {
        idPrefix: "vpc-cidr-assoc",
        required: ["vpcId"],
        replaceOn: ["vpcId", "cidrBlock"],
        computed: {},
    },
};

/** `use2-az1` for `us-east-2a`: which letter means which zone id differs between accounts, here it is the plain order. */
export function zoneId(zone: string): string {
    const match = /^([a-z]{2})-([a-z])[a-z]*(?:-[a-z]+)?-(\d)([a-z])$/.exec(zone);
    return match === null ? zone : `${match[1]}${match[2]}${match[3]}-az${(match[4] ?? "a").charCodeAt(0) - 96}`;
}

/** Whether a value is given and known. */
export function known(value: unknown): boolean {
    return value !== undefined && value !== null && !isUnknown(value);
}
