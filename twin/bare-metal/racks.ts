/** Starts the racks of a twin: builds the site and runs the process that serves it. */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { ensureProcess } from "../control-plane/processes";
import { cacheHome, packageFile } from "../places";
import type { Progress } from "../progress";
import { ToolName, type Toolchain } from "../toolchain/types";
import { buildSite } from "./build";
import { sitePlaces, type DeclaredSite } from "./site";

/** Name of the process among the twin's. */
const processName = "racks";

/** Builds what is missing and starts what does not run; hosts that run go on. The control plane must be up. */
export async function startRacks(
    environment: string,
    declared: DeclaredSite,
    toolchain: Toolchain,
    progress: Progress,
): Promise<void> {
    const step = progress.step("Racks");
    try {
        const site = await buildSite(environment, declared, toolchain.path(ToolName.Kubectl));
        const { ready, agentSocket } = sitePlaces(environment);
        // A site that has changed is served by a new process.
        const version = createHash("sha256").update(JSON.stringify(site)).digest("hex").slice(0, 16);
        await ensureProcess(environment, {
            name: processName,
            command: process.execPath,
            args: [packageFile("dist", "twin", "bare-metal", "main.js"), environment, version],
            env: { KILOGPU_HOME: cacheHome() },
            ports: {},
            beforeStart: () => {
                rmSync(ready, { force: true });
                rmSync(agentSocket, { force: true });
                return Promise.resolve();
            },
            ready: () => readFile(ready, "utf8").then((served) => served === version),
        });
        step.done(`${site.hosts.length} hosts answer over SSH`);
    } catch (error) {
        step.fail(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
        throw error;
    }
}
