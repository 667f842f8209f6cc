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
        // Where the template says nothing, the account's default holds (EC2 API, InstanceMetadataDefaultsResponse), which a plan does not see.
        const hops = limit.number();
        if (!limit.present || (hops !== undefined && hops > 1)) {
            findings.push({
                found: `metadataOptions.httpPutResponseHopLimit ${limit.present ? String(hops) : "not set: the account's default holds"}`,
                required: "1",
                remedy: "Set httpPutResponseHopLimit to 1.",
            });
        }
        return findings;
    },
);
