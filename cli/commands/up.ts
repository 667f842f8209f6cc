/** `kilogpu up <environment>`: in the twin unless told otherwise; `--target aws` drives the official CLI after the plan's rules have passed. */
import { spawnSync } from "node:child_process";
import type { Command } from "commander";
import { endpointReachability, Reachability } from "../../components/eks-cluster/reachability";
import { at, InputError, oneOf, refuse } from "../../components/input";
import { consoleProgress } from "../../twin/progress";
import { machineFacts } from "../doctor/machine";
import { ExitCode, fail } from "../failure";
import { plan } from "../plan/plan";
import { readProject, type Project } from "../plan/project";
import { renderPlan, renderPolicy } from "../plan/render-text";
import { twinUp } from "../twin/up";
import { endpointFacts } from "./doctor";

interface Flags {
    cwd: string;
    target: string;
    yes?: boolean;
}

/** Plan, rules, then `pulumi up` with the person's own login, state and credentials. */
async function upOnAws(project: Project, environment: string, flags: Flags): Promise<number> {
    if (process.env["KILOGPU_TWIN"] !== undefined) {
        throw new InputError("kilogpu", [
            {
                path: "--target",
                got: `"aws" in a shell of the twin ${process.env["KILOGPU_TWIN"]}`,
                legal: "a shell with your own Pulumi login and AWS credentials is needed",
                remedy: "Open a new shell.",
            },
        ]);
    }
    if (spawnSync("pulumi", ["version"], { stdio: "ignore" }).error !== undefined) {
        throw new InputError("kilogpu", [
            {
                path: "--target",
                got: '"aws"',
                legal: "the official Pulumi CLI must be on PATH",
                remedy: "Install it from https://www.pulumi.com/docs/install/ and log in (pulumi login).",
            },
        ]);
    }
    const planned = await plan(project, environment);
    process.stdout.write(`${renderPlan(planned, `pulumi up --stack ${environment}`).join("\n")}\n`);
    const violations = planned.policies.filter(({ level }) => level === "mandatory");
    if (violations.length > 0) {
        violations.forEach((violation) => process.stderr.write(`${renderPolicy(violation)}\n`));
        return ExitCode.Violation;
    }
    const endpoint = endpointFacts(planned);
    const answer = endpoint === undefined ? undefined : endpointReachability(endpoint, machineFacts());
    if (answer !== undefined && answer.reachable !== Reachability.Yes) {
        // Said now, because the update would find out only after the cluster, half an hour in.
        process.stderr.write(`${answer.explanation}\n`);
        if (answer.reachable === Reachability.No) {
            return ExitCode.Violation;
        }
    }
    const result = spawnSync(
        "pulumi",
        ["up", "--stack", environment, "--policy-pack", "policies", ...(flags.yes === true ? ["--yes"] : [])],
        {
            cwd: project.directory,
            stdio: "inherit",
        },
    );
    return result.status ?? ExitCode.Failure;
}

/** Adds the command. */
export function addUpCommand(program: Command): void {
    program
        .command("up <environment>")
        .description("bring an environment up: in the twin, or on AWS with the official CLI")
        .option("--target <where>", "twin or aws", "twin")
        .option("--yes", "with --target aws: do not ask")
        .option("--cwd <folder>", "folder of the Pulumi project", ".")
        .action(async (environment: string, flags: Flags) => {
            try {
                refuse("kilogpu", at("--target", oneOf("", flags.target, ["twin", "aws"])));
                const project = readProject(flags.cwd);
                process.exitCode = await (flags.target === "aws"
                    ? upOnAws(project, environment, flags)
                    : twinUp(project, environment, { progress: consoleProgress() }));
            } catch (error) {
                process.exitCode = fail(error, false);
            }
        });
}
