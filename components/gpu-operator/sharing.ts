/** How one GPU is shared: time-slicing and MIG, as the device plugin and the MIG manager read them. Pure. */
import { stringify } from "yaml";
import { findInstance } from "../../catalog/instances";
import { nodeLabels } from "../../catalog/topology";
import { migInstancesPerGpu } from "../gpu-node-pool/plan";
import type { NodePoolArgs } from "../gpu-node-pool/pool";

/** Node label that chooses one of the device plugin's configurations. */
export const devicePluginConfigLabel = "nvidia.com/device-plugin.config";

/** Name of the device plugin configuration for nodes that share nothing. */
const WHOLE = "whole-gpus";

/** The device plugin's configurations by name. */
export interface DevicePluginConfigs {
    /** Configuration of nodes without the label. */
    default: string;
    data: { [name: string]: string };
}

/** Slices of one GPU under time-slicing; 1 where GPUs are whole or divided by MIG. */
export function timeSlices(pool: NodePoolArgs): number {
    return pool.labels[nodeLabels.migConfig] === undefined
        ? Math.max(1, Math.floor(pool.schedulableGpusPerNode / pool.gpusPerNode))
        : 1;
}

/** Name of the device plugin configuration of a pool. */
export function devicePluginConfigName(pool: NodePoolArgs): string {
    const slices = timeSlices(pool);
    return pool.labels[devicePluginConfigLabel] ?? (slices > 1 ? `time-slicing-${String(slices)}` : WHOLE);
}

/**
 * Configurations of the device plugin, or undefined where no pool shares its GPUs. Nodes without the label have whole GPUs, unless
 * all pools are sliced alike.
 */
export function devicePluginConfigs(pools: NodePoolArgs[]): DevicePluginConfigs | undefined {
    if (pools.every((pool) => timeSlices(pool) === 1)) {
        return undefined;
    }
    const names = new Set(pools.map(devicePluginConfigName));
    const [only] = [...names];
    return {
        default: names.size === 1 && only !== undefined ? only : WHOLE,
        data: {
            [WHOLE]: stringify({ version: "v1" }),
            ...Object.fromEntries(pools.map((pool) => [devicePluginConfigName(pool), sharing(timeSlices(pool))])),
        },
    };
}

/** MIG layouts by name, as the MIG manager's `mig-parted` reads them; undefined where no pool uses MIG. */
export function migConfig(pools: NodePoolArgs[]): string | undefined {
    const layouts: { [name: string]: object[] } = {};
    for (const pool of pools) {
        const layout = pool.labels[nodeLabels.migConfig];
        if (layout === undefined) {
            continue;
        }
        const profile = layout.replace(/^all-/, "").replace(/\.me$/, "+me");
        const entry = findInstance(pool.instanceType);
        layouts[layout] =
            layout === "all-disabled" || entry === undefined
                ? [{ devices: "all", "mig-enabled": false }]
                : [
                      {
                          devices: "all",
                          "mig-enabled": true,
                          "mig-devices": { [profile]: migInstancesPerGpu(entry, profile) },
                      },
                  ];
    }
    return Object.keys(layouts).length === 0
        ? undefined
        : stringify({
              version: "v1",
              "mig-configs": { "all-disabled": [{ devices: "all", "mig-enabled": false }], ...layouts },
          });
}

/**
 * Requests for more than one slice are refused: they would get slices of the same GPU and expect more memory than there is.
 */
function sharing(slices: number): string {
    return stringify(
        slices === 1
            ? { version: "v1" }
            : {
                  version: "v1",
                  sharing: {
                      timeSlicing: {
                          renameByDefault: false,
                          failRequestsGreaterThanOne: true,
                          resources: [{ name: "nvidia.com/gpu", replicas: slices }],
                      },
                  },
              },
    );
}
