/** The simulated AWS: one table of types, what exists keyed by URN, node groups as nodes of the twin's control plane. */
import { join } from "node:path";
import { readControlPlane, requireControlPlane } from "../../control-plane/control-plane";
import { readClock } from "../clock";
import type { ControlPlane } from "../../control-plane/types";
import { withLock } from "../../lock";
import { twinHome } from "../../places";
import { CloudStore, digest, type CloudRecord } from "../cloud-store";
import { changes } from "../runtime/diff";
import type {
    CheckFailure,
    CheckResult,
    DiffResult,
    Provider,
    ResourceIdentity,
    ResourceState,
} from "../runtime/provider";
import { deepEqual, holdsUnknown, isUnknown, unknown, type Value, type Values } from "../runtime/values";
import { simulatedAccount, simulatedRegion } from "./account";
import { clusterType, nodeGroupType } from "./eks";
import { invoke } from "./invokes";
import { desiredSize, scaleGroup, sizeNow, viewOf } from "./node-groups";
import { specifications } from "./specifications";
import { object, text, type CloudView, type Made, type Specification } from "./specification";

/** The type's description. Throws by name where the twin does not simulate it. */
export function specificationOf(type: string): Specification {
    const found = specifications[type];
    if (found === undefined) {
        throw new Error(`the twin does not simulate ${type}`);
    }
    return found;
}

/** Fills names and defaults in and checks what the inputs alone can tell. Pure. */
export function checkInputs(
    resource: ResourceIdentity,
    olds: Values | undefined,
    news: Values,
    region: string,
): CheckResult {
    const specification = specifications[resource.type];
    if (specification === undefined) {
        return { inputs: news, failures: [{ property: "", reason: `the twin does not simulate ${resource.type}` }] };
    }
    const inputs: Values = { ...news };
    for (const [key, value] of Object.entries(specification.defaults ?? {})) {
        inputs[key] ??= value;
    }
    const { autoName } = specification;
    if (autoName !== undefined && (inputs[autoName] ?? undefined) === undefined) {
        const old = olds?.["namePrefix"] === news["namePrefix"] ? olds?.[autoName] : undefined;
        inputs[autoName] = old ?? generatedName(resource, specification, inputs);
    }
    const failures: CheckFailure[] = (specification.required ?? [])
        .filter((key) => (inputs[key] ?? undefined) === undefined)
        .map((key) => ({ property: key, reason: `Missing required argument: the argument "${key}" is required` }));
    return { inputs, failures: [...failures, ...(specification.check?.(inputs, region) ?? [])] };
}

/** From the URN and what would replace it: the same program makes the same name, a replacement another. */
function generatedName(resource: ResourceIdentity, specification: Specification, inputs: Values): string {
    const suffix = digest(resource.urn + identityText(specification, inputs), 7);
    const given = text(inputs["namePrefix"]) ?? text(inputs[`${specification.autoName ?? ""}Prefix`]);
    const prefix = given ?? `${resource.type.startsWith("aws:s3/") ? resource.name.toLowerCase() : resource.name}-`;
    return `${prefix.slice(0, (specification.nameLength ?? 255) - suffix.length)}${suffix}`;
}

/** Values whose change replaces, as text. */
function identityText(specification: Specification, inputs: Values): string {
    return JSON.stringify(
        specification.replaceOn.map(
            (path) => path.split(".").reduce<Value | undefined>((value, key) => object(value)?.[key], inputs) ?? null,
        ),
    );
}

/** Changes between old and new inputs, with those that replace marked. Pure. */
export function diffInputs(type: string, olds: Values, news: Values): DiffResult {
    const specification = specificationOf(type);
    const found = changes(olds, news, [...specification.replaceOn, ...(specification.replaceIf?.(olds, news) ?? [])]);
    const name = specification.autoName;
    const replaces = found.some(({ replace }) => replace);
    // With the same name, or an id that is the name of something else, old and new can't exist together.
    const sameName = name === undefined ? specification.id !== undefined : deepEqual(olds[name], news[name]);
    return { changes: found, deleteBeforeReplace: replaces && sameName };
}

export class SimulatedAws implements Provider {
    readonly name = "aws";
    private readonly store: CloudStore;
    private region = process.env["AWS_REGION"] ?? simulatedRegion;

    private plane: ControlPlane | undefined;

    constructor(private readonly environment: string) {
        this.store = new CloudStore(environment, "aws");
    }

    /** The running control plane, one client for the life of the plugin. */
    private controlPlane(): ControlPlane {
        return (this.plane ??= requireControlPlane(this.environment));
    }

    private get cloud(): CloudView {
        return viewOf(this.store, this.region);
    }

    configure(config: Values): Promise<void> {
        this.region = text(config["region"]) ?? this.region;
        return Promise.resolve();
    }

