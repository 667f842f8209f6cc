/** Without flow logs nobody can say what left the network. */
import { stackRule } from "../../rule";

export const networksHaveFlowLogs = stackRule(
    {
        name: "networks-have-flow-logs",
        displayName: "Every VPC has flow logs",
        description: "After an incident they are the only record of where data went.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Add aws.ec2.FlowLog for the VPC; ClusterNetwork does.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
    },
    (subjects) =>
        subjects
            .filter((subject) => subject.type === "aws:ec2/vpc:Vpc")
            .filter(
                (vpc) =>
                    !subjects.some(
                        (subject) =>
                            subject.type === "aws:ec2/flowLog:FlowLog" &&
                            (subject.propertyDependencies["vpcId"] ?? []).includes(vpc.urn),
                    ),
            )
            .map((about) => ({
                about,
                found: "a VPC without flow logs",
                required: "flow logs",
                remedy: "Add a FlowLog.",
            })),
);
