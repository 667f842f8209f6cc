/** Roles that pods take through EKS Pod Identity: no OIDC provider, no key in the cluster, one role per service account. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** Trust of a pod identity role. TagSession carries cluster, namespace and service account into CloudTrail. */
export const POD_IDENTITY_TRUST = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
        {
            Effect: "Allow",
            Principal: { Service: "pods.eks.amazonaws.com" },
            Action: ["sts:AssumeRole", "sts:TagSession"],
        },
    ],
});

/** What a role may do. */
export interface PodIdentityRoleArgs {
    description: string;
    /** Names of AWS managed policies, with their path: `service-role/AmazonEBSCSIDriverPolicy`. */
    managedPolicies: string[];
    tags: { [key: string]: string };
}

/** A role and what must be attached to it before it is of use. */
export interface PodIdentityRole {
    role: aws.iam.Role;
    attachments: aws.iam.RolePolicyAttachment[];
}

/** Creates a role for pods with AWS managed policies. */
export function podIdentityRole(
    name: string,
    args: PodIdentityRoleArgs,
    child: pulumi.CustomResourceOptions,
): PodIdentityRole {
    const role = new aws.iam.Role(
        name,
        { description: args.description, assumeRolePolicy: POD_IDENTITY_TRUST, tags: args.tags },
        child,
    );
    const attachments = args.managedPolicies.map(
        (policy) =>
            new aws.iam.RolePolicyAttachment(
                `${name}-${(policy.split("/").at(-1) ?? policy).toLowerCase()}`,
                {
                    role: role.name,
                    policyArn: role.arn.apply((arn) => `arn:${arn.split(":")[1] ?? "aws"}:iam::aws:policy/${policy}`),
                },
                child,
            ),
    );
    return { role, attachments };
}
