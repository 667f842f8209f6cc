/** An environment whose GPU nodes alone cost more than its budget stops before anything of it is bought. */
import { regionOfZone } from "../../../catalog";
import { environmentCost, type CostSubject } from "../../../components/cost";
import type { Facts } from "../../facts";
import { component, resourceRule } from "../../rule";

/** A pool of the composition's arguments as the cost model takes it. */
function poolSubject(pool: Facts, index: number, region: string): CostSubject {
    return {
        urn: `pools[${index}]`,
        type: component("GpuNodePool"),
        name: pool.text("name") ?? "",
        parent: "",
        inputs: {
            instanceType: pool.text("instanceType") ?? "",
            nodes: pool.number("nodes") ?? 0,
            capacity: pool.at("capacity").known,
            cluster: { network: { region } },
        },
    };
}

export const costWithinBudget = resourceRule(
    {
        name: "cost-within-budget",
        displayName: "The environment costs no more than its budget",
        description:
            "128 p5en.48xlarge cost about eight thousand dollars an hour on demand; a wrong digit in a pool's size is noticed on the bill. The budget stands in the environment's own file.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "cost",
        remediationSteps:
            "Make pools smaller, choose another kind of capacity, or raise budget.hourlyUsd deliberately.",
        url: "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/welcome.html",
        appliesTo: [component("TrainingCluster")],
    },
    ({ props }, { config }) => {
        const budget = props.number("budget.hourlyUsd");
        const zone = props.text("network.gpuZone");
        if (budget === undefined || zone === undefined) {
            return [];
        }
        const region = regionOfZone(zone) ?? "";
        const at = typeof config["at"] === "string" ? new Date(config["at"]) : undefined;
        const rates = props.at("rates").known as { [key: string]: number } | undefined;
        const { hourlyUsd } = environmentCost(
            props.list("pools").map((pool, index) => poolSubject(pool, index, region)),
            { ...(at === undefined ? {} : { at }), ...(rates === undefined ? {} : { rates }) },
        );
        return hourlyUsd <= budget
            ? []
            : [
                  {
                      found: `GPU nodes for $${hourlyUsd.toFixed(2)} an hour`,
                      required: `at most budget.hourlyUsd ${budget} for the whole environment`,
                      remedy: "Make the environment smaller or raise the budget.",
                  },
              ];
    },
);
