/**
 * What a change does to what runs: which inputs force a replacement, which restart nodes, which leave everything alone. The engine asks the
 * provider; a plan has none. Of AWS it asks the twin's table, so that plan and twin know of the same replacements; the rest stands here.
 */
import { makesVersion } from "../../twin/providers/aws/launch-template";
import { specifications } from "../../twin/providers/aws/specifications";
import { immutable } from "../../twin/providers/kubernetes/objects";
import type { Values } from "../../twin/providers/runtime/values";
import type { PlannedResource } from "./contract";

/** How much a change disturbs, from nothing to everything. */
export const Disruption = {
    None: "no-op",
    InPlace: "in place",
    Drain: "drain",
    Restart: "restart",
    Replace: "replace",
} as const;
export type Disruption = (typeof Disruption)[keyof typeof Disruption];

/** From the mildest to the gravest. */
export const GRAVITY: readonly Disruption[] = Object.values(Disruption);

/** A disruption and what it is in words. */
export interface Consequence {
    disruption: Disruption;
    effect: string;
}

/** Inputs whose change restarts what runs on a resource. Source: EKS user guide, managed node group update behaviour and cluster updates. */
const RESTARTS: { [type: string]: { paths: string[]; effect: string } } = {
    "aws:eks/cluster:Cluster": {
        paths: ["version"],
        effect: "the control plane is upgraded; nodes follow by their own version",
    },
    "aws:eks/nodeGroup:NodeGroup": {
        paths: ["launchTemplate", "version", "releaseVersion"],
        effect: "nodes are drained and replaced in batches of updateConfig.maxUnavailable",
    },
};

/**
 * Fields that an API refuses to change, beside those of Kubernetes itself. Sources: API validation and webhooks of Kueue v0.19 (a Topology's
 * levels) and of Trainer v2.2 (a TrainJob that is not suspended).
 */
const FROZEN: { [type: string]: string[] } = {
    "kubernetes:kueue.x-k8s.io/v1beta2:Topology": ["spec"],
    "kubernetes:trainer.kubeflow.org/v1alpha1:TrainJob": [
        "spec.runtimeRef",
        "spec.trainer",
        "spec.runtimePatches",
        "spec.initializer",
    ],
};

/** What a replacement means beyond itself. */
const AFTERMATH: { [type: string]: string } = {
    "aws:fsx/lustreFileSystem:LustreFileSystem": "the new file system is empty",
    "aws:s3/bucket:Bucket": "the new bucket is empty",
    "kubernetes:trainer.kubeflow.org/v1alpha1:TrainJob":
        "the job stops, and starts again from its last checkpoint where it keeps some",
};

/** Charts whose upgrade touches running pods, by chart name. Source: each chart's upgrade notes, at the project's home that catalog/data/releases.json names. */
const CHART_EFFECTS: { [chart: string]: { disruption: Disruption; effect: string } } = {
    "gpu-operator": {
        disruption: Disruption.Restart,
        effect: "device plugin and toolkit restart; with driver owner operator, drivers reload node by node after training pods have finished",
    },
    "network-operator": {
        disruption: Disruption.Restart,
        effect: "device plugins restart; a new DOCA driver reloads node by node",
    },
    "aws-efa-k8s-device-plugin": {
        disruption: Disruption.InPlace,
        effect: "the device plugin restarts; running pods keep their devices",
    },
    kueue: {
        disruption: Disruption.InPlace,
        effect: "admission pauses while the controller restarts; admitted jobs run on",
    },
    jobset: { disruption: Disruption.InPlace, effect: "the controller restarts; running jobs run on" },
    "kubeflow-trainer": { disruption: Disruption.InPlace, effect: "the controller restarts; running jobs run on" },
};

/** Values of charts that end in the claim template of a StatefulSet. */
const CLAIM_SIZES: { [chart: string]: RegExp } = { loki: /\.persistence\.size$/ };

