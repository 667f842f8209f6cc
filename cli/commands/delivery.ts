/** `kilogpu lock | upgrade | sbom | mirror | render`: what an environment is made of, as files for review, audit, air-gapped sites and GitOps. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import colors from "picocolors";
import type { Command } from "commander";
import { at, InputError, oneOf, refuse } from "../../components/input";
import { GitOps, renderFiles } from "../delivery/render";
import { mirrorItems } from "../delivery/mirror";
import { ExitCode, fail } from "../failure";
import { environmentBill, packageBill } from "../lock/bill-of-materials";
import { lockOf, type Lock } from "../lock/lock";
import { freezeAt, upgradeSteps } from "../lock/upgrade";
import { plan } from "../plan/plan";
import { readProject } from "../plan/project";
import { table } from "../table";
import { parseTime } from "./plan";

interface Flags {
    cwd: string;
    json?: boolean;
    out?: string;
    for?: string;
    check?: boolean;
    plan?: boolean;
    at?: string;
    list?: boolean;
}

/** Where an environment's lock lies: beside its YAML. */
function lockFile(environment: string, cwd: string): string {
    return join(readProject(cwd).stackDirectory, `kilogpu.${environment}.lock.json`);
}

async function currentLock(environment: string, cwd: string): Promise<Lock> {
    return lockOf(await plan(readProject(cwd), environment));
}

function readLock(file: string): Lock {
    try {
        const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
        if (lock.lockVersion === 1) {
            return lock;
        }
    } catch {
        // Falls through to the same sentence.
    }
    throw new InputError("kilogpu", [
        {
            path: "lock",
            got: `"${file}"`,
            legal: "a file that `kilogpu lock` wrote is needed",
            remedy: "Run `kilogpu lock <environment>` first, or name the right file.",
        },
    ]);
}

function print(text: string): void {
    process.stdout.write(`${text}\n`);
}

/** Runs an action with the command's exit codes. */
function guarded(
    action: (environment: string, flags: Flags) => Promise<number>,
): (environment: string, flags: Flags) => Promise<void> {
    return async (environment, flags) => {
        try {
            process.exitCode = await action(environment, flags);
        } catch (error) {
            process.exitCode = fail(error, flags.json === true);
        }
    };
}

async function lock(environment: string, flags: Flags): Promise<number> {
    const current = await currentLock(environment, flags.cwd);
    const file = flags.out ?? lockFile(environment, flags.cwd);
    const content = `${JSON.stringify(current, null, 2)}\n`;
    for (const { message } of current.incompatibilities) {
        process.stderr.write(`${colors.red("does not fit:")} ${message}\n`);
    }
    if (flags.check === true) {
        const steps = upgradeSteps(readLock(file), current);
        steps.forEach((step) => {
            print(`${step.what}: locked ${step.from ?? "nothing"}, program has ${step.to ?? "nothing"}`);
        });
        return steps.length > 0 || current.incompatibilities.length > 0 ? ExitCode.Violation : ExitCode.Ok;
    }
    writeFileSync(file, content);
    print(
        `${file}: ${current.charts.length} charts, ${current.addons.length} add-ons, ${current.images.length} images, Kubernetes ${current.kubernetes}`,
    );
    return current.incompatibilities.length > 0 ? ExitCode.Violation : ExitCode.Ok;
}

async function upgrade(environment: string, flags: Flags & { from?: string; to?: string }): Promise<number> {
    const before = readLock(flags.from ?? lockFile(environment, flags.cwd));
    const after = flags.to === undefined ? await currentLock(environment, flags.cwd) : readLock(flags.to);
    const steps = upgradeSteps(before, after);
    const when = flags.at === undefined ? new Date() : parseTime(flags.at);
    const freeze = freezeAt(after, when) ?? freezeAt(before, when);
    if (flags.json === true) {
        print(
            JSON.stringify(
                { environment, steps, freeze: freeze ?? null, incompatibilities: after.incompatibilities },
                null,
                2,
            ),
        );
    } else if (steps.length === 0) {
        print("Nothing to upgrade.");
    } else {
        const rows = steps.map((step) => [step.what, step.from ?? "–", step.to ?? "–", step.disruption, step.effect]);
        print(
            table(
                [
                    { heading: "what" },
                    { heading: "from" },
                    { heading: "to" },
                    { heading: "disruption" },
                    { heading: "what happens" },
                ],
                rows,
            ).join("\n"),
        );
    }
    if (freeze !== undefined && steps.length > 0) {
        const why = freeze.reason === undefined ? "" : ` (${freeze.reason})`;
        process.stderr.write(
            `${colors.red("refused:")} ${when.toISOString()} is inside the freeze ${freeze.start} to ${freeze.end}${why}. ` +
                `Upgrade from ${freeze.end} on (--at says when), or shorten the window in freezeWindows of the environment.\n`,
        );
        return ExitCode.Violation;
    }
    return after.incompatibilities.length > 0 ? ExitCode.Violation : ExitCode.Ok;
}

