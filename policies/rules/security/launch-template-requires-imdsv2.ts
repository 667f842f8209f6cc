/** Pods that reach the instance metadata service get the node's role; IMDSv2 with one hop keeps them out. */
import { LAUNCH_TEMPLATE } from "../../resources";
import { resourceRule, type Finding } from "../../rule";

export const launchTemplateRequiresImdsv2 = resourceRule(
    {
        name: "launch-template-requires-imdsv2",
        displayName: "Nodes require IMDSv2 with one hop",
        description:
            "With IMDSv1, or with more than one hop, any pod can read the node role's credentials from the metadata service. Pods get their own roles through EKS Pod Identity and need no metadata.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: 'Set metadataOptions { httpTokens: "required", httpPutResponseHopLimit: 1 }.',
        url: "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
        appliesTo: [LAUNCH_TEMPLATE],
    },
    ({ props }) => {
        const findings: Finding[] = [];
        // Without the service there is nothing to reach.
        if (props.text("metadataOptions.httpEndpoint") === "disabled") {
            return [];
        }
        const tokens = props.at("metadataOptions.httpTokens");
        if (!tokens.unknown && tokens.text() !== "required") {
            findings.push({
                found: `metadataOptions.httpTokens ${tokens.text() ?? "not set"}`,
                required: "required",
                remedy: "Set httpTokens to required.",
            });
        }
        const limit = props.at("metadataOptions.httpPutResponseHopLimit");
        // Images registered for IMDSv2, such as EKS's AL2023, raise the default to two hops.
        const hops = limit.present ? limit.number() : 2;
        if (hops !== undefined && hops > 1) {
            findings.push({
                found: `metadataOptions.httpPutResponseHopLimit ${limit.present ? hops : "not set, which means 2 on AL2023"}`,
                required: "1",
                remedy: "Set httpPutResponseHopLimit to 1.",
            });
        }
        return findings;
    },
);
