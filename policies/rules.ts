/**
 * The policy pack's rules, in the order of docs/policies.md. Importing this starts no server, so other packs can take rules from
 * here: `import { rules } from "kilogpu/policies"`.
 */
import type { Rule } from "./rule";
import { capacityBlockWithoutPlacementGroup } from "./rules/capacity/capacity-block-without-placement-group";
import { costWithinBudget } from "./rules/cost/cost-within-budget";
import { driverHasOneOwner } from "./rules/drivers/driver-has-one-owner";
import { efaSecurityGroupAllowsItself } from "./rules/fabric/efa-security-group-allows-itself";
import { daemonSetsToleratePoolTaints } from "./rules/scheduling/daemonsets-tolerate-pool-taints";
import { queueCoversEveryResource } from "./rules/scheduling/queue-covers-every-resource";
import { clusterEndpointIsNotOpen } from "./rules/security/cluster-endpoint-is-not-open";
import { dataIsEncrypted } from "./rules/security/data-is-encrypted";
import { launchTemplateRequiresImdsv2 } from "./rules/security/launch-template-requires-imdsv2";
import { chartsArePinned } from "./rules/supply-chain/charts-are-pinned";
import { imagesArePinned } from "./rules/supply-chain/images-are-pinned";

export type { Finding, ResourceRule, Rule, RuleContext, StackRule, Subject } from "./rule";

export const rules: Rule[] = [
    efaSecurityGroupAllowsItself,
    capacityBlockWithoutPlacementGroup,
    driverHasOneOwner,
    queueCoversEveryResource,
    daemonSetsToleratePoolTaints,
    clusterEndpointIsNotOpen,
    dataIsEncrypted,
    launchTemplateRequiresImdsv2,
    chartsArePinned,
    imagesArePinned,
    costWithinBudget,
];
