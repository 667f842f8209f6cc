/**
 * Registers a list of resources through the SDK's own monitor connection, exactly as they were recorded: type, name, inputs with unknown
 * values, parent, dependencies. All as components, so that no provider speaks before the policies do.
 */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as resourceMessages from "@pulumi/pulumi/proto/resource_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

interface Recorded {
    urn: string;
    type: string;
    name: string;
    parent: string;
    custom: boolean;
    inputs: { [key: string]: JavaScriptValue };
    outputs?: { [key: string]: JavaScriptValue };
    dependencies: string[];
    propertyDependencies: { [property: string]: string[] };
    protect: boolean;
}

interface Monitor {
    registerResource(request: unknown, reply: (error: Error | null, response: { getUrn(): string }) => void): void;
    registerResourceOutputs(request: unknown, reply: (error: Error | null) => void): void;
}

const recorded = JSON.parse(readFileSync(process.env["REPLAY"] ?? "", "utf8")) as Recorded[];

export = async (): Promise<{ [output: string]: never }> => {
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const root = await new Promise<string>((resolve) => {
        pulumi.runtime.getStackResource()?.urn.apply(resolve);
    });
    /** URN in this run, by the recorded one. */
    const here = new Map<string, string>();
    for (const resource of recorded) {
        if (resource.type === "pulumi:pulumi:Stack") {
            here.set(resource.urn, root);
            continue;
        }
        // A provider without an id would spoil the state for the next run, and no rule looks at one.
        if (resource.type.startsWith("pulumi:providers:")) {
            continue;
        }
        const request = new resourceMessages.RegisterResourceRequest();
        request.setType(resource.type);
        request.setName(resource.name);
        request.setParent(here.get(resource.parent) ?? root);
        request.setCustom(false);
        request.setObject(Struct.fromJavaScript(resource.inputs));
        request.setProtect(resource.protect);
        request.setAcceptsecrets(true);
        request.setAcceptresources(true);
        request.setDependenciesList(
            resource.dependencies.map((urn) => here.get(urn)).filter((urn) => urn !== undefined),
        );
        const byProperty = request.getPropertydependenciesMap();
        for (const [property, urns] of Object.entries(resource.propertyDependencies)) {
            const dependencies = new resourceMessages.RegisterResourceRequest.PropertyDependencies();
            dependencies.setUrnsList(urns.map((urn) => here.get(urn)).filter((urn) => urn !== undefined));
            byProperty.set(property, dependencies);
        }
        const urn = await new Promise<string>((resolve, reject) => {
            monitor.registerResource(request, (error, response) => {
                if (error === null) {
                    resolve(response.getUrn());
                } else {
                    reject(error);
                }
            });
        });
        here.set(resource.urn, urn);
        // A stack policy sees outputs: a provider's are its inputs and more, a component's only what it registers.
        const outputs = new resourceMessages.RegisterResourceOutputsRequest();
        outputs.setUrn(urn);
        outputs.setOutputs(Struct.fromJavaScript(resource.custom ? resource.inputs : (resource.outputs ?? {})));
        await new Promise<void>((resolve, reject) => {
            monitor.registerResourceOutputs(outputs, (error) => {
                if (error === null) {
                    resolve();
                } else {
                    reject(error);
                }
            });
        });
    }
    return {};
};
