/** The role of a pool's nodes: join the cluster and pull images, nothing else. Pods have roles of their own by pod identity. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** AWS managed policies of a node. The VPC CNI has its own role, so that AmazonEKS_CNI_Policy is not among them. */
const NODE_POLICIES = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];

/** A role and what must be attached to it before it is of use. */
export interface NodeRole {
    arn: pulumi.Output<string>;
    attachments: aws.iam.RolePolicyAttachment[];
}

/** Creates the role `${name}-node` with its policies. */
export function createNodeRole(
    name: string,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
): NodeRole {
    const role = new aws.iam.Role(
        `${name}-node`,
        {
            description: `Nodes of ${name}`,
            assumeRolePolicy: JSON.stringify({
                Version: "2012-10-17",
                Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
            }),
            tags,
        },
        child,
    );
    const attachments = NODE_POLICIES.map(
        (policy) =>
            new aws.iam.RolePolicyAttachment(
                `${name}-node-${policy.toLowerCase()}`,
                {
                    role: role.name,
                    policyArn: role.arn.apply((arn) => `arn:${arn.split(":")[1] ?? "aws"}:iam::aws:policy/${policy}`),
                },
                child,
            ),
    );
    return { arn: role.arn, attachments };
}
