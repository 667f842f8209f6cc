/** A privileged pod is root on its node, and reads what every other pod there trains. */
import { containerName, containers, podSpecs } from "../../pods";
import { resourceRule, type Finding } from "../../rule";

/** Namespaces whose pods must reach the node's devices. */
const OPERATORS = ["kube-system", "gpu-operator", "node-feature-discovery", "nvidia-network-operator", "monitoring"];

export const noPrivilegedPods = resourceRule(
    {
        name: "no-privileged-pods",
        displayName: "Pods are privileged in operators' namespaces only",
        description:
            "GPUs and EFA need no privilege: device plugins hand the devices out. What guides call necessary is a container escape left open.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps:
            "Remove privileged, hostNetwork, hostPID and hostIPC; namespaces lists where operators may have them.",
        url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        configSchema: { properties: { namespaces: { type: "array", items: { type: "string" }, default: OPERATORS } } },
        appliesTo: ["kubernetes:*"],
    },
    (subject, { config }) => {
        const allowed = Array.isArray(config["namespaces"]) ? (config["namespaces"] as string[]) : OPERATORS;
        const namespace = subject.props.at("metadata.namespace");
        return namespace.unknown || allowed.includes(namespace.text() ?? "default")
            ? []
            : podSpecs(subject).flatMap((pod): Finding[] => [
                  ...["hostNetwork", "hostPID", "hostIPC"]
                      .filter((name) => pod.spec.flag(name) === true)
                      .map((name) => ({
                          found: `${name} true`,
                          required: "pods apart from their node",
                          remedy: `Remove ${name}.`,
                      })),
                  ...containers(pod)
                      .filter((container) => container.flag("securityContext.privileged") === true)
                      .map((container) => ({
                          found: `container ${containerName(container)} privileged`,
                          required: "single capabilities",
                          remedy: "Remove privileged; add IPC_LOCK where EFA needs it.",
                      })),
              ]);
    },
);
