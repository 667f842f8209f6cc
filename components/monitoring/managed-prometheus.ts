/** An AWS managed Prometheus workspace that Prometheus may write to. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { namespaceName } from "./names";
import type { ManagedPrometheusArgs } from "./monitoring-args";
import { prometheusServiceAccount } from "./values/prometheus";

/** The workspace, and the right of Prometheus' ServiceAccount to write to it and to nothing else. */
export function createWorkspace(
    name: string,
    managed: ManagedPrometheusArgs,
    parent: pulumi.Resource,
): { url: pulumi.Input<string>; region: string } {
    const workspace = new aws.amp.Workspace(`${name}-workspace`, { alias: name }, { parent });
    const role = new aws.iam.Role(
        `${name}-remote-write`,
        {
            assumeRolePolicy: JSON.stringify({
                Version: "2012-10-17",
                Statement: [
                    {
                        Effect: "Allow",
                        Principal: { Service: "pods.eks.amazonaws.com" },
                        Action: ["sts:AssumeRole", "sts:TagSession"],
                    },
                ],
            }),
        },
        { parent },
    );
    new aws.iam.RolePolicy(
        `${name}-remote-write`,
        {
            role: role.id,
            policy: pulumi.jsonStringify({
                Version: "2012-10-17",
                Statement: [{ Effect: "Allow", Action: ["aps:RemoteWrite"], Resource: [workspace.arn] }],
            }),
        },
        { parent },
    );
    new aws.eks.PodIdentityAssociation(
        `${name}-remote-write`,
        {
            clusterName: managed.clusterName,
            namespace: namespaceName,
            serviceAccount: prometheusServiceAccount,
            roleArn: role.arn,
        },
        { parent },
    );
    return { url: pulumi.interpolate`${workspace.prometheusEndpoint}api/v1/remote_write`, region: managed.region };
}
