/** Arguments of RdmaFabric. */
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import type { FabricKind } from "./profile";
import type { RackFabricArgs } from "./rack-args";

/** Which fabric to serve, and to which pools. */
export interface RdmaFabricArgs {
    /** The network between the nodes. Pools of another kind are refused. */
    kind: FabricKind;
    /** Pools whose nodes are joined: the `pool` of each GpuNodePool. */
    pools: NodePoolArgs[];
    /** How devices reach pods on InfiniBand and RoCE. Defaults to shared devices on InfiniBand, virtual functions on RoCE. */
    rack?: RackFabricArgs;
    /** Where charts come from instead of their own repositories: `oci://…`, `https://…` or an absolute folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Values of the chart (EFA device plugin, or network operator), merged over the library's. Unknown keys are refused. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    values?: { [key: string]: any };
}
