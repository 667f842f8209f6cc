/** `kilogpu plan <environment>`: what would come up, what it costs, which rules speak. Creates nothing, needs no CLI. */
import type { Command } from "commander";
import { InputError } from "../../components/input";
import { ExitCode, fail } from "../failure";
import { plan } from "../plan/plan";
import { readProject } from "../plan/project";
import { renderPlan } from "../plan/render-text";

interface PlanFlags {
    json?: boolean;
    at?: string;
    cwd: string;
    policyPackConfig?: string;
}

/** A time given on the command line. */
export function parseTime(text: string): Date {
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) {
        throw new InputError("kilogpu", [
            { path: "--at", got: `"${text}"`, legal: "an ISO 8601 time is legal, for example 2026-12-01T11:30:00Z", remedy: "Give such a time." },
        ]);
    }
    return time;
}

/** Adds the command. */
export function addPlanCommand(program: Command): void {
    program
        .command("plan <environment>")
        .description("resources, inventory, cost and policy results of an environment, evaluated offline")
        .option("--json", "print the plan as JSON and nothing else on standard output")
        .option("--at <time>", "time that totals, cost and window rules are for (default: start of the first capacity window)")
        .option("--policy-pack-config <file>", "levels and settings of the rules (default: policies/config/<environment>.json)")
        .option("--cwd <folder>", "folder of the Pulumi project", ".")
        .action(async (environment: string, flags: PlanFlags) => {
            try {
                const result = await plan(readProject(flags.cwd), environment, {
                    ...(flags.at === undefined ? {} : { at: parseTime(flags.at) }),
                    ...(flags.policyPackConfig === undefined ? {} : { policyConfiguration: flags.policyPackConfig }),
                });
                process.stdout.write(
                    flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : `${renderPlan(result, `kilogpu twin up ${environment}`).join("\n")}\n`,
                );
                process.exitCode = result.policies.some(({ level }) => level === "mandatory") ? ExitCode.Violation : ExitCode.Ok;
            } catch (error) {
                process.exitCode = fail(error, flags.json === true);
            }
        });
}
