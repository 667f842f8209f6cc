/** An environment in which the usual `pulumi` commands run against simulated clouds. Nothing of it lies in the user's project. */
import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { readSite, sitePlaces } from "../bare-metal/site";
import { layoutOf, writeWhole } from "../control-plane/layout";
import { readStored } from "../providers/stored";
import { cacheHome } from "../places";
import { simulatedRegion } from "../providers/aws/account";
import { type Toolchain, ToolName } from "../toolchain/types";
import { enginePlaces } from "./places";
import { copyStackFile, readProject, stackFile } from "./stack-config";
import { writeExecutables } from "./executables";

export interface WorkspaceOptions {
    /** Name of the environment: of its stack and of its twin. */
    environment: string;
    /** Folder with Pulumi.yaml. */
    projectDir: string;
    /** Where `pulumi` comes from. Defaults to the one on PATH. */
    toolchain?: Toolchain;
}

/** A workspace that is ready for `runPulumi`. */
export interface Workspace {
    environment: string;
    projectDir: string;
    project: string;
    /** Versions of the simulated providers, by name. */
    providers: { [name: string]: string };
    /** Keys of encrypted configuration that the twin can't read and runs without. */
    missingSecrets: string[];
}

const run = promisify(execFile);

/** Makes or refreshes the workspace: executables, plugins, state, the copy of the stack's file, the stack itself. */
export async function prepareWorkspace(options: WorkspaceOptions): Promise<Workspace> {
    const { environment } = options;
    const projectDir = resolve(options.projectDir);
    const project = readProject(projectDir);
    const places = enginePlaces(environment);
    for (const folder of [places.state, places.scratch, places.events]) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    if (!existsSync(places.passphrase)) {
        writeWhole(places.passphrase, randomBytes(24).toString("base64url"));
    }
    const pulumi = options.toolchain?.path(ToolName.Pulumi) ?? onPath("pulumi");
    if (pulumi === undefined) {
        throw new Error("no pulumi on PATH and no toolchain given");
    }
    const providers = writeExecutables(places, pulumi, projectDir, readSite(environment) !== undefined);
    const missingSecrets = copyStackFile(stackFile(projectDir, environment), places.config);
    const workspace: Workspace = { environment, projectDir, project: project.name, providers, missingSecrets };
    writeWhole(places.record, `${JSON.stringify(workspace, undefined, 2)}\n`);
    writeWhole(
        `${places.scratch}/Pulumi.yaml`,
        stringify({ name: project.name, runtime: "nodejs", description: "Scratch project of the twin" }),
    );
    // The stack that is about to be made can't be the selected one yet.
    const env: NodeJS.ProcessEnv = { ...process.env, ...workspaceEnv(environment), PULUMI_STACK: undefined };
    if (!existsSync(`${places.state}/.pulumi/stacks/${project.name}/${environment}.json`)) {
        await run(`${places.bin}/pulumi`, ["stack", "init", environment, "--non-interactive"], {
            cwd: places.scratch,
            env,
        });
    }
    return workspace;
}

/** The workspace that `prepareWorkspace` made. Throws where there is none. */
export function readWorkspace(environment: string): Workspace {
    const workspace = readStored<Workspace>(enginePlaces(environment).record);
    if (workspace === undefined) {
        throw new Error(`the twin "${environment}" has no workspace yet: kilogpu twin up ${environment}`);
    }
    return workspace;
}

/** Variables that put a shell into the twin, for `eval "$(kilogpu twin env prod)"`. */
export function workspaceEnv(environment: string): { [name: string]: string } {
    const places = enginePlaces(environment);
    const ours = [places.shellBin, places.bin];
    const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !ours.includes(folder));
    return {
        PATH: [...ours, ...path].join(delimiter),
        KILOGPU_TWIN: environment,
        KILOGPU_HOME: cacheHome(),
        KUBECONFIG: layoutOf(environment).kubeconfig,
        PULUMI_HOME: places.pulumiHome,
        PULUMI_BACKEND_URL: `file://${places.state}`,
        PULUMI_STACK: environment,
        PULUMI_CONFIG_PASSPHRASE: existsSync(places.passphrase) ? readFileSync(places.passphrase, "utf8") : "",
        PULUMI_OPTION_CONFIG_FILE: places.config,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        // The providers adopt what exists by its URN, so a state that a SIGKILL loses costs nothing and writing it costs a quadratic time.
        PULUMI_SKIP_CHECKPOINTS: "true",
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
        ...(readSite(environment) === undefined ? {} : { SSH_AUTH_SOCK: sitePlaces(environment).agentSocket }),
        AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY: "twin",
        AWS_REGION: process.env["AWS_REGION"] ?? simulatedRegion,
        AWS_EC2_METADATA_DISABLED: "true",
    };
}

function onPath(name: string): string | undefined {
    return (process.env["PATH"] ?? "")
        .split(delimiter)
        .map((folder) => `${folder}/${name}`)
        .find((file) => existsSync(file));
}
