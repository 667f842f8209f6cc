/**
 * `@pulumi/command` in the twin. Remote commands really run, over SSH, on the hosts of the twin's site; all else of the package would touch the
 * machine that runs the twin and is refused by its name.
 */
import { readSite } from "../../bare-metal/site";
import { digest } from "../cloud-store";
import { changes } from "../runtime/diff";
import type { CheckResult, DiffResult, Provider, ResourceIdentity, ResourceState } from "../runtime/provider";
import { unknown, type Values } from "../runtime/values";
import { object, text } from "./inputs";
import { runOnHost } from "./ssh";

/** The one type that is simulated. */
const remoteCommand = "command:remote:Command";

/** Defaults of a connection, as the package's provider fills them in. */
const connectionDefaults: Values = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };

function refuse(what: string): never {
    throw new Error(`${what} is not simulated by the twin: it would run commands on this machine`);
}

function known(resource: ResourceIdentity): void {
    if (resource.type !== remoteCommand) {
        refuse(`${resource.type} (${resource.name})`);
    }
}

/** Defaults filled in; a connection without a host is a mistake. Pure. */
export function checkCommand(inputs: Values): CheckResult {
    const connection = object(inputs["connection"]);
    if (connection?.["host"] === undefined) {
        return {
            inputs,
            failures: [{ property: "connection", reason: "a remote command needs a connection with a host" }],
        };
    }
    const proxy = object(connection["proxy"]);
    return {
        inputs: {
            addPreviousOutputInEnv: true,
            ...inputs,
            connection: {
                ...connectionDefaults,
                ...connection,
                ...(proxy === undefined ? {} : { proxy: { ...connectionDefaults, ...proxy } }),
            },
        },
        failures: [],
    };
}

export class TwinCommand implements Provider {
    readonly name = "command";

    constructor(private readonly environment: string) {}

    configure(): Promise<void> {
        return Promise.resolve();
    }

    check(resource: ResourceIdentity, _olds: Values | undefined, news: Values): Promise<CheckResult> {
        known(resource);
        return Promise.resolve(checkCommand(news));
    }

    diff(_resource: ResourceIdentity, _id: string, olds: Values, news: Values): Promise<DiffResult> {
        return Promise.resolve({ changes: changes(olds, news, ["triggers"]) });
    }

    async create(resource: ResourceIdentity, inputs: Values, preview: boolean): Promise<ResourceState> {
        const id = `${resource.name}${digest(resource.urn, 8)}`;
        return { id, outputs: await this.outputs(inputs, text(inputs["create"]), preview) };
    }

    update(
        _resource: ResourceIdentity,
        _id: string,
        _olds: Values,
        news: Values,
        _state: Values,
        preview: boolean,
    ): Promise<Values> {
        return this.outputs(news, text(news["update"]) ?? text(news["create"]), preview);
    }

    /** A command leaves nothing behind that could be read. */
    read(_resource: ResourceIdentity, id: string, inputs: Values, state: Values): Promise<ResourceState> {
        return Promise.resolve({ id, outputs: state, inputs });
    }

    async delete(_resource: ResourceIdentity, _id: string, inputs: Values): Promise<void> {
        const command = text(inputs["delete"]);
        if (command !== undefined && readSite(this.environment) !== undefined) {
            await this.run(inputs, command);
        }
    }

    invoke(token: string): Promise<Values> {
        return Promise.reject(
            new Error(`${token} is not simulated by the twin: it would run commands on this machine`),
        );
    }

    close(): void {
        // Each command has a connection of its own.
    }

    private async outputs(inputs: Values, command: string | undefined, preview: boolean): Promise<Values> {
        if (preview) {
            return { ...inputs, stdout: unknown, stderr: unknown };
        }
        return command === undefined
            ? { ...inputs, stdout: "", stderr: "" }
            : { ...inputs, ...(await this.run(inputs, command)) };
    }

    /** Runs the command; what it printed, or an error in the package's own words. */
    private async run(inputs: Values, command: string): Promise<{ stdout: string; stderr: string }> {
        const connection = object(inputs["connection"]) ?? {};
        const { code, stdout, stderr, both } = await runOnHost(
            this.environment,
            connection,
            command,
            text(inputs["stdin"]) ?? "",
        );
        if (code !== 0) {
            const how =
                code === undefined
                    ? "wait: remote command exited without exit status or exit signal"
                    : `Process exited with status ${code}`;
            throw new Error(`${how}: running ${JSON.stringify(command)}:\n${both}`);
        }
        return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") };
    }
}
