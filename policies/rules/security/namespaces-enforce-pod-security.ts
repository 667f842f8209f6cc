/** A namespace without a pod security label takes every pod. */
import { kind, resourceRule } from "../../rule";

export const namespacesEnforcePodSecurity = resourceRule(
    {
        name: "namespaces-enforce-pod-security",
        displayName: "Namespaces say which pods they admit",
        description: "Kubernetes admits privileged pods where no level is set. The label makes the choice visible.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Label the namespace pod-security.kubernetes.io/enforce.",
        url: "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
        appliesTo: [kind("core/v1", "Namespace")],
    },
    ({ props }) => {
        const label = props.at("metadata.labels").key("pod-security.kubernetes.io/enforce");
        return label.unknown || ["privileged", "baseline", "restricted"].includes(label.text() ?? "")
            ? []
            : [
                  {
                      found: `label pod-security.kubernetes.io/enforce ${label.text() ?? "not set"}`,
                      required: "restricted, baseline or privileged",
                      remedy: "Set the label.",
                  },
              ];
    },
);
