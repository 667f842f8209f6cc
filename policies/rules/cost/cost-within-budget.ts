/** An environment above its own budget stops before anything of it is bought. */
import { environmentCost, type CostSubject } from "../../../components/cost";
import { component, stackRule, type Subject } from "../../rule";

function costSubject({ urn, type, name, parent, props }: Subject): CostSubject {
    return { urn, type, name, parent: parent ?? "", inputs: (props.known ?? {}) as { [key: string]: unknown } };
}

export const costWithinBudget = stackRule(
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
    },
    (subjects, { config }) => {
        const about = subjects.find((subject) => subject.type === component("TrainingCluster"));
        const budget = about?.props.number("budget.hourlyUsd");
        if (about === undefined || budget === undefined) {
            return [];
        }
        const at = typeof config["at"] === "string" ? new Date(config["at"]) : undefined;
        const rates = about.props.at("rates").known as { [key: string]: number } | undefined;
        const { hourlyUsd } = environmentCost(subjects.map(costSubject), {
            ...(at === undefined ? {} : { at }),
            ...(rates === undefined ? {} : { rates }),
        });
        return hourlyUsd <= budget
            ? []
            : [
                  {
                      about,
                      found: `$${hourlyUsd.toFixed(2)} an hour`,
                      required: `at most budget.hourlyUsd ${budget}`,
                      remedy: "Make the environment smaller or raise the budget.",
                  },
              ];
    },
);
