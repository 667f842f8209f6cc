/**
 * Evaluates components against a monitor that records every registration with all its options. A mock test proves what was
 * asked of the engine (children, inputs, parents, options), not what a cloud or a cluster does with it.
 *
 *     const run = await evaluate(() => new ClusterNetwork("net", args));
 *     expect(run.ofType("aws:ec2/subnet:Subnet")).toHaveLength(4);
 *     expect(run.named("net-vpc").inputs).toMatchObject({ cidrBlock: "10.0.0.0/16" });
 *
 * `preview: true` leaves everything that a provider would compute unknown, as in a first `pulumi preview`.
 * It may be called several times in one file, one after the other.
 */
import * as pulumi from "@pulumi/pulumi";
import * as wire from "./registration";
import type { Registration } from "./registration";

export type { Registration } from "./registration";

/** What an unknown value prints as in recorded inputs. */
export const UNKNOWN = "<computed>";

/** Sentinels of the engine's protocol (sdk/nodejs/runtime/rpc.ts). */
const UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Properties as plain JSON. */
export interface Properties {
    [name: string]: unknown;
}

/** How the evaluation differs from an update of project "project", stack "stack". */
export interface EvaluateOptions {
    /** A first preview: ids and everything else that a provider computes are unknown. Defaults to false. */
    preview?: boolean;
    project?: string;
    stack?: string;
    /** Configuration, keys with their namespace: `{ "aws:region": "us-east-2" }`. */
    config?: { [key: string]: string };
    /** What the provider computes besides the inputs and the built-in arn, name and endpoint. */
    computed?: (type: string, name: string, inputs: Properties) => Properties;
    /** Answers to provider functions by token; any other token makes the test fail. */
    calls?: { [token: string]: (inputs: Properties) => Properties };
}

/** What one evaluation registered. */
export class Evaluation<T> {
    constructor(
        /** What the program returned. */
        readonly result: T,
        /** Every registration in the order in which it came. */
        readonly resources: readonly Registration[],
        /** Tokens of the provider functions that were called. */
        readonly calls: readonly string[],
    ) {}

    /** Custom resources only, in the order of registration. */
    get custom(): Registration[] {
        return this.resources.filter((resource) => resource.custom);
    }

    /** All resources of one type token, in the order of registration. */
    ofType(type: string): Registration[] {
        return this.resources.filter((resource) => resource.type === type);
    }

    /** The one resource of that name; fails when there is none or more than one (of `type`, where given). */
    named(name: string, type?: string): Registration {
        const found = this.resources.filter(
            (resource) => resource.name === name && (type === undefined || resource.type === type),
        );
        if (found.length !== 1 || found[0] === undefined) {
            const names = this.resources.map((resource) => `${resource.type} ${resource.name}`).join("\n  ");
            throw new Error(`${String(found.length)} resources are named ${name}; registered are:\n  ${names}`);
        }
        return found[0];
    }

    /** `type name` of every custom resource, sorted: the exact set of children. */
    inventory(): string[] {
        return this.custom.map((resource) => `${resource.type} ${resource.name}`).sort();
    }
}

/** Runs `program` and waits until everything that it registered, also inside `apply`, has been answered. */
export async function evaluate<T>(
    program: () => T | Promise<T>,
    options: EvaluateOptions = {},
): Promise<Evaluation<T>> {
    const resources: Registration[] = [];
    const calls: string[] = [];
    const project = options.project ?? "project";
    const stack = options.stack ?? "stack";
    const preview = options.preview ?? false;
    await pulumi.runtime.setMocks(
        {
            newResource: () => {
                throw new Error("the recording monitor answers registrations");
            },
            call: (args) => {
                calls.push(args.token);
                const answer = options.calls?.[args.token];
                if (answer === undefined) {
                    throw new Error(`Mock call not implemented: ${args.token}`);
                }
                return answer(args.inputs as Properties);
            },
        },
        project,
        stack,
        preview,
    );
    pulumi.runtime.setAllConfig(options.config ?? {});
    const monitor = pulumi.runtime.getMonitor() as unknown as MonitorMethods;
    monitor.registerResource = (request, callback) => {
        const sent = (request.getObject()?.toJavaScript() ?? {}) as Properties;
        const secretInputs: string[] = [];
        const inputs = plain(sent, "", secretInputs) as Properties;
        const urn = urnOf(project, stack, request.getParent(), request.getType(), request.getName());
        if (resources.some((resource) => resource.urn === urn)) {
            callback(new Error(`Duplicate resource URN '${urn}'`), undefined);
            return;
        }
        resources.push(wire.record(request, urn, inputs, secretInputs));
        const computed = preview ? {} : computedBy(request, inputs, options);
        const id = request.getCustom() && !preview ? `${request.getName()}-id` : "";
        callback(null, wire.response(urn, id, { ...sent, ...computed }));
    };
    monitor.registerResourceOutputs = (_request, callback) => {
        callback(null, {});
    };
    const result = await program();
    await settled();
    return new Evaluation(result, resources, calls);
}

