/** Flow logs of a VPC, in a log group that a key of its own encrypts. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { logsKeyPolicy } from "./key-policy";

/** What is logged, and for how long. */
export interface FlowLogsArgs {
    vpc: aws.ec2.Vpc;
    retentionDays: number;
    tags: { [key: string]: string };
}

/** Creates the key, the log group, the role that writes to it and the flow log itself. */
export function createFlowLogs(name: string, args: FlowLogsArgs, child: pulumi.CustomResourceOptions): void {
    const role = new aws.iam.Role(
        `${name}-flow-logs`,
        {
            description: "VPC flow logs write to one log group",
            assumeRolePolicy: JSON.stringify({
                Version: "2012-10-17",
                Statement: [
                    {
                        Effect: "Allow",
                        Principal: { Service: "vpc-flow-logs.amazonaws.com" },
                        Action: "sts:AssumeRole",
                    },
                ],
            }),
            tags: args.tags,
        },
        child,
    );
    const key = new aws.kms.Key(
        `${name}-flow-logs`,
        {
            description: `Flow logs of ${name}`,
            enableKeyRotation: true,
            // The role's ARN tells account and partition, so that nothing has to be looked up.
            policy: role.arn.apply((arn) => JSON.stringify(logsKeyPolicy(arn))),
            tags: args.tags,
        },
        child,
    );
    const group = new aws.cloudwatch.LogGroup(
        `${name}-flow-logs`,
        { retentionInDays: args.retentionDays, kmsKeyId: key.arn, tags: args.tags },
        child,
    );
    const policy = new aws.iam.RolePolicy(
        `${name}-flow-logs`,
        {
            role: role.name,
            policy: group.arn.apply((arn) =>
                JSON.stringify({
                    Version: "2012-10-17",
                    Statement: [
                        {
                            Effect: "Allow",
                            Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                            Resource: [arn, `${arn}:log-stream:*`],
                        },
                    ],
                }),
            ),
        },
        child,
    );
    new aws.ec2.FlowLog(
        `${name}-flow-logs`,
        {
            vpcId: args.vpc.id,
            trafficType: "ALL",
            logDestinationType: "cloud-watch-logs",
            logDestination: group.arn,
            iamRoleArn: role.arn,
            tags: { ...args.tags, Name: `${name}-flow-logs` },
        },
        { ...child, dependsOn: [policy] },
    );
}
