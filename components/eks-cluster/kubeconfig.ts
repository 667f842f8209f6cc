/** The kubeconfig of an EKS cluster. */
import * as pulumi from "@pulumi/pulumi";

/** What a kubeconfig names. */
export interface KubeconfigArgs {
    clusterName: pulumi.Input<string>;
    endpoint: pulumi.Input<string>;
    certificateAuthority: pulumi.Input<string>;
    region: string;
}

/**
 * A kubeconfig as JSON (which is YAML too). It holds no credential: the AWS CLI makes a token from the identity of whoever
 * uses it, so that it works on a laptop and in CI alike.
 */
export function eksKubeconfig(args: KubeconfigArgs): pulumi.Output<string> {
    return pulumi
        .all([args.clusterName, args.endpoint, args.certificateAuthority])
        .apply(([clusterName, endpoint, certificateAuthority]) =>
            JSON.stringify({
                apiVersion: "v1",
                kind: "Config",
                "current-context": clusterName,
                clusters: [
                    {
                        name: clusterName,
                        cluster: { server: endpoint, "certificate-authority-data": certificateAuthority },
                    },
                ],
                contexts: [{ name: clusterName, context: { cluster: clusterName, user: clusterName } }],
                users: [
                    {
                        name: clusterName,
                        user: {
                            exec: {
                                apiVersion: "client.authentication.k8s.io/v1beta1",
                                command: "aws",
                                args: [
                                    "eks",
                                    "get-token",
                                    "--cluster-name",
                                    clusterName,
                                    "--region",
                                    args.region,
                                    "--output",
                                    "json",
                                ],
                                interactiveMode: "Never",
                            },
                        },
                    },
                ],
            }),
        );
}
