/** Renders a controller's own shipped chart with the user's values, offline, by helm itself. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments, stringify } from "yaml";
import { ToolName } from "../../toolchain/types";
import type { KubernetesObject } from "../api-client";
import { ControllerChart, type ChartOptions } from "../types";

export interface RenderedChart {
    /** Of the chart's `crds` folders: helm installs them first and never removes them. */
    crds: KubernetesObject[];
    /** Everything else, hooks left out, namespaces filled in by whoever applies them. */
    objects: KubernetesObject[];
    /** What differs from the chart as published, for the user to read. */
    notes: string[];
}

/** The chart refused the values, or does not render. */
export class ChartError extends Error {
    constructor(chart: string, message: string) {
        super(`Chart ${chart}: ${message}`);
        this.name = "ChartError";
    }
}

interface ChartFile {
    name: string;
    version: string;
    dependencies?: { name: string; version: string; repository?: string; condition?: string }[];
}

/** The Go module that ships each chart. */
const shippedBy: { [chart in ControllerChart]: ToolName } = {
    [ControllerChart.Kueue]: ToolName.Kueue,
    [ControllerChart.Jobset]: ToolName.Jobset,
    [ControllerChart.Trainer]: ToolName.Trainer,
};

/** `work` is a folder for this chart's files. */
export async function renderChart(chart: ControllerChart, options: ChartOptions, work: string): Promise<RenderedChart> {
    const notes: string[] = [];
    const folder = assemble(chart, options, join(work, "chart"), notes);
    const values = join(work, "values.yaml");
    writeFileSync(values, stringify(options.values), { mode: 0o600 });
    const text = await helm(chart, options, folder, values, work);
    const objects = parseObjects(text).filter((object) => object.metadata.annotations?.["helm.sh/hook"] === undefined);
    return { crds: crdsOf(folder), objects, notes };
}

/** Non-empty documents of a YAML stream. */
export function parseObjects(text: string): KubernetesObject[] {
    return parseAllDocuments(text, { uniqueKeys: false })
        .map((document) => document.toJS() as KubernetesObject | null)
        .filter((object): object is KubernetesObject => object !== null && typeof object.kind === "string");
}

async function helm(
    chart: string,
    options: ChartOptions,
    folder: string,
    values: string,
    work: string,
): Promise<string> {
    const home = join(work, "helm");
    const args = ["template", options.releaseName, folder, "--namespace", options.namespace, "--values", values];
    try {
        const { stdout } = await promisify(execFile)(options.toolchain.path(ToolName.Helm), args, {
            maxBuffer: 1 << 28,
            // Neither the user's repositories nor their kubeconfig have a say in it.
            env: {
                PATH: process.env["PATH"],
                HOME: home,
                HELM_CACHE_HOME: home,
                HELM_CONFIG_HOME: home,
                HELM_DATA_HOME: home,
            },
        });
        return stdout;
    } catch (error) {
        throw new ChartError(chart, String((error as { stderr?: string }).stderr ?? error).trim());
    }
}

/** The chart with its dependencies where helm looks for them. Those that the twin has no chart of are left out, with a note. */
function assemble(chart: ControllerChart, options: ChartOptions, to: string, notes: string[]): string {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { recursive: true });
    cpSync(shippedChart(chart, options), to, { recursive: true });
    const chartFile = parse(readFileSync(join(to, "Chart.yaml"), "utf8")) as ChartFile;
    const kept: NonNullable<ChartFile["dependencies"]> = [];
    for (const dependency of chartFile.dependencies ?? []) {
        const enabled = (dependency.condition ?? "")
            .split(",")
            .map((path) => valueAt(options.values, path) ?? valueAt(defaultsOf(to), path))
            .find((value) => value !== undefined);
        if (enabled === false) {
            continue;
        }
        if (dependency.name !== ControllerChart.Jobset) {
            notes.push(`${chart}: the chart's dependency ${dependency.name} is not run in the twin`);
            continue;
        }
        const source = shippedChart(ControllerChart.Jobset, options);
        cpSync(source, join(to, "charts", dependency.name), { recursive: true });
        const { version } = parse(readFileSync(join(source, "Chart.yaml"), "utf8")) as ChartFile;
        if (version !== dependency.version) {
            notes.push(
                `${chart} asks for ${dependency.name} ${dependency.version}; the twin runs the pinned ${version}`,
            );
        }
        kept.push({ ...dependency, version });
    }
    writeFileSync(
        join(to, "Chart.yaml"),
        stringify({ ...chartFile, dependencies: kept.length === 0 ? undefined : kept }),
    );
    return to;
}

function shippedChart(chart: ControllerChart, options: ChartOptions): string {
    const folder = join(options.toolchain.moduleDir(shippedBy[chart]), "charts", chart);
    if (!existsSync(join(folder, "Chart.yaml"))) {
        throw new ChartError(chart, `not found in ${folder}`);
    }
    return folder;
}

function crdsOf(folder: string): KubernetesObject[] {
    const subcharts = join(folder, "charts");
    const folders = [
        folder,
        ...(existsSync(subcharts) ? readdirSync(subcharts).map((name) => join(subcharts, name)) : []),
    ];
    return folders
        .map((chart) => join(chart, "crds"))
        .filter((crds) => existsSync(crds))
        .flatMap((crds) =>
            readdirSync(crds)
                .sort()
                .map((file) => readFileSync(join(crds, file), "utf8")),
        )
        .flatMap(parseObjects);
}

function defaultsOf(folder: string): ChartOptions["values"] {
    return (parse(readFileSync(join(folder, "values.yaml"), "utf8")) ?? {}) as ChartOptions["values"];
}

function valueAt(values: unknown, path: string): unknown {
    return path.split(".").reduce<unknown>((at, key) => (at as { [key: string]: unknown } | undefined)?.[key], values);
}
