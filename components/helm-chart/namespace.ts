/** Namespaces with a pod security level, because Kubernetes' own default lets every pod be privileged. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Level of the Pod Security Standards. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

/**
 * A namespace that enforces `level`. Above `restricted` it still warns about and audits what goes beyond it, so that the pods
 * which make use of the exception can be listed.
 */
export function securedNamespace(
    name: string,
    namespace: string,
    level: PodSecurityLevel,
    labels: { [key: string]: string },
    opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Namespace {
    return new k8s.core.v1.Namespace(
        name,
        { metadata: { name: namespace, labels: { ...labels, ...podSecurityLabels(level) } } },
        opts,
    );
}

/** Labels of a namespace that enforces `level`. */
export function podSecurityLabels(level: PodSecurityLevel): { [key: string]: string } {
    return {
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/warn": level === "privileged" ? "baseline" : "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
    };
}
