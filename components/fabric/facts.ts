/** The record that RdmaFabric gives, and that queues, runtimes and monitoring take as their `fabric` argument. */
import type * as pulumi from "@pulumi/pulumi";
import type { FabricKind, FabricProfile } from "./profile";

/** The network of all pools that share one RdmaFabric. */
export interface FabricFacts {
    kind: FabricKind;
    /** Profile of each capacity group's nodes. Plain, so that checks and counts can read it. */
    groups: { [capacityGroup: string]: FabricProfile };
    /** Resolves to the kind once the fabric's devices are served to pods: orders creation and teardown. */
    ready: pulumi.Output<string>;
}

/** A fabric as input: `RdmaFabric.profile`. */
export interface FabricFactsArgs {
    kind: FabricKind;
    groups: { [capacityGroup: string]: FabricProfile };
    ready: pulumi.Input<string>;
}
