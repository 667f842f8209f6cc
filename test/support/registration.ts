/** One recorded registration, and the protocol messages that it is read from and answered with. */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import * as messages from "@pulumi/pulumi/proto/resource_pb";

/** What the program asked of the engine for one resource. */
export interface Registration {
    urn: string;
    type: string;
    name: string;
    /** False for component resources. */
    custom: boolean;
    /** Inputs, secrets opened, unknown values as `<computed>`. */
    inputs: { [property: string]: unknown };
    /** Paths of the inputs that are secret. */
    secretInputs: string[];
    /** URN of the parent; empty at the top. */
    parent: string;
    /** Name of the parent; empty at the top. */
    parentName: string;
    /** Names of the resources that this one depends on, sorted. */
    dependencies: string[];
    /** Names of the resources that each property depends on, sorted. */
    propertyDependencies: { [property: string]: string[] };
    /** Reference of an explicit or inherited provider; empty for the default one. */
    provider: string;
    protect: boolean;
    retainOnDelete: boolean;
    deleteBeforeReplace: boolean;
    /** Name of the resource whose deletion makes deleting this one unnecessary; empty where none. */
    deletedWith: string;
    ignoreChanges: string[];
    replaceOnChanges: string[];
    aliases: string[];
    additionalSecretOutputs: string[];
    /** Durations of custom time-outs, for example `{ create: "45m" }`. */
    customTimeouts: { create?: string; update?: string; delete?: string };
    importId: string;
}

export type Request = messages.RegisterResourceRequest;

/** Reads one request. */
export function record(
    request: Request,
    urn: string,
    inputs: { [property: string]: unknown },
    secretInputs: string[],
): Registration {
    const timeouts = request.getCustomtimeouts();
    const propertyDependencies: { [property: string]: string[] } = {};
    request.getPropertydependenciesMap().forEach((value, property) => {
        const names = namesOf(value.getUrnsList());
        if (names.length > 0) {
            propertyDependencies[property] = names;
        }
    });
    return {
        urn,
        type: request.getType(),
        name: request.getName(),
        custom: request.getCustom(),
        inputs,
        secretInputs,
        parent: request.getParent(),
        parentName: nameOf(request.getParent()),
        dependencies: namesOf(request.getDependenciesList()),
        propertyDependencies,
        provider: request.getProvider(),
        protect: request.getProtect() ?? false,
        retainOnDelete: request.getRetainondelete() ?? false,
        deleteBeforeReplace: request.getDeletebeforereplace(),
        deletedWith: nameOf(request.getDeletedwith()),
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        aliases: [
            ...request.getAliasurnsList(),
            ...request.getAliasesList().map((alias) => alias.getUrn() || JSON.stringify(alias.getSpec()?.toObject())),
        ],
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        customTimeouts: {
            ...present("create", timeouts?.getCreate()),
            ...present("update", timeouts?.getUpdate()),
            ...present("delete", timeouts?.getDelete()),
        },
        importId: request.getImportid(),
    };
}

/** The answer of a provider that created what was asked for. */
export function response(urn: string, id: string, state: { [property: string]: unknown }): unknown {
    const answer = new messages.RegisterResourceResponse();
    answer.setUrn(urn);
    answer.setId(id);
    answer.setObject(Struct.fromJavaScript(state as { [property: string]: JavaScriptValue }));
    return answer;
}

function present<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
    return value === undefined || value === "" ? {} : ({ [key]: value } as { [key in K]?: string });
}

function nameOf(urn: string): string {
    return urn.split("::").at(-1) ?? "";
}

function namesOf(urns: string[]): string[] {
    return [...new Set(urns.map(nameOf))].sort();
}
