/** The VPC of a training cluster. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../input";
import { DEFAULT_INTERFACE_ENDPOINTS, DEFAULT_VPC_CIDR, checkClusterNetwork, regionOf } from "./check";
import { parseCidr, planSubnets } from "./cidr";
import type { Cidr, ZoneRanges } from "./cidr";
import { NatGateways } from "./cluster-network-args";
import type { ClusterNetworkArgs } from "./cluster-network-args";
import { createFlowLogs } from "./flow-logs";
import type { NetworkPlacement, SubnetPlacement } from "./placement";

/**
 * A VPC with a private and a public subnet in each zone, the private one of the GPU zone being half of the range; an internet
 * gateway, NAT gateways, a gateway endpoint for S3 and private endpoints for what nodes need to join and to pull; flow logs to
 * an encrypted log group; the default security group emptied.
 *
 * Costs by the hour: each NAT gateway, and each interface endpoint in each zone.
 */
export class ClusterNetwork extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:ClusterNetwork";

    /**
     * What EksCluster needs. The ids of private subnets resolve once their routes and endpoints exist, so that no node boots
     * without a way out, and none loses it before it is gone.
     */
    readonly placement: NetworkPlacement;

    constructor(name: string, args: ClusterNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`ClusterNetwork "${name}"`, checkClusterNetwork(args));
        super(ClusterNetwork.__pulumiType, name, args, opts);
        const network = resolve(name, args, this);

        const vpc = createVpc(network);
        const gateway = new aws.ec2.InternetGateway(
            `${name}-internet`,
            { vpcId: vpc.id, tags: network.tagged("internet") },
            network.child,
        );
        const publicZones = createPublicSubnets(network, vpc, gateway);
        const natGateways = createNatGateways(network, publicZones, gateway);
        const privateZones = createPrivateSubnets(network, vpc, natGateways);
        const endpoints = createEndpoints(network, vpc, privateZones);
        createFlowLogs(name, { vpc, retentionDays: network.retentionDays, tags: network.tags }, network.child);

        this.placement = {
            vpcId: vpc.id,
            region: network.region,
            vpcCidr: network.cidr,
            zones: args.zones,
            gpuZone: args.gpuZone,
            privateSubnets: privateZones.map((zone) => placed(zone, zone.ranges.privateCidr, endpoints)),
            publicSubnets: publicZones.map((zone) => placed(zone, zone.ranges.publicCidr, [])),
        };
        this.registerOutputs({ placement: this.placement });
    }
}

interface ResolvedNetwork {
    name: string;
    region: string;
    cidr: string;
    gpuZone: string;
    ranges: ZoneRanges[];
    natGateways: NatGateways;
    interfaceEndpoints: string[];
    retentionDays: number;
    tags: { [key: string]: string };
    tagged: (suffix: string) => { [key: string]: string };
    child: pulumi.CustomResourceOptions;
}

/** One zone's subnet of one kind, with the route table that it is associated with. */
interface ZoneSubnet {
    ranges: ZoneRanges;
    subnet: aws.ec2.Subnet;
    routeTable: aws.ec2.RouteTable;
    /** What must exist before the subnet is of use. */
    routed: pulumi.CustomResource[];
}

interface ZoneNat {
    zone: string;
    gateway: aws.ec2.NatGateway;
}

function resolve(name: string, args: ClusterNetworkArgs, parent: pulumi.Resource): ResolvedNetwork {
    const cidr = args.cidr ?? DEFAULT_VPC_CIDR;
    const tags = args.tags ?? {};
    return {
        name,
        region: args.region ?? args.zones.map(regionOf).find((region) => region !== undefined) ?? "",
        cidr,
        gpuZone: args.gpuZone,
        // The check has parsed the range already.
        ranges: planSubnets(parseCidr(cidr) as Cidr, args.zones, args.gpuZone),
        natGateways: args.natGateways ?? NatGateways.PerZone,
        interfaceEndpoints: args.interfaceEndpoints ?? DEFAULT_INTERFACE_ENDPOINTS,
        retentionDays: args.flowLogRetentionDays ?? 90,
        tags,
        tagged: (suffix) => ({ ...tags, Name: `${name}-${suffix}` }),
        child: { parent },
    };
}