/** What another version, or other values, of a chart do. */
export function chartConsequence(chart: string, paths: readonly string[], values?: unknown): Consequence {
    if (paths.some((path) => CLAIM_SIZES[chart]?.test(path) === true)) {
        return {
            disruption: Disruption.Restart,
            effect: JSON.stringify(values ?? {}).includes('"enableStatefulSetRecreationForSizeChange":true')
                ? "its StatefulSet is made anew around its volume, which grows but never shrinks"
                : "the size of its volume changes, which Kubernetes refuses in a StatefulSet: first kubectl delete statefulset --cascade=orphan",
        };
    }
    return (
        CHART_EFFECTS[chart] ?? {
            disruption: Disruption.InPlace,
            effect: "the chart's workloads roll as their own strategy says",
        }
    );
}

/** Whether a path is that of `prefix`, lies below it, or above it. */
function touches(path: string, prefix: string): boolean {
    return (
        path === prefix ||
        path.startsWith(`${prefix}.`) ||
        path.startsWith(`${prefix}[`) ||
        prefix.startsWith(`${path}.`)
    );
}

function replacing(type: string, before: Values, after: Values): string[] {
    if (type.startsWith("kubernetes:")) {
        const kind = type.split(":").pop() ?? "";
        const sealed = (kind === "ConfigMap" || kind === "Secret") && before["immutable"] === true;
        return [
            "metadata.name",
            "metadata.namespace",
            ...(immutable[kind] ?? []),
            ...(FROZEN[type] ?? []),
            ...(sealed ? ["data", "stringData", "binaryData", "immutable"] : []),
        ];
    }
    const known = specifications[type];
    return [...(known?.replaceOn ?? []), ...(known?.replaceIf?.(before, after) ?? [])];
}

/** Whether old and new cannot exist together, so that the old one goes first. */
function goesFirst(type: string, before: Values, after: Values): boolean {
    const name = (of: Values): unknown =>
        type.startsWith("kubernetes:")
            ? JSON.stringify([
                  (of["metadata"] as Values | undefined)?.["name"],
                  (of["metadata"] as Values | undefined)?.["namespace"],
              ])
            : of[specifications[type]?.autoName ?? ""];
    return specifications[type]?.autoName === undefined && !type.startsWith("kubernetes:")
        ? specifications[type]?.id !== undefined
        : name(before) !== undefined && name(before) === name(after);
}

/** What changing these input paths of a resource does. */
export function consequenceOf(before: PlannedResource, after: PlannedResource, paths: readonly string[]): Consequence {
    const { type } = after;
    if (paths.length === 0) {
        return { disruption: Disruption.None, effect: "" };
    }
    if (type === "kubernetes:helm.sh/v3:Release") {
        const chart = after.inputs["chart"];
        return chartConsequence(
            (typeof chart === "string" ? chart : "").split("/").pop() ?? "",
            paths,
            after.inputs["values"],
        );
    }
    const [olds, news] = [before.inputs as Values, after.inputs as Values];
    if (replacing(type, olds, news).some((prefix) => paths.some((path) => touches(path, prefix)))) {
        const order = goesFirst(type, olds, news)
            ? "the old one is deleted first, then the new one is created"
            : "the new one is created first, then the old one is deleted";
        const aftermath = AFTERMATH[type] === undefined ? "" : `; ${AFTERMATH[type]}`;
        const refused = before.protect ? "; it is protected, so that the update stops here" : "";
        return { disruption: Disruption.Replace, effect: `replaced: ${order}${aftermath}${refused}` };
    }
    const restart = RESTARTS[type];
    return restart?.paths.some((prefix) => paths.some((path) => touches(path, prefix))) === true
        ? { disruption: Disruption.Restart, effect: restart.effect }
        : { disruption: Disruption.InPlace, effect: "changed in place" };
}

/** Of an updated resource, the outputs that it has anew; all of them where it was replaced. */
export function renews(type: string, paths: readonly string[]): (path: string) => boolean {
    return type === "aws:ec2/launchTemplate:LaunchTemplate" && paths.some(makesVersion)
        ? (path) => path.endsWith(".version")
        : () => false;
}
