/** Simulated security groups and their rules. Error texts follow EC2's. */
import { parseBlock } from "./cidr";
import { arn, tagged, text, type CloudView, type Specification, show } from "./specification";
import type { Values } from "../runtime/values";

const groupType = "aws:ec2/securityGroup:SecurityGroup";
const ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const egressType = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";

/** What makes two rules of one group the same to EC2. */
const ruleIdentity = [
    "securityGroupId",
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "cidrIpv6",
    "prefixListId",
    "referencedSecurityGroupId",
];

function refuseRule(type: string): (inputs: Values, cloud: CloudView, self?: string) => string | undefined {
    return (inputs, cloud, self) => {
        const cidr = text(inputs["cidrIpv4"]);
        if (cidr !== undefined && parseBlock(cidr) === undefined) {
            return `InvalidParameterValue: CIDR block ${cidr} is malformed`;
        }
        const group = text(inputs["securityGroupId"]);
        if (group === undefined) {
            return undefined;
        }
        const twin = cloud
            .ofType(type)
            .find(
                (other) =>
                    other.id !== self && ruleIdentity.every((key) => sameRulePart(key, other.inputs[key], inputs[key])),
            );
        return twin === undefined
            ? undefined
            : `InvalidPermission.Duplicate: the specified rule "peer: ${peer(inputs)}, ${protocol(inputs)}, ALLOW" already exists`;
    };
}

/** With all protocols, ports mean nothing and -1 is what EC2 stores. */
function sameRulePart(key: string, left: unknown, right: unknown): boolean {
    const part = (value: unknown): string =>
        typeof value === "string" || typeof value === "number" ? String(value) : "";
    return (
        part(left) === part(right) || (key.endsWith("Port") && new Set([part(left), part(right), "", "-1"]).size === 2)
    );
}

function peer(inputs: Values): string {
    const given = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"].map((key) => text(inputs[key]));
    return given.find((value) => value !== undefined) ?? "unknown";
}

function protocol(inputs: Values): string {
    const name = text(inputs["ipProtocol"]);
    return name === "-1" || name === undefined ? "ALL" : name.toUpperCase();
}

/** Exactly one source or destination. */
function checkRule(inputs: Values): { property: string; reason: string }[] {
    const given = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"].filter(
        (key) => inputs[key] !== undefined && inputs[key] !== null,
    );
    return given.length === 1
        ? []
        : [
              {
                  property: given[1] ?? "cidrIpv4",
                  reason: `Exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId must be given; got ${given.length === 0 ? "none" : given.join(", ")}`,
              },
          ];
}

function rule(type: string): Specification {
    return {
        idPrefix: "sgr",
        required: ["securityGroupId", "ipProtocol"],
        replaceOn: ["securityGroupId", "region"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `security-group-rule/${id}`),
            securityGroupRuleId: ({ id }) => id,
        },
        check: checkRule,
        refuse: refuseRule(type),
    };
}

export const securityGroupTypes: { [type: string]: Specification } = {
    [groupType]: {
        idPrefix: "sg",
        autoName: "name",
        nameLength: 255,
        replaceOn: ["name", "namePrefix", "description", "vpcId", "region"],
        defaults: { description: "Managed by Pulumi" },
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `security-group/${id}`),
            ownerId: ({ account }) => account,
            ingress: ({ inputs }) => inputs["ingress"] ?? [],
            egress: ({ inputs }) => inputs["egress"] ?? [],
        },
        refuse: (inputs, cloud, self) => {
            const vpc = text(inputs["vpcId"]);
            if (vpc !== undefined && cloud.find("aws:ec2/vpc:Vpc", vpc) === undefined) {
                return `InvalidVpcID.NotFound: The vpc ID '${vpc}' does not exist`;
            }
            if (text(inputs["name"])?.startsWith("sg-") === true) {
                return "InvalidParameterValue: Value for parameter GroupName is invalid. Group names may not be in the format sg-*.";
            }
            const other = cloud
                .ofType(groupType)
                .find(
                    ({ id, inputs: before }) =>
                        id !== self &&
                        vpc !== undefined &&
                        before["vpcId"] === vpc &&
                        before["name"] === inputs["name"],
                );
            return other === undefined
                ? undefined
                : `InvalidGroup.Duplicate: The security group '${show(inputs["name"])}' already exists for VPC '${vpc ?? ""}'`;
        },
        usedBy: {
            types: [
                "aws:ec2/launchTemplate:LaunchTemplate",
                "aws:eks/cluster:Cluster",
                "aws:ec2/vpcEndpoint:VpcEndpoint",
                "aws:fsx/lustreFileSystem:LustreFileSystem",
            ],
            error: (id, user) => `DependencyViolation: resource ${id} has a dependent object (${user.id})`,
        },
    },
    [ingressType]: rule(ingressType),
    [egressType]: rule(egressType),
    "aws:ec2/securityGroupRule:SecurityGroupRule": {
        idPrefix: "sgrule",
        required: ["securityGroupId", "type", "protocol", "fromPort", "toPort"],
        replaceOn: [
            "securityGroupId",
            "type",
            "protocol",
            "fromPort",
            "toPort",
            "cidrBlocks",
            "ipv6CidrBlocks",
            "prefixListIds",
            "self",
            "sourceSecurityGroupId",
        ],
        computed: { securityGroupRuleId: ({ id }) => id },
        refuse: (inputs, cloud, self) => {
            const parts = [
                "securityGroupId",
                "type",
                "protocol",
                "fromPort",
                "toPort",
                "sourceSecurityGroupId",
                "self",
            ];
            const other = cloud
                .ofType("aws:ec2/securityGroupRule:SecurityGroupRule")
                .find(
                    (each) =>
                        each.id !== self &&
                        text(inputs["securityGroupId"]) !== undefined &&
                        [...parts, "cidrBlocks"].every(
                            (key) => JSON.stringify(each.inputs[key]) === JSON.stringify(inputs[key]),
                        ),
                );
            return other === undefined
                ? undefined
                : "InvalidPermission.Duplicate: the specified rule already exists in this security group";
        },
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
        // Adopted, not created: its id is the one that its VPC gave it.
        id: ({ inputs, cloud }) =>
            text(cloud.find("aws:ec2/vpc:Vpc", text(inputs["vpcId"]) ?? "")?.outputs["defaultSecurityGroupId"]) ??
            "sg-default",
        replaceOn: ["vpcId"],
        computed: {
            ...tagged,
            arn: arn("ec2", ({ id }) => `security-group/${id}`),
            name: () => "default",
            description: () => "default VPC security group",
            ownerId: ({ account }) => account,
        },
    },
};
