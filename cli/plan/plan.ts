/** Puts a plan together: evaluation, inventory, cost, policies. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PolicyConfiguration } from "./check-policies";
import type { Plan, PlannedResource } from "./contract";
import { startEvaluation } from "./evaluate";
import { firstWindow, plannedMonitoring, plannedPools, totals } from "./inventory";
import type { RegisteredResource } from "./monitor";
import { readStack, type Project } from "./project";
import { forDisplay, forPolicies, type Json } from "./values";

/** What a person may ask of a plan. */
export interface PlanOptions {
    /** Time that totals, cost and window rules are for. Defaults to the start of the first capacity window. */
    at?: Date;
    /** Levels and settings of rules. Defaults to `policies/config/<environment>.json` where the project has one. */
    policyConfiguration?: string;
}

function shown(resource: RegisteredResource): PlannedResource {
    return {
        urn: resource.urn,
        type: resource.type,
        name: resource.name,
        parent: resource.parent === "" ? null : resource.parent,
        custom: resource.custom,
        inputs: forDisplay(resource.inputs) as { [key: string]: Json },
        dependencies: resource.dependencies,
        protect: resource.protect,
    };
}

/** Rates that the environment's own configuration gives, where there are any. */
function ownRates(resources: readonly RegisteredResource[]): { rates?: { [key: string]: number } } {
    const cluster = resources.find((resource) => resource.type === "kilogpu:index:TrainingCluster");
    const rates = forPolicies(cluster?.inputs["rates"] ?? null);
    return rates === null ? {} : { rates: rates as { [key: string]: number } };
}

/** Plans one environment of a project. Throws `InputError` for a user's mistake, `ProgramError` when the program itself fails. */
export async function plan(project: Project, environment: string, options: PlanOptions = {}): Promise<Plan> {
    const configuration = readStack(project, environment);
    const policyFile =
        options.policyConfiguration ?? join(project.directory, "policies", "config", `${environment}.json`);
    const running = await startEvaluation(project, environment, configuration);
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
        pools,
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
    };
}
