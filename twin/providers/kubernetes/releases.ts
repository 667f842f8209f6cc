/** Helm releases in the twin: the queueing and training controllers are installed, device plugins have their effect, the rest is recorded. */
import { createHash } from "node:crypto";
import { installChart, uninstallChart } from "../../control-plane/charts/install";
import { requireControlPlane } from "../../control-plane/control-plane";
import { ControllerChart } from "../../control-plane/types";
import { silentProgress } from "../../progress";
import { ensureTools, ToolName, type Toolchain } from "../../toolchain";
import { digest } from "../cloud-store";
import { devicePluginOf, installPlugin, removePlugin } from "../device-plugins";
import { changes } from "../runtime/diff";
import type { CheckResult, DiffResult, ResourceIdentity } from "../runtime/provider";
import { isObject, isUnknown, type Values } from "../runtime/values";
import { networkOperatorChart } from "./network-operator";

export const releaseType = "kubernetes:helm.sh/v3:Release";

/** How a release exists in the twin. */
export type ReleaseFidelity = "real" | "simulated" | "recorded";

const controllers: { [chart in ControllerChart]: ToolName[] } = {
    [ControllerChart.Kueue]: [ToolName.Kueue, ToolName.Helm, ToolName.Kubectl],
    [ControllerChart.Jobset]: [ToolName.Jobset, ToolName.Helm, ToolName.Kubectl],
    [ControllerChart.Trainer]: [ToolName.Trainer, ToolName.Helm, ToolName.Kubectl],
};

/** The value where it is text, else nothing. */
export function textOf(value: unknown): string {
    return typeof value === "string" ? value : "";
}

/** Name of a chart without its repository: `oci://registry/charts/kueue` and `./mirror/kueue-0.19.2.tgz` are `kueue`. */
export function chartName(chart: string): string {
    const last = chart.split("/").at(-1) ?? chart;
    return last.replace(/-v?\d+\.\d+\.\d+[^/]*\.tgz$/, "").replace(/\.tgz$/, "");
}

export function controllerOf(chart: string): ControllerChart | undefined {
    const name = chartName(chart);
    return Object.values(ControllerChart).find((each) => each === name);
}

export function fidelityOf(urn: string, chart: string, values: { [key: string]: unknown }): ReleaseFidelity {
    if (controllerOf(chart) !== undefined) {
        return "real";
    }
    const name = chartName(chart);
    // The network operator's effect comes with its policies (see network-operator.ts).
    return name === networkOperatorChart || devicePluginOf(urn, name, values) !== undefined ? "simulated" : "recorded";
}

/** Name and namespace filled in. */
export function checkRelease(resource: ResourceIdentity, olds: Values | undefined, news: Values): CheckResult {
    const inputs: Values = { ...news };
    inputs["name"] ??= olds?.["name"] ?? `${resource.name.slice(0, 44)}-${digest(resource.urn, 8)}`;
    inputs["namespace"] ??= "default";
    const failures =
        typeof inputs["chart"] === "string"
            ? []
            : [{ property: "chart", reason: "a release needs the name of its chart" }];
    return { inputs, failures };
}

export function diffRelease(olds: Values, news: Values): DiffResult {
    const found = changes(olds, news, ["name", "namespace"]);
    return { changes: found, deleteBeforeReplace: false };
}

function valuesOf(inputs: Values): { [key: string]: unknown } {
    return isObject(inputs["values"]) ? inputs["values"] : {};
}

async function toolsFor(chart: ControllerChart, version: string): Promise<Toolchain> {
    const kubernetesVersion = version.replace(/^v/, "").split(".").slice(0, 2).join(".");
    return ensureTools(controllers[chart], { kubernetesVersion, progress: silentProgress });
}

/** Installs or upgrades. May be repeated. */
export async function applyRelease(environment: string, urn: string, inputs: Values): Promise<void> {
    const [chart, name, namespace] = [inputs["chart"], inputs["name"], inputs["namespace"]].map(textOf);
    if (chart === undefined || chart === "" || isUnknown(chart)) {
        throw new Error("the release's chart is not known");
    }
    const controller = controllerOf(chart);
    const values = valuesOf(inputs);
    const plane = requireControlPlane(environment);
    try {
        if (controller !== undefined) {
            await installChart(environment, controller, {
                namespace: namespace ?? "default",
                releaseName: name ?? chart,
                values,
                toolchain: await toolsFor(controller, plane.version),
                progress: silentProgress,
            });
            return;
        }
        const plugin = devicePluginOf(urn, chartName(chart), values);
        if (plugin === undefined) {
            await removePlugin(environment, plane.api, urn);
        } else {
            await installPlugin(environment, plane.api, plugin);
        }
    } finally {
        plane.api.close();
    }
}

export async function removeRelease(environment: string, urn: string, inputs: Values): Promise<void> {
    const controller = controllerOf(textOf(inputs["chart"]));
    if (controller !== undefined) {
        await uninstallChart(environment, controller);
        return;
    }
    const plane = requireControlPlane(environment);
    try {
        await removePlugin(environment, plane.api, urn);
    } finally {
        plane.api.close();
    }
}

/** What programs read of a release. */
export function releaseOutputs(urn: string, inputs: Values): Values {
    const chart = textOf(inputs["chart"]);
    return {
        ...inputs,
        resourceNames: {},
        status: {
            name: inputs["name"],
            namespace: inputs["namespace"],
            chart: chartName(chart),
            version: inputs["version"] ?? "",
            revision: 1,
            status: fidelityOf(urn, chart, valuesOf(inputs)) === "recorded" ? "recorded only" : "deployed",
        },
    };
}

/** Short hash of the values, for the inventory: values may hold secrets, so they are not kept themselves. */
export function valuesHash(inputs: Values): string {
    return createHash("sha256")
        .update(JSON.stringify(valuesOf(inputs)))
        .digest("hex")
        .slice(0, 12);
}
