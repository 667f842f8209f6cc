/** Files of the engine's workspace, under one twin's folder. */
import { join } from "node:path";
import { twinHome } from "../places";

export interface EnginePlaces {
    /** Executables: pulumi, its language host and analyzer, the `aws` stand-in. On PATH. */
    bin: string;
    /** Before them on PATH: `pulumi` as a person calls it, on the stack's YAML as it is now. */
    shellBin: string;
    /** PULUMI_HOME: plugins, the selected stack, credentials of the file backend. */
    pulumiHome: string;
    /** State of the file backend. */
    state: string;
    /** Project of the same name in which the stack is created, so that the user's files stay as they are. */
    scratch: string;
    /** Copy of the stack's YAML that the engine reads and may write. */
    config: string;
    passphrase: string;
    /** What `workspaceEnv` needs to know, written by `prepareWorkspace`. */
    record: string;
    /** Event logs, one per run. */
    events: string;
    /** Lock of whoever runs the engine. */
    lock: string;
    /** The engine's process, while it runs. */
    running: string;
}

export function enginePlaces(environment: string): EnginePlaces {
    const home = join(twinHome(environment), "engine");
    return {
        bin: join(home, "bin"),
        shellBin: join(home, "shell-bin"),
        pulumiHome: join(home, "pulumi-home"),
        state: join(home, "state"),
        scratch: join(home, "scratch"),
        config: join(home, `Pulumi.${environment}.yaml`),
        passphrase: join(home, "passphrase"),
        record: join(home, "workspace.json"),
        events: join(home, "events"),
        lock: join(home, "engine.lock"),
        running: join(home, "running.json"),
    };
}