/**
 * The value of an output. Unknown ones give `undefined`, as in a preview; an error upstream rejects, so that the test
 * fails with it rather than hanging.
 */
export async function valueOf<T>(output: pulumi.Input<T>): Promise<pulumi.Unwrap<T> | undefined> {
    const whole = pulumi.output(output) as unknown as {
        promise(): Promise<pulumi.Unwrap<T>>;
        isKnown: Promise<boolean>;
    };
    const value = await withinSeconds(10, whole.promise());
    return (await whole.isKnown) ? value : undefined;
}

/** Whether an output is a secret. */
export function isSecret(output: pulumi.Output<unknown>): Promise<boolean> {
    return pulumi.isSecret(output);
}

/** The message that `action` throws; fails when it throws nothing. */
export function messageOf(action: () => unknown): string {
    try {
        action();
    } catch (error) {
        return error instanceof Error ? error.message : String(error);
    }
    throw new Error("nothing was thrown");
}

type Callback = (error: Error | null, response: unknown) => void;

interface MonitorMethods {
    registerResource: (request: wire.Request, callback: Callback) => void;
    registerResourceOutputs: (request: unknown, callback: Callback) => void;
}

function computedBy(request: wire.Request, inputs: Properties, options: EvaluateOptions): Properties {
    const name = request.getName();
    const common = request.getType().startsWith("aws:")
        ? { arn: `arn:aws:mock:::${request.getType().split(":").at(-1) ?? ""}/${name}`, name: inputs["name"] ?? name }
        : {};
    return { ...common, ...options.computed?.(request.getType(), name, inputs) };
}

/** The engine's URN: the qualified types of all parents, then the type, then the name. */
function urnOf(project: string, stack: string, parent: string, type: string, name: string): string {
    const parentType = parent === "" ? "" : (parent.split("::")[2] ?? "");
    const qualified = parentType === "" || parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
    return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

/** Wire properties as a test wants to read them: unknown ones named, secrets opened and their paths noted. */
function plain(value: unknown, path: string, secrets: string[]): unknown {
    if (value === UNKNOWN_ON_THE_WIRE) {
        return UNKNOWN;
    }
    if (Array.isArray(value)) {
        return value.map((item, index) => plain(item, `${path}[${String(index)}]`, secrets));
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const record = value as Properties;
    if (record[SIGNATURE_KEY] === SECRET_SIGNATURE) {
        secrets.push(path);
        return plain(record["value"], path, secrets);
    }
    return Object.fromEntries(
        Object.entries(record).map(([key, item]) => [key, plain(item, path === "" ? key : `${path}.${key}`, secrets)]),
    );
}

async function settled(): Promise<void> {
    const runtime = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
    // A registration may start in the turn after the last one was answered (an apply that had to resolve first).
    for (let turn = 0; turn < 3; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        await withinSeconds(30, runtime.waitForRPCs());
    }
}

function withinSeconds<T>(seconds: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
            reject(new Error(`not resolved within ${String(seconds)} s`));
        }, seconds * 1000);
    });
    return Promise.race([work, late]).finally(() => {
        clearTimeout(timer);
    });
}
