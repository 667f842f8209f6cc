/**
 * The policy pack's rules, in the order of docs/policies.md. Importing this starts no server, so other packs can take rules from
 * here: `import { rules } from "kilogpu/policies"`.
 */
import type { Rule } from "./rule";
import { capacityBlockWithoutPlacementGroup } from "./rules/capacity/capacity-block-without-placement-group";
import { efaSecurityGroupAllowsItself } from "./rules/fabric/efa-security-group-allows-itself";
import { clusterEndpointIsNotOpen } from "./rules/security/cluster-endpoint-is-not-open";
import { launchTemplateRequiresImdsv2 } from "./rules/security/launch-template-requires-imdsv2";
import { chartsArePinned } from "./rules/supply-chain/charts-are-pinned";

export type { Rule, ResourceRule, StackRule, Finding, RuleContext, Subject } from "./rule";

export const rules: Rule[] = [
    efaSecurityGroupAllowsItself,
    capacityBlockWithoutPlacementGroup,
    clusterEndpointIsNotOpen,
    launchTemplateRequiresImdsv2,
    chartsArePinned,
];