    check(resource: ResourceIdentity, olds: Values | undefined, news: Values): Promise<CheckResult> {
        return Promise.resolve(checkInputs(resource, olds, news, this.region));
    }

    diff(resource: ResourceIdentity, _id: string, olds: Values, news: Values): Promise<DiffResult> {
        return Promise.resolve(diffInputs(resource.type, olds, news));
    }

    async create(resource: ResourceIdentity, inputs: Values, preview: boolean): Promise<ResourceState> {
        const specification = specificationOf(resource.type);
        this.refuse(resource, specification, inputs, preview);
        if (preview) {
            const outputs: Values = Object.fromEntries(
                Object.keys(specification.computed).map((key) => [key, unknown]),
            );
            return {
                id: unknown,
                outputs: {
                    ...outputs,
                    ...inputs,
                    ...(inputs["tags"] === undefined ? {} : { tagsAll: inputs["tags"] }),
                },
            };
        }
        const existing = this.unsettled(resource, specification, inputs);
        if (existing !== undefined) {
            const outputs = deepEqual(existing.inputs, inputs)
                ? await this.finish(existing)
                : await this.change(resource, existing, inputs);
            return { id: existing.id, outputs };
        }
        const made = this.made(resource, specification, inputs);
        const record = this.store.put({
            urn: resource.urn,
            type: resource.type,
            id: made.id,
            inputs,
            outputs: this.outputs(specification, made),
        });
        return { id: record.id, outputs: await this.finish(record) };
    }

    async update(
        resource: ResourceIdentity,
        id: string,
        olds: Values,
        news: Values,
        state: Values,
        preview: boolean,
    ): Promise<Values> {
        const specification = specificationOf(resource.type);
        this.refuse(resource, specification, news, preview, id);
        if (preview) {
            const changed = changes(olds, news).map(({ path }) => path);
            return {
                ...state,
                ...news,
                ...(holdsUnknown(news) ? { tagsAll: news["tags"] ?? {} } : {}),
                ...Object.fromEntries((specification.renewedBy?.(changed) ?? []).map((output) => [output, unknown])),
            };
        }
        const record =
            this.store.find(resource.type, id) ??
            this.store.put({ urn: resource.urn, type: resource.type, id, inputs: news, outputs: state });
        return this.change(resource, record, news);
    }

    read(resource: ResourceIdentity, id: string, inputs: Values): Promise<ResourceState | undefined> {
        const record = this.store.find(resource.type, id);
        if (record === undefined) {
            return Promise.resolve(undefined);
        }
        const given = Object.keys(inputs).length === 0 ? record.inputs : inputs;
        const actual: Values = Object.fromEntries(
            Object.keys(given).map((key) => [key, key in record.outputs ? record.outputs[key] : given[key]]),
        );
        return Promise.resolve({ id, outputs: record.outputs, inputs: actual });
    }

    async delete(resource: ResourceIdentity, id: string): Promise<void> {
        const record = this.store.find(resource.type, id);
        if (record === undefined) {
            return;
        }
        const usedBy = specificationOf(resource.type).usedBy;
        const user = usedBy?.types
            .flatMap((type) => this.store.ofType(type))
            .find(({ inputs }) => refersTo(inputs, id));
        if (usedBy !== undefined && user !== undefined) {
            throw new Error(usedBy.error(id, user));
        }
        if (resource.type === nodeGroupType) {
            if (readControlPlane(this.environment) !== undefined) {
                await scaleGroup(this.environment, this.controlPlane().api, record, 0, this.cloud);
            }
        }
        this.store.remove(resource.type, id);
        await this.rescale(record);
    }

    invoke(token: string, args: Values): Promise<Values> {
        return invoke(token, args, {
            cloud: this.cloud,
            token: () => Promise.resolve(this.controlPlane().token),
        });
    }

    secretOutputs(type: string): string[] {
        return specifications[type]?.secretOutputs ?? [];
    }

    close(): void {
        this.plane?.api.close();
    }

    /** Throws what AWS would answer. A record of this very URN that an interrupted run left does not stand in its own way. */
    private refuse(
        resource: ResourceIdentity,
        specification: Specification,
        inputs: Values,
        preview: boolean,
        self?: string,
    ): void {
        const own = self ?? this.unsettled(resource, specification, inputs)?.id;
        const refusal = specification.refuse?.(inputs, this.cloud, own);
        // What a preview does not find, the very same program may be about to create.
        if (refusal !== undefined && !(preview && missing.test(refusal))) {
            throw new Error(refusal);
        }
        const version = resource.type === clusterType ? text(inputs["version"]) : undefined;
        const running = readControlPlane(this.environment)?.version.replace(/^v/, "").split(".").slice(0, 2).join(".");
        if (version !== undefined && running !== undefined && version !== running) {
            throw new Error(
                `InvalidParameterException: the twin's control plane runs Kubernetes ${running}, the program asks for ${version}: kilogpu twin down ${this.environment}, then up`,
            );
        }
    }

