/** What a simulated cloud implements. Values come without secret marks; the runtime puts them back on what it returns. */
import type { PropertyChange } from "./diff";
import type { Value, Values } from "./values";

export interface ResourceIdentity {
    urn: string;
    /** For example `aws:ec2/vpc:Vpc`. */
    type: string;
    /** Name in the program. */
    name: string;
}

export interface CheckFailure {
    property: string;
    reason: string;
}

export interface CheckResult {
    inputs: Values;
    failures: CheckFailure[];
}

export interface DiffResult {
    changes: PropertyChange[];
    /** Old and new can't exist side by side. */
    deleteBeforeReplace?: boolean;
}

export interface ResourceState {
    id: string;
    outputs: Values;
    inputs?: Values;
}

/** One simulated cloud. An error thrown is the sentence that the user sees. */
export interface Provider {
    name: string;
    configure(config: { [key: string]: Value | undefined }): Promise<void>;
    check(resource: ResourceIdentity, olds: Values | undefined, news: Values): Promise<CheckResult>;
    diff(resource: ResourceIdentity, id: string, olds: Values, news: Values, state: Values): Promise<DiffResult>;
    /** In a preview nothing changes, and what only the real operation gives is `unknown`. */
    create(resource: ResourceIdentity, inputs: Values, preview: boolean): Promise<ResourceState>;
    update(
        resource: ResourceIdentity,
        id: string,
        olds: Values,
        news: Values,
        state: Values,
        preview: boolean,
    ): Promise<Values>;
    /** Undefined where it is gone. */
    read(resource: ResourceIdentity, id: string, inputs: Values, state: Values): Promise<ResourceState | undefined>;
    delete(resource: ResourceIdentity, id: string, inputs: Values, state: Values): Promise<void>;
    invoke(token: string, args: Values): Promise<Values>;
    /** Outputs that are secret whatever the inputs are, by type. */
    secretOutputs?(type: string): string[];
    /** Whether the provider's configuration changed so that its resources must be replaced. */
    close(): void;
}
