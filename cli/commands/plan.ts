/** `kilogpu plan <environment>`: what would come up, what it costs, which rules speak. Creates nothing, needs no CLI. */
import type { Command } from "commander";
import { InputError } from "../../components/input/problem";
import { writeFileSync } from "node:fs";
import { ExitCode, fail } from "../failure";
import { planAgainst } from "../plan/against";
import { comparePlans } from "../plan/compare";
import type { Plan } from "../plan/contract";
import { plan, type PlanOptions } from "../plan/plan";
import { readProject } from "../plan/project";
import { renderDifference, renderMarkdown } from "../plan/render-difference";
import { renderPlan } from "../plan/render-text";

interface PlanFlags {
    json?: boolean;
    at?: string;
    cwd: string;
    policyPackConfig?: string;
    against?: string;
    markdown?: boolean;
    picture?: string;
}

/** Writes the topology picture; the file's ending decides between SVG and PNG. */
async function writePicture(result: Plan, file: string): Promise<void> {
    if (!/\.(svg|png)$/.test(file)) {
        throw new InputError("kilogpu", [
            {
                path: "--picture",
                got: `"${file}"`,
                legal: "a file ending in .svg or .png is legal",
                remedy: "Give such a name.",
            },
        ]);
    }
    // Loaded only here: the rasteriser is a native module that a plain plan does not need.
    const { sceneOf } = await import("../picture/scene.js");
    const { renderSvg } = await import("../picture/svg.js");
    const svg = renderSvg(sceneOf(result));
    writeFileSync(file, file.endsWith(".svg") ? svg : await (await import("../picture/png.js")).renderPng(svg));
}

async function show(environment: string, flags: PlanFlags): Promise<Plan> {
    const project = readProject(flags.cwd);
    const options: PlanOptions = {
        ...(flags.at === undefined ? {} : { at: parseTime(flags.at) }),
        ...(flags.policyPackConfig === undefined ? {} : { policyConfiguration: flags.policyPackConfig }),
    };
    const result = await plan(project, environment, options);
    if (flags.picture !== undefined) {
        await writePicture(result, flags.picture);
    }
    const print = (text: string): void => {
        process.stdout.write(`${text}\n`);
    };
    if (flags.against === undefined) {
        print(
            flags.json === true
                ? JSON.stringify(result, null, 2)
                : renderPlan(result, `kilogpu twin up ${environment}`).join("\n"),
        );
        return result;
    }
    const before = await planAgainst(project, environment, flags.against, options);
    const difference = comparePlans(before, result, { before: flags.against, after: "working tree" });
    print(
        flags.json === true
            ? JSON.stringify(difference, null, 2)
            : flags.markdown === true
              ? renderMarkdown(environment, difference)
              : renderDifference(difference).join("\n"),
    );
    return result;
}

/** A time given on the command line. */
export function parseTime(text: string): Date {
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) {
        throw new InputError("kilogpu", [
            {
                path: "--at",
                got: `"${text}"`,
                legal: "an ISO 8601 time is legal, for example 2026-12-01T11:30:00Z",
                remedy: "Give such a time.",
            },
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
        .option(
            "--at <time>",
            "time that totals, cost and window rules are for (default: start of the first capacity window)",
        )
        .option(
            "--policy-pack-config <file>",
            "levels and settings of the rules (default: policies/config/<environment>.json)",
        )
        .option(
            "--against <git ref or saved plan>",
            "print what changes in resources, GPUs, dollars and disruption instead",
        )
        .option("--markdown", "with --against: the form for a pull request")
        .option("--picture <file>", "also draw the topology, as .svg or .png")
        .option("--cwd <folder>", "folder of the Pulumi project", ".")
        .action(async (environment: string, flags: PlanFlags) => {
            try {
                const result = await show(environment, flags);
                process.exitCode = result.policies.some(({ level }) => level === "mandatory")
                    ? ExitCode.Violation
                    : ExitCode.Ok;
            } catch (error) {
                process.exitCode = fail(error, flags.json === true);
            }
        });
}