async function sbom(environment: string | undefined, flags: Flags): Promise<number> {
    const bill = environment === undefined ? packageBill() : environmentBill(await currentLock(environment, flags.cwd));
    const content = `${JSON.stringify(bill, null, 2)}\n`;
    if (flags.out === undefined) {
        process.stdout.write(content);
    } else {
        writeFileSync(flags.out, content);
        print(`${flags.out}: CycloneDX ${bill.specVersion}, ${bill.components.length} components`);
    }
    return ExitCode.Ok;
}

async function mirror(environment: string, flags: Flags): Promise<number> {
    const planned = await plan(readProject(flags.cwd), environment);
    const items = mirrorItems(lockOf(planned), planned.resources);
    print(flags.json === true ? JSON.stringify(items, null, 2) : items.map((item) => item.command).join("\n"));
    return ExitCode.Ok;
}

async function render(environment: string, flags: Flags): Promise<number> {
    const target = flags.for ?? GitOps.Argo;
    refuse("kilogpu", at("--for", oneOf("", target, Object.values(GitOps))));
    const files = renderFiles(await plan(readProject(flags.cwd), environment), target as GitOps);
    const out = flags.out ?? `rendered-${environment}`;
    for (const file of files) {
        mkdirSync(dirname(join(out, file.path)), { recursive: true });
        writeFileSync(join(out, file.path), file.content);
    }
    const open = files.filter((file) => file.content.includes("# fill in:")).length;
    print(
        `${out}: ${files.length} files for ${target}${open === 0 ? "" : `; ${open} hold values that only the cloud or a secret gives (grep "# fill in:")`}`,
    );
    return ExitCode.Ok;
}

/** Adds the commands. */
export function addDeliveryCommands(program: Command): void {
    const inProject = (command: Command): Command =>
        command.option("--cwd <folder>", "folder of the Pulumi project", ".");
    inProject(program.command("lock <environment>"))
        .description("write every version of an environment to stacks/kilogpu.<environment>.lock.json")
        .option(
            "--check",
            "compare with the lock instead of writing it; exit 1 when they differ or versions do not fit",
        )
        .option("--out <file>", "another file")
        .action(guarded(lock));
    inProject(program.command("upgrade <environment>"))
        .description(
            "what an upgrade from the lock to the program's versions restarts, drains or reboots; refused inside a freeze window",
        )
        .requiredOption("--plan", "print the plan of the upgrade (pulumi up carries it out)")
        .option("--from <lock>", "lock to start from (default: the environment's)")
        .option("--to <lock>", "lock to go to (default: the program as it is)")
        .option("--at <time>", "time of the upgrade (default: now)")
        .option("--json", "as JSON")
        .action(guarded(upgrade));
    inProject(program.command("sbom [environment]"))
        .description("CycloneDX bill of materials of an environment, or of this package")
        .option("--out <file>", "write to a file")
        .action(guarded(sbom));
    inProject(program.command("mirror <environment>"))
        .description("what an air-gapped site has to copy: every chart and image")
        .requiredOption("--list", "print it")
        .option("--json", "as JSON")
        .action(guarded(mirror));
    inProject(program.command("render <environment>"))
        .description("the Kubernetes side as manifests plus Argo CD Applications or Flux HelmReleases")
        .option("--out <folder>", "folder to write (default: rendered-<environment>)")
        .option("--for <controller>", "argo or flux", "argo")
        .action(guarded(render));
}
