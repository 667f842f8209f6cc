/** Type tokens that several rules look at, in one place, and small questions about subjects that more than one rule asks. */
import type { Facts } from "./facts";
import type { Subject } from "./rule";

export const LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
export const NODE_GROUP = "aws:eks/nodeGroup:NodeGroup";
export const EKS_CLUSTER = "aws:eks/cluster:Cluster";
export const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
export const SECURITY_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
export const SECURITY_GROUP_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
export const SECURITY_GROUP_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
export const HELM_RELEASE = "kubernetes:helm.sh/v3:Release";

/** Whether a launch template attaches EFA interfaces. */
export function attachesEfa(launchTemplate: Facts): boolean {
    return launchTemplate
        .list("networkInterfaces")
        .some((item) => item.text("interfaceType")?.startsWith("efa") === true);
}

/** Whether a launch template buys from a capacity block. */
export function isCapacityBlock(launchTemplate: Facts): boolean {
    return launchTemplate.text("instanceMarketOptions.marketType") === "capacity-block";
}

/** Subjects that one property of a subject depends on, of the types given. */
export function dependenciesOf(
    subject: Subject,
    property: string,
    byUrn: ReadonlyMap<string, Subject>,
    types: readonly string[],
): Subject[] {
    return (subject.propertyDependencies[property] ?? [])
        .map((urn) => byUrn.get(urn))
        .filter((found): found is Subject => found !== undefined && types.includes(found.type));
}
