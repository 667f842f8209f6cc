/** A thousand GPUs that nobody can attribute are paid by everybody. */
import { component, resourceRule } from "../../rule";

export const environmentsNameACostCenter = resourceRule(
    {
        name: "environments-name-a-cost-center",
        displayName: "Environments carry the tags that bills are split by",
        description:
            "Cost allocation tags work from the day they are set; untagged spend can never be attributed afterwards.",
        severity: "low",
        enforcementLevel: "advisory",
        topic: "cost",
        remediationSteps: "Add the tag to the environment's tags; keys says which.",
        url: "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html",
        configSchema: { properties: { keys: { type: "array", items: { type: "string" }, default: ["cost-center"] } } },
        appliesTo: [component("TrainingCluster")],
    },
    ({ props }, { config }) => {
        const keys = Array.isArray(config["keys"]) ? (config["keys"] as string[]) : ["cost-center"];
        return props.at("tags").unknown
            ? []
            : keys
                  .filter((key) => !props.at("tags").key(key).present)
                  .map((key) => ({ found: `no tag ${key}`, required: key, remedy: `Add ${key} to tags.` }));
    },
);