    /** What an interrupted run made of this URN and would be made again by these inputs. */
    private unsettled(
        resource: ResourceIdentity,
        specification: Specification,
        inputs: Values,
    ): CloudRecord | undefined {
        const identity = identityText(specification, inputs);
        return this.store
            .ofUrn(resource.urn)
            .find((record) => !record.settled && identityText(specification, record.inputs) === identity);
    }

    private made(resource: ResourceIdentity, specification: Specification, inputs: Values): Made {
        const name = text(inputs[specification.autoName ?? ""]) ?? resource.name;
        const ordinal = this.store.ofUrn(resource.urn).length;
        const seed = digest(`${resource.urn}|${identityText(specification, inputs)}|${ordinal}`, 17);
        const made: Made = {
            id: seed,
            name,
            inputs,
            region: this.region,
            account: simulatedAccount,
            cloud: this.cloud,
        };
        const id = specification.id?.(made) ?? `${specification.idPrefix ?? "res"}-${seed}`;
        return { ...made, id };
    }

    private outputs(specification: Specification, made: Made): Values {
        const computed: Values = Object.fromEntries(
            Object.entries(specification.computed).map(([key, compute]) => [key, compute(made)]),
        );
        return { ...made.inputs, ...computed };
    }

    private async change(resource: ResourceIdentity, record: CloudRecord, inputs: Values): Promise<Values> {
        const specification = specificationOf(resource.type);
        const made: Made = {
            id: record.id,
            name: text(inputs[specification.autoName ?? ""]) ?? resource.name,
            inputs,
            region: this.region,
            account: simulatedAccount,
            cloud: this.cloud,
        };
        const outputs = this.outputs(specification, made);
        return this.finish(this.store.put({ ...record, urn: resource.urn, inputs, outputs }));
    }

    /** What a resource does beyond its record: the cluster's endpoint, the group's nodes. May be repeated. */
    private async finish(record: CloudRecord): Promise<Values> {
        if (record.type === clusterType) {
            const plane = this.controlPlane();
            const outputs: Values = {
                ...record.outputs,
                endpoint: plane.server,
                certificateAuthority: { data: Buffer.from(plane.certificateAuthority).toString("base64") },
                version:
                    text(record.inputs["version"]) ?? plane.version.replace(/^v/, "").split(".").slice(0, 2).join("."),
            };
            return this.store.put({ ...record, outputs }).outputs;
        }
        if (record.type === nodeGroupType) {
            return this.resize(record.id, () => true);
        }
        await this.rescale(record);
        return record.outputs;
    }

    /** After a change of a schedule its group takes the size that the schedules now give. */
    private async rescale(changed: CloudRecord): Promise<void> {
        if (changed.type !== "aws:autoscaling/schedule:Schedule") {
            return;
        }
        const group = this.store
            .ofType(nodeGroupType)
            .find(({ outputs }) =>
                JSON.stringify(outputs["resources"] ?? "").includes(
                    `"${text(changed.inputs["autoscalingGroupName"]) ?? ""}"`,
                ),
            );
        if (group !== undefined) {
            await this.resize(group.id, (size, before) => size !== before);
        }
    }

    /**
     * Gives a group the size that its schedules name now. One at a time for a group: the schedules of one block are created side by side, and the
     * first of them may still be taking nodes away that the last has put back.
     */
    private async resize(id: string, needed: (size: number, before: number) => boolean): Promise<Values> {
        return withLock(join(twinHome(this.environment), "cloud", `${digest(id, 17)}.lock`), async () => {
            this.store.refresh();
            const group = this.store.find(nodeGroupType, id);
            if (group === undefined) {
                throw new Error(`ResourceNotFoundException: No node group found for name: ${id}.`);
            }
            const size = sizeNow(group, this.cloud, readClock(this.environment));
            if (!needed(size, desiredSize(group.outputs))) {
                return group.outputs;
            }
            const scaling = { ...object(group.outputs["scalingConfig"]), desiredSize: size };
            const resized = this.store.put({ ...group, outputs: { ...group.outputs, scalingConfig: scaling } });
            await scaleGroup(this.environment, this.controlPlane().api, resized, size, this.cloud);
            return resized.outputs;
        });
    }
}

/** How AWS says that something referred to is not there. */
const missing =
    /^(ResourceNotFoundException|NoSuchEntity|NoSuchBucket|\w+\.NotFound|InvalidPlacementGroup\.Unknown)\b|does not exist/;

/** Whether inputs name an id anywhere. */
function refersTo(value: Value | undefined, id: string): boolean {
    if (Array.isArray(value)) {
        return value.some((item) => refersTo(item, id));
    }
    if (typeof value === "object" && value !== null) {
        return Object.values(value).some((item) => refersTo(item, id));
    }
    return value === id && !isUnknown(value);
}
