/** Policies of KMS keys. Account and partition are read from an ARN of the same account, so that nothing is looked up. */

/** One statement of an IAM policy. */
export interface PolicyStatement {
    Sid?: string;
    Effect: "Allow" | "Deny";
    Principal?: { [kind: string]: string } | "*";
    Action: string | string[];
    Resource: string | string[];
    Condition?: { [operator: string]: { [key: string]: string | string[] } };
}

/** An IAM policy document. */
export interface PolicyDocument {
    Version: "2012-10-17";
    Statement: PolicyStatement[];
}

/** Cryptographic use of a key, without its administration. */
export const KEY_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/** Partition and account of an ARN. */
export function accountOf(arn: string): { partition: string; account: string } {
    const [, partition = "aws", , , account = ""] = arn.split(":");
    return { partition, account };
}

/** A statement that leaves the key's administration to the account's IAM, as AWS does by default; without it nobody can ever change the key. */
export function administration(arn: string): PolicyStatement {
    const { partition, account } = accountOf(arn);
    return {
        Sid: "AdministrationByIam",
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${account}:root` },
        Action: "kms:*",
        Resource: "*",
    };
}

/** A statement that lets CloudWatch Logs use the key for log groups of this account only. */
export function useByLogs(arn: string): PolicyStatement {
    const { partition, account } = accountOf(arn);
    return {
        Sid: "UseByCloudWatchLogs",
        Effect: "Allow",
        Principal: { Service: "logs.amazonaws.com" },
        Action: KEY_USE,
        Resource: "*",
        Condition: {
            ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:${partition}:logs:*:${account}:log-group:*` },
        },
    };
}

/** Policy of a key that only encrypts log groups. */
export function logsKeyPolicy(arn: string): PolicyDocument {
    return { Version: "2012-10-17", Statement: [administration(arn), useByLogs(arn)] };
}
