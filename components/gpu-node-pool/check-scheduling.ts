/** Labels and taints as Kubernetes and EKS accept them, without those that have an owner. */
import { kilogpuLabels, nodeLabels } from "../../catalog/topology";
import { oneOf, show } from "../input";
import type { InputProblem } from "../input";
import type { PoolTaint } from "./pool";

/** Effects of a taint. */
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Labels that the pool or another owner sets: changing one would take nodes out of their queue. */
const OWNED: string[] = [
    kilogpuLabels.pool,
    kilogpuLabels.capacityGroup,
    kilogpuLabels.fabric,
    nodeLabels.gpuPresent,
    nodeLabels.migConfig,
    "nvidia.com/device-plugin.config",
];

/** Prefixes that the kubelet refuses on its own node, or that EKS keeps. */
const RESERVED_PREFIXES = ["kubernetes.io", "k8s.io", "eks.amazonaws.com", "topology.k8s.aws"];

/** Mistakes in the pool's labels. */
export function checkLabels(labels: { [key: string]: string }): InputProblem[] {
    return Object.entries(labels).flatMap(([key, value]) => {
        const path = `labels["${key}"]`;
        const prefix = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
        const reserved = RESERVED_PREFIXES.some((legal) => prefix === legal || prefix.endsWith(`.${legal}`));
        if (OWNED.includes(key) || (reserved && !prefix.endsWith("node.kubernetes.io"))) {
            return [
                {
                    path,
                    got: show(value),
                    legal: "this label has an owner: the pool, the kubelet or EKS sets it",
                    remedy: "Use a key of your own domain, such as example.com/team.",
                },
            ];
        }
        if (!isLabelKey(key) || !(value === "" || NAME.test(value))) {
            return [
                {
                    path,
                    got: show(value),
                    legal: "keys and values are at most 63 letters, digits, hyphens, dots and underscores; a key may have a DNS prefix",
                    remedy: "Shorten it, and take other characters out.",
                },
            ];
        }
        return [];
    });
}

/** Mistakes in the pool's taints. */
export function checkTaints(taints: PoolTaint[]): InputProblem[] {
    return taints.flatMap((taint, index) => {
        const path = `taints[${String(index)}]`;
        const twin = taints.findIndex((other) => other.key === taint.key && other.effect === taint.effect);
        return [
            ...oneOf(`${path}.effect`, taint.effect, EFFECTS),
            ...(isLabelKey(taint.key) && (taint.value === "" || NAME.test(taint.value))
                ? []
                : [
                      {
                          path: `${path}.key`,
                          got: show(`${taint.key}=${taint.value}`),
                          legal: "a taint has the syntax of a label",
                          remedy: "Shorten it, and take other characters out.",
                      },
                  ]),
            ...(twin === index
                ? []
                : [
                      {
                          path,
                          got: show(`${taint.key}:${taint.effect}`),
                          legal: "a key has one taint of each effect",
                          remedy: "Remove the repetition.",
                      },
                  ]),
        ];
    });
}

function isLabelKey(key: string): boolean {
    const slash = key.indexOf("/");
    return slash < 0 ? NAME.test(key) : PREFIX.test(key.slice(0, slash)) && NAME.test(key.slice(slash + 1));
}