function createVpc(network: ResolvedNetwork): aws.ec2.Vpc {
    const vpc = new aws.ec2.Vpc(
        `${network.name}-vpc`,
        {
            cidrBlock: network.cidr,
            // The private API endpoint and the interface endpoints are private DNS names.
            enableDnsHostnames: true,
            enableDnsSupport: true,
            tags: network.tagged("vpc"),
        },
        network.child,
    );
    // No rules: whatever is created without a security group of its own reaches nothing.
    new aws.ec2.DefaultSecurityGroup(
        `${network.name}-default`,
        { vpcId: vpc.id, ingress: [], egress: [], tags: network.tagged("default-closed") },
        network.child,
    );
    return vpc;
}

function createPublicSubnets(
    network: ResolvedNetwork,
    vpc: aws.ec2.Vpc,
    gateway: aws.ec2.InternetGateway,
): ZoneSubnet[] {
    const routeTable = new aws.ec2.RouteTable(
        `${network.name}-public`,
        { vpcId: vpc.id, tags: network.tagged("public") },
        network.child,
    );
    const route = new aws.ec2.Route(
        `${network.name}-public-internet`,
        { routeTableId: routeTable.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
        network.child,
    );
    return network.ranges.filter(inAvailabilityZone).map((ranges) => {
        const suffix = `public-${ranges.zone}`;
        const subnet = new aws.ec2.Subnet(
            `${network.name}-${suffix}`,
            {
                vpcId: vpc.id,
                availabilityZone: ranges.zone,
                cidrBlock: ranges.publicCidr,
                mapPublicIpOnLaunch: false,
                tags: { ...network.tagged(suffix), "kubernetes.io/role/elb": "1" },
            },
            network.child,
        );
        return { ranges, subnet, routeTable, routed: [route, associate(network, suffix, subnet, routeTable)] };
    });
}

function createNatGateways(
    network: ResolvedNetwork,
    publicZones: ZoneSubnet[],
    gateway: aws.ec2.InternetGateway,
): ZoneNat[] {
    if (network.natGateways === NatGateways.None) {
        return [];
    }
    const beside = publicZones.find((zone) => zone.ranges.zone === network.gpuZone) ?? publicZones[0];
    const zones = publicZones.filter((zone) => network.natGateways === NatGateways.PerZone || zone === beside);
    return zones.map(({ ranges, subnet, routed }) => {
        const suffix = `nat-${ranges.zone}`;
        const address = new aws.ec2.Eip(
            `${network.name}-${suffix}`,
            { domain: "vpc", tags: network.tagged(suffix) },
            // An address cannot be released while the internet gateway that it is reached by is being detached.
            { ...network.child, dependsOn: [gateway] },
        );
        const nat = new aws.ec2.NatGateway(
            `${network.name}-${suffix}`,
            { allocationId: address.id, subnetId: subnet.id, tags: network.tagged(suffix) },
            { ...network.child, dependsOn: routed },
        );
        return { zone: ranges.zone, gateway: nat };
    });
}

function createPrivateSubnets(network: ResolvedNetwork, vpc: aws.ec2.Vpc, natGateways: ZoneNat[]): ZoneSubnet[] {
    return network.ranges.map((ranges) => {
        const suffix = `private-${ranges.zone}`;
        const routeTable = new aws.ec2.RouteTable(
            `${network.name}-${suffix}`,
            { vpcId: vpc.id, tags: network.tagged(suffix) },
            network.child,
        );
        const subnet = new aws.ec2.Subnet(
            `${network.name}-${suffix}`,
            {
                vpcId: vpc.id,
                availabilityZone: ranges.zone,
                cidrBlock: ranges.privateCidr,
                mapPublicIpOnLaunch: false,
                tags: { ...network.tagged(suffix), "kubernetes.io/role/internal-elb": "1" },
            },
            network.child,
        );
        const routed: pulumi.CustomResource[] = [associate(network, suffix, subnet, routeTable)];
        const nat = natGateways.find((candidate) => candidate.zone === ranges.zone) ?? natGateways[0];
        if (nat !== undefined) {
            routed.push(
                new aws.ec2.Route(
                    `${network.name}-${suffix}-nat`,
                    {
                        routeTableId: routeTable.id,
                        destinationCidrBlock: "0.0.0.0/0",
                        natGatewayId: nat.gateway.id,
                    },
                    network.child,
                ),
            );
        }
        return { ranges, subnet, routeTable, routed };
    });
}

function associate(
    network: ResolvedNetwork,
    suffix: string,
    subnet: aws.ec2.Subnet,
    routeTable: aws.ec2.RouteTable,
): aws.ec2.RouteTableAssociation {
    return new aws.ec2.RouteTableAssociation(
        `${network.name}-${suffix}`,
        { subnetId: subnet.id, routeTableId: routeTable.id },
        network.child,
    );
}

function createEndpoints(network: ResolvedNetwork, vpc: aws.ec2.Vpc, zones: ZoneSubnet[]): pulumi.CustomResource[] {
    const s3 = new aws.ec2.VpcEndpoint(
        `${network.name}-s3`,
        {
            vpcId: vpc.id,
            vpcEndpointType: "Gateway",
            serviceName: `com.amazonaws.${network.region}.s3`,
            routeTableIds: zones.map((zone) => zone.routeTable.id),
            tags: network.tagged("s3"),
        },
        network.child,
    );
    if (network.interfaceEndpoints.length === 0) {
        return [s3];
    }
    const securityGroup = new aws.ec2.SecurityGroup(
        `${network.name}-endpoints`,
        {
            vpcId: vpc.id,
            description: "HTTPS from inside the VPC to private service endpoints",
            tags: network.tagged("endpoints"),
        },
        network.child,
    );
    const rule = new aws.vpc.SecurityGroupIngressRule(
        `${network.name}-endpoints-https`,
        {
            securityGroupId: securityGroup.id,
            description: "HTTPS from the VPC",
            cidrIpv4: network.cidr,
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
            tags: network.tagged("endpoints-https"),
        },
        network.child,
    );
    const interfaces = network.interfaceEndpoints.map(
        (service) =>
            new aws.ec2.VpcEndpoint(
                `${network.name}-${service.replaceAll(".", "-")}`,
                {
                    vpcId: vpc.id,
                    vpcEndpointType: "Interface",
                    serviceName: `com.amazonaws.${network.region}.${service}`,
                    subnetIds: zones.filter((zone) => inAvailabilityZone(zone.ranges)).map((zone) => zone.subnet.id),
                    securityGroupIds: [securityGroup.id],
                    privateDnsEnabled: true,
                    tags: network.tagged(service.replaceAll(".", "-")),
                },
                network.child,
            ),
    );
    return [s3, rule, ...interfaces];
}

/** NAT gateways and interface endpoints stand in availability zones; a Local Zone reaches those of its region. */
function inAvailabilityZone(ranges: ZoneRanges): boolean {
    return regionOf(ranges.zone) !== undefined;
}

function placed(zone: ZoneSubnet, cidr: string, endpoints: pulumi.CustomResource[]): SubnetPlacement {
    const id = pulumi
        .all([zone.subnet.id, ...[...zone.routed, ...endpoints].map((resource) => resource.id)])
        .apply(([subnetId]) => subnetId as string);
    return { zone: zone.ranges.zone, cidr, id };
}
