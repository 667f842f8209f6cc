/** A Kubernetes version in extended support costs six times as much, and is raised by force at the end. */
import { kubernetesMinors } from "../../../catalog";
import { EKS_CLUSTER } from "../../resources";
import { resourceRule, type Finding } from "../../rule";

export const controlPlaneIsInStandardSupport = resourceRule(
    {
        name: "control-plane-is-in-standard-support",
        displayName: "The control plane is in standard support",
        description:
            "upgradePolicy EXTENDED keeps an old minor at $0.60 an hour, and hides that the operators of this stack no longer support it.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "cost",
        remediationSteps: "Set upgradePolicy.supportType to STANDARD and use a minor of the catalogue.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
        appliesTo: [EKS_CLUSTER],
    },
    ({ props }) => {
        const findings: Finding[] = [];
        const support = props.at("upgradePolicy.supportType");
        if (!support.unknown && support.text() !== "STANDARD") {
            findings.push({
                found: `upgradePolicy.supportType ${support.text() ?? "not set, which means EXTENDED"}`,
                required: "STANDARD",
                remedy: "Set supportType to STANDARD.",
            });
        }
        const version = props.text("version");
        if (version !== undefined && !kubernetesMinors().includes(version)) {
            findings.push({
                found: `version ${version}`,
                required: kubernetesMinors().join(", "),
                remedy: "Use a supported minor.",
            });
        }
        return findings;
    },
);
