/** Policy of the cluster's key. */
import { KEY_USE, accountOf, administration, useByLogs } from "../cluster-network/key-policy";
import type { PolicyDocument } from "../cluster-network/key-policy";

/**
 * Who may use the key: the account's IAM, CloudWatch Logs, and EBS on behalf of whoever in this account attaches a volume. The
 * last is the statement of AWS's own aws/ebs key: it lets autoscaling start nodes with encrypted volumes without naming its
 * service-linked role, which a fresh account does not have yet (a policy that names it is refused there).
 */
export function clusterKeyPolicy(arn: string): PolicyDocument {
    const { account } = accountOf(arn);
    return {
        Version: "2012-10-17",
        Statement: [
            administration(arn),
            useByLogs(arn),
            {
                Sid: "UseThroughEbs",
                Effect: "Allow",
                Principal: { AWS: "*" },
                Action: [...KEY_USE, "kms:CreateGrant"],
                Resource: "*",
                Condition: {
                    StringEquals: { "kms:CallerAccount": account },
                    StringLike: { "kms:ViaService": "ec2.*.amazonaws.com" },
                },
            },
        ],
    };
}
