/** Puts a plan together: evaluation, inventory, cost, policies. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hoursPerMonth } from "../../catalog/prices";
import type { EnvironmentCost } from "../../components/cost";
import type { PolicyConfiguration } from "./check-policies";
import type { Plan, PlanMessage, PlannedResource } from "./contract";
import { startEvaluation } from "./evaluate";
import { firstWindow, plannedMonitoring, plannedPools, totals } from "./inventory";
import type { RegisteredResource } from "./monitor";
import { readStack, type Project } from "./project";
import { computedPaths, forDisplay, forPolicies, type Json } from "./values";

/** What a person may ask of a plan. */
export interface PlanOptions {
    /** Time that totals, cost and window rules are for. Defaults to the start of the first capacity window. */
    at?: Date;
    /** Levels and settings of rules. Defaults to `policies/config/<environment>.json` where the project has one. */
    policyConfiguration?: string;
}

function shown(resource: RegisteredResource): PlannedResource {
    const inputs = forDisplay(resource.inputs) as { [key: string]: Json };
    return {
        urn: resource.urn,
        type: resource.type,
        name: resource.name,
        parent: resource.parent === "" ? null : resource.parent,
        custom: resource.custom,
        inputs,
        dependencies: resource.dependencies,
        propertyDependencies: Object.fromEntries(
            Object.entries(resource.propertyDependencies).filter(
                ([property, urns]) => urns.length > 0 && computedPaths(inputs[property], property).length > 0,
            ),
        ),
        protect: resource.protect,
    };
}

/** Rates that the environment's own configuration gives, where there are any. */
function ownRates(resources: readonly RegisteredResource[]): { rates?: { [key: string]: number } } {
    const cluster = resources.find((resource) => resource.type === "kilogpu:index:TrainingCluster");
    const rates = forPolicies(cluster?.inputs["rates"] ?? null);
    return rates === null ? {} : { rates: rates as { [key: string]: number } };
}

/** What one pool costs: nodes and volumes, or power and amortisation; null where one of them has no rate. */
function poolCost(name: string, { items }: EnvironmentCost): { hourlyUsd: number | null; monthlyUsd: number | null } {
    const rates = items.filter((item) => item.name === name).map(({ hourlyUsd }) => hourlyUsd);
    const hourlyUsd = rates.reduce<number | null>(
        (sum, rate) => (sum === null || rate === null ? null : sum + rate),
        rates.length === 0 ? null : 0,
    );
    return { hourlyUsd, monthlyUsd: hourlyUsd === null ? null : hourlyUsd * hoursPerMonth };
}

/** Plans one environment of a project. Throws `InputError` for a user's mistake, `ProgramError` when the program itself fails. */
export async function plan(project: Project, environment: string, options: PlanOptions = {}): Promise<Plan> {
    const configuration = readStack(project, environment);
    const policyFile =
        options.policyConfiguration ?? join(project.directory, "policies", "config", `${environment}.json`);
    const running = startEvaluation(project, environment, configuration);
    // Rules and prices load while the program runs in its own process.
    const [{ environmentCost }, { rules }, { checkPolicies, readPolicyConfiguration }] = await Promise.all([
        import("../../components/cost/index.js"),
        import("../../policies/rules.js"),
        import("./check-policies.js"),
    ]);
    let policyConfiguration: PolicyConfiguration;
    try {
        policyConfiguration =
            options.policyConfiguration !== undefined || existsSync(policyFile)
                ? readPolicyConfiguration(policyFile, rules)
                : {};
    } catch (error) {
        // The mistake in the policy file is what the user must see; the program is let finish, whatever it says.
        await running.result.catch(() => undefined);
        throw error;
    }
    const evaluation = await running.result;
    const at = options.at ?? firstWindow(evaluation.resources);
    const pools = plannedPools(evaluation.resources, evaluation.componentOutputs, at);
    const cost = environmentCost(
        evaluation.resources.map((resource) => ({
            urn: resource.urn,
            type: resource.type,
            name: resource.name,
            parent: resource.parent,
            inputs: forPolicies(resource.inputs) as { [key: string]: unknown },
        })),
        { ...(at === undefined ? {} : { at }), ...ownRates(evaluation.resources) },
    );
    return {
        environment,
        at: at?.toISOString() ?? null,
        resources: evaluation.resources.map(shown),
        pools: pools.map((pool) => ({ ...pool, ...poolCost(pool.name, cost) })),
        totals: totals(pools, evaluation.resources),
        cost,
        monitoring: plannedMonitoring(evaluation.resources, evaluation.componentOutputs),
        policies: checkPolicies(
            evaluation.resources,
            rules,
            policyConfiguration,
            at === undefined ? {} : { at: at.toISOString() },
        ),
        lookups: evaluation.lookups,
        // Errors end the evaluation; what is left are notes and warnings.
        messages: evaluation.messages.filter(({ severity }) => severity !== "error") as PlanMessage[],
    };
}
