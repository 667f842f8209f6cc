/** `kilogpu twin up`: plan, tools, control plane, engine, and a wait until what was asked for runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { startRacks } from "../../twin/bare-metal/racks";
import { startControlPlane, type ControlPlane } from "../../twin/control-plane";
import { prepareWorkspace, runPulumi, type EngineUpdate } from "../../twin/engine";
import { isSettled, observe, type Observation } from "../../twin/observe";
import { twinHome } from "../../twin/places";
import type { Progress } from "../../twin/progress";
import { setClock } from "../../twin/providers/clock";
import { ensureTools, ToolName } from "../../twin/toolchain";
import { ExitCode } from "../failure";
import { sceneOf } from "../picture/scene";
import { renderSvg } from "../picture/svg";
import { plan } from "../plan/plan";
import type { Project } from "../plan/project";
import { renderPlan, renderPolicy } from "../plan/render-text";
import { declaredMinor, declaredSite } from "./declared";
import { renderStatus } from "./status";

/** Tools that every twin needs; the controllers' come with their charts. */
export const TWIN_TOOLS: ToolName[] = [
    ToolName.Pulumi,
    ToolName.Etcd,
    ToolName.ApiServer,
    ToolName.Scheduler,
    ToolName.ControllerManager,
    ToolName.Kwok,
    ToolName.Kubectl,
    ToolName.Helm,
    ToolName.Kueue,
    ToolName.Jobset,
    ToolName.Trainer,
];

/** How long after the update the cluster may take until every gang runs; a bound for the wait, not a target. */
const SETTLE_MINUTES = 15;

/** What a person reads while the engine works: the resource at hand and how far it is. */
function describe(update: EngineUpdate): string | undefined {
    if (update.kind !== "resource" || update.preview) {
        return undefined;
    }
    return `${update.finished}${update.total === undefined ? "" : ` of ${update.total}`} resources, ${update.type.split(":").pop() ?? ""} ${update.name}`;
}

async function runEngine(
    environment: string,
    operation: "up" | "destroy",
    expected: number,
    progress: Progress,
): Promise<number> {
    const step = progress.step(operation === "up" ? "Pulumi up" : "Pulumi destroy");
    const result = await runPulumi(environment, [operation, "--yes", "--skip-preview"], {
        expected,
        onUpdate: (update) => {
            const detail = describe(update);
            if (detail !== undefined) {
                step.update(detail);
            }
        },
        onWait: (pid) => {
            progress.note(`another run (process ${pid}) holds this twin; waiting for it`);
        },
    });
    if (result.exitCode !== 0) {
        step.fail("the update failed");
        for (const { message, urn } of result.diagnostics.filter(({ severity }) => severity === "error")) {
            const name = urn === undefined || urn === "" ? "" : `${urn.split("::").at(-1) ?? ""}: `;
            process.stderr.write(`${colors.red("error:")} ${name}${message.trimEnd()}\n`);
        }
        if (result.diagnostics.length === 0) {
            process.stderr.write(result.stderr || result.stdout);
        }
        return ExitCode.Failure;
    }
    const changes = Object.entries(result.changes).map(([op, count]) => `${count} ${op}`);
    step.done(changes.join(", ") || "nothing to change");
    if (result.orphansRemoved.length > 0) {
        progress.note(`removed ${result.orphansRemoved.length} objects that an interrupted run had left`);
    }
    return ExitCode.Ok;
}

/** Waits until nodes are Ready, queues active and every gang runs; says how far it is. */
async function settle(controlPlane: ControlPlane, progress: Progress): Promise<Observation> {
    const step = progress.step("Cluster settles");
    const until = Date.now() + SETTLE_MINUTES * 60_000;
    for (;;) {
        const observation = await observe(controlPlane.api);
        const ready = observation.nodes.reduce((sum, group) => sum + group.ready, 0);
        const nodes = observation.nodes.reduce((sum, group) => sum + group.nodes, 0);
        const running = observation.jobs.reduce((sum, job) => sum + job.running, 0);
        const wanted = observation.jobs.reduce((sum, job) => sum + job.wanted, 0);
        const detail = `${ready} of ${nodes} nodes Ready, ${running} of ${wanted} training pods Running`;
        if (isSettled(observation)) {
            step.done(detail);
            return observation;
        }
        if (Date.now() > until) {
            step.fail(`${detail} after ${SETTLE_MINUTES} minutes`);
            return observation;
        }
        step.update(detail);
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
}

/** Brings an environment up in its twin. Returns the exit code. */
export async function twinUp(
    project: Project,
    environment: string,
    options: { at?: Date; progress: Progress },
): Promise<number> {
    const { progress } = options;
    const planning = progress.step(`Plan of ${environment}`);
    const planned = await plan(project, environment, options.at === undefined ? {} : { at: options.at });
    planning.done(`${planned.resources.length} resources`);
    process.stdout.write(`${renderPlan(planned, `kilogpu twin status ${environment}`).slice(0, -2).join("\n")}\n\n`);
    const violations = planned.policies.filter(({ level }) => level === "mandatory");
    if (violations.length > 0) {
        violations.forEach((violation) => process.stderr.write(`${renderPolicy(violation)}\n`));
        return ExitCode.Violation;
    }
    const kubernetesVersion = declaredMinor(planned);
    const toolchain = await ensureTools(TWIN_TOOLS, { kubernetesVersion, progress });
    const expectedNodes = planned.totals.nodes + planned.totals.systemNodes;
    const controlPlane = await startControlPlane({
        environment,
        toolchain,
        kubernetesVersion,
        expectedNodes,
        progress,
    });
    if (planned.at !== null) {
        setClock(environment, planned.at);
    }
    const site = await declaredSite(planned);
    if (site !== undefined) {
        await startRacks(environment, site, toolchain, progress);
    }
    const workspace = await prepareWorkspace({ environment, projectDir: project.directory, toolchain });
    if (workspace.missingSecrets.length > 0) {
        progress.note(
            `runs without encrypted configuration, which the twin cannot open: ${workspace.missingSecrets.join(", ")}`,
        );
    }
    const failed = await runEngine(environment, "up", planned.resources.length, progress);
    if (failed !== ExitCode.Ok) {
        return failed;
    }
    const observation = await settle(controlPlane, progress);
    const picture = join(twinHome(environment), "topology.svg");
    writeFileSync(picture, renderSvg(sceneOf(planned)));
    process.stdout.write(
        `\n${[
            ...renderStatus(environment, observation, planned),
            "",
            `Picture: ${picture}`,
            `Next:    eval "$(npx kilogpu twin env ${environment})" && kubectl get nodes,trainjobs -A`,
            `         npx kilogpu twin status ${environment} | npx kilogpu twin down ${environment}`,
        ].join("\n")}\n`,
    );
    return isSettled(observation) ? ExitCode.Ok : ExitCode.Failure;
}
