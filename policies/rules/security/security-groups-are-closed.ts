/** An ingress rule for the whole Internet on a training network has no use. */
import { SECURITY_GROUP, SECURITY_GROUP_INGRESS, SECURITY_GROUP_RULE } from "../../resources";
import { resourceRule } from "../../rule";

export const securityGroupsAreClosed = resourceRule(
    {
        name: "security-groups-are-closed",
        displayName: "Security groups let nobody in from everywhere",
        description:
            "Nodes are reached through the control plane and Session Manager. Whatever else listens on a node is then open to every scanner.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Name the CIDRs or security groups that may connect.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-best-practices.html",
        appliesTo: [SECURITY_GROUP, SECURITY_GROUP_RULE, SECURITY_GROUP_INGRESS],
    },
    ({ type, props }) => {
        const cidrs = [
            ...(type === SECURITY_GROUP
                ? props
                      .list("ingress")
                      .flatMap((rule) => [...rule.texts("cidrBlocks"), ...rule.texts("ipv6CidrBlocks")])
                : []),
            ...(type === SECURITY_GROUP_RULE && props.text("type") === "ingress"
                ? [...props.texts("cidrBlocks"), ...props.texts("ipv6CidrBlocks")]
                : []),
            props.text("cidrIpv4") ?? "",
            props.text("cidrIpv6") ?? "",
        ];
        return cidrs
            .filter((cidr) => cidr.endsWith("/0"))
            .map((cidr) => ({
                found: `ingress from ${cidr}`,
                required: "named addresses",
                remedy: "Narrow the rule.",
            }));
    },
);
