/** EFA interfaces need a security group that allows all traffic from and to itself; without it NCCL falls back to TCP in silence. */
import {
    attachesEfa,
    dependenciesOf,
    EKS_CLUSTER,
    LAUNCH_TEMPLATE,
    SECURITY_GROUP,
    SECURITY_GROUP_EGRESS,
    SECURITY_GROUP_INGRESS,
    SECURITY_GROUP_RULE,
} from "../../resources";
import { stackRule, type StackFinding, type Subject } from "../../rule";

type Direction = "ingress" | "egress";

/** Whether a rule resource allows everything between members of `group` in one direction. */
function allowsItself(rule: Subject, group: Subject, direction: Direction): boolean {
    const toGroup = (rule.propertyDependencies["securityGroupId"] ?? []).includes(group.urn);
    if (!toGroup) {
        return false;
    }
    if (rule.type === SECURITY_GROUP_RULE) {
        const fromGroup =
            rule.props.flag("self") === true ||
            (rule.propertyDependencies["sourceSecurityGroupId"] ?? []).includes(group.urn);
        return rule.props.text("type") === direction && rule.props.text("protocol") === "-1" && fromGroup;
    }
    const wanted = direction === "ingress" ? SECURITY_GROUP_INGRESS : SECURITY_GROUP_EGRESS;
    return (
        rule.type === wanted &&
        rule.props.text("ipProtocol") === "-1" &&
        (rule.propertyDependencies["referencedSecurityGroupId"] ?? []).includes(group.urn)
    );
}

function allowsItselfInline(group: Subject, direction: Direction): boolean {
    return group.props.list(direction).some((rule) => rule.flag("self") === true && rule.text("protocol") === "-1");
}

export const efaSecurityGroupAllowsItself = stackRule(
    {
        name: "efa-security-group-allows-itself",
        displayName: "EFA security group allows all traffic from and to itself",
        description:
            "EFA traffic is not IP traffic: only a rule that references the group itself lets it through, and egress needs it as much as ingress. Where it is missing, jobs run over TCP at a few per cent of the fabric's bandwidth and nothing reports an error.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps:
            "Add an ingress and an egress rule for all protocols whose source and destination is the group itself, or use GpuNodePool, which does.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security",
    },
    (subjects) => {
        const byUrn = new Map(subjects.map((subject) => [subject.urn, subject]));
        return subjects
            .filter((subject) => subject.type === LAUNCH_TEMPLATE && attachesEfa(subject.props))
            .flatMap((template): StackFinding[] => {
                const groups = dependenciesOf(template, "networkInterfaces", byUrn, [SECURITY_GROUP]);
                const onClusterGroup = dependenciesOf(template, "networkInterfaces", byUrn, [EKS_CLUSTER]).length > 0;
                // Ids given as literals cannot be followed; the cluster's own group allows itself (EKS security group requirements).
                if (
                    groups.length === 0 &&
                    (onClusterGroup || template.props.texts("networkInterfaces[0].securityGroups").length > 0)
                ) {
                    return [];
                }
                const missing = (group: Subject): Direction[] =>
                    (["ingress", "egress"] as const).filter(
                        (direction) =>
                            !allowsItselfInline(group, direction) &&
                            !subjects.some((rule) => allowsItself(rule, group, direction)),
                    );
                if (groups.some((group) => missing(group).length === 0)) {
                    return [];
                }
                const first = groups[0];
                return [
                    {
                        about: first ?? template,
                        found:
                            first === undefined
                                ? "EFA interfaces without a security group"
                                : `security group "${first.name}" without ${missing(first).join(" and ")} for all protocols to itself`,
                        required: "ingress and egress of all protocols between members of the group",
                        remedy: "Add the missing rules, referencing the group itself.",
                    },
                ];
            });
    },
);
