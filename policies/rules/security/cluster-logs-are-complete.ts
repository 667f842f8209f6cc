/** Without audit and authenticator logs nobody can tell who did what. */
import { EKS_CLUSTER } from "../../resources";
import { resourceRule } from "../../rule";

const ALL = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

export const clusterLogsAreComplete = resourceRule(
    {
        name: "cluster-logs-are-complete",
        displayName: "The control plane logs everything",
        description: "Audit logs cannot be had afterwards. CIS 2.1.1 asks for all types.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "List api, audit, authenticator, controllerManager and scheduler in enabledClusterLogTypes.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",
        appliesTo: [EKS_CLUSTER],
    },
    ({ props }) => {
        const types = props.at("enabledClusterLogTypes");
        const missing = ALL.filter((type) => !types.texts().includes(type));
        return types.unknown || missing.length === 0 || types.list().some((type) => type.unknown)
            ? []
            : [
                  {
                      found: `enabledClusterLogTypes without ${missing.join(", ")}`,
                      required: ALL.join(", "),
                      remedy: "Add the missing types.",
                  },
              ];
    },
    ({ props }) => {
        const types = props.at("enabledClusterLogTypes");
        const missing = ALL.filter((type) => !types.texts().includes(type));
        return types.unknown || missing.length === 0 || types.list().some((type) => type.unknown)
            ? undefined
            : { enabledClusterLogTypes: [...types.texts(), ...missing] };
    },
);
