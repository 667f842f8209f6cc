/** Without a budget a wrong digit in a pool's size is found on the bill. */
import { component, resourceRule } from "../../rule";

export const environmentsHaveABudget = resourceRule(
    {
        name: "environments-have-a-budget",
        displayName: "Every environment has a budget",
        description: "cost-within-budget can only hold what the environment declares.",
        severity: "medium",
        enforcementLevel: "advisory",
        topic: "cost",
        remediationSteps: "Set budget.hourlyUsd.",
        url: "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/welcome.html",
        appliesTo: [component("TrainingCluster")],
    },
    ({ props }) =>
        props.at("budget.hourlyUsd").present
            ? []
            : [{ found: "no budget.hourlyUsd", required: "a budget", remedy: "Set budget.hourlyUsd." }],
);
