/**
 * The values of an environment's releases against the charts themselves, where their repositories can be reached: the catalogue's
 * keys were read from a chart's source, and this reads the chart that Helm would install.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { findRelease } from "../../catalog";
import type { Plan } from "../plan/contract";
import type { Json } from "../plan/values";
import { SchemaSet } from "./strict-schema";

const run = promisify(execFile);

/** What `helm show` says of one chart. */
export interface ShownChart {
    values: { [key: string]: unknown };
    /** Names of the CRDs in the chart's crds folder. */
    crds: string[];
    /** The CRDs themselves, as YAML. */
    definitions: string;
}

/** What came of one release. */
export interface ChartFinding {
    chart: string;
    version: string;
    /** Absent where the repository was not reached; then `problem` says so. */
    unknownKeys?: string[];
    /** CRDs that the catalogue says the chart brings, and it does not have in its crds folder or templates. */
    missingCrds?: string[];
    problem?: string;
    /** The chart's CRDs, as YAML. */
    definitions?: string;
}

/** What came of the objects of the charts' kinds. */
export interface ObjectFindings {
    /** Objects that a CRD of a chart has judged. */
    judged: number;
    /** `train-infiniband-policy: spec.nvIpan: unknown field`. */
    violations: string[];
    /** Kinds that no CRD of a chart describes: operators bring them later. */
    unjudged: string[];
}

type JsonMap = { [key: string]: Json };

function isMap(value: unknown): value is { [key: string]: unknown } {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Paths of values that a chart's defaults do not have. Below an empty map, a list or nothing, anything goes. */
export function keysUnknownTo(
    defaults: { [key: string]: unknown },
    values: { [key: string]: unknown },
    prefix = "",
): string[] {
    return Object.entries(values).flatMap(([key, value]) => {
        const path = `${prefix}${key}`;
        if (!(key in defaults)) {
            return key === "global" ? [] : [path];
        }
        const below = defaults[key];
        return isMap(value) && isMap(below) && Object.keys(below).length > 0
            ? keysUnknownTo(below, value, `${path}.`)
            : [];
    });
}

/** Asks Helm for a chart. `reference` as a Release has it: a chart name with a repository, an OCI reference, or a path. */
async function show(reference: string, repository: string, version: string): Promise<ShownChart> {
    const place = [reference, ...(repository === "" ? [] : ["--repo", repository]), "--version", version];
    const helm = async (what: string): Promise<string> =>
        (await run("helm", ["show", what, ...place], { maxBuffer: 64 * 2 ** 20, timeout: 60_000 })).stdout;
    const [values, crds] = await Promise.all([helm("values"), helm("crds")]);
    return {
        values: (parse(values) ?? {}) as ShownChart["values"],
        crds: parseAllDocuments(crds)
            .map((document) => (document.toJS() as { metadata?: { name?: string } } | null)?.metadata?.name)
            .filter((name): name is string => name !== undefined),
        definitions: crds,
    };
}

/** One sentence for a chart that could not be read. */
export function whyUnreadable(chart: string, place: string, error: unknown): string {
    const known = error as { code?: string; stderr?: string; message?: string };
    if (known.code === "ENOENT") {
        return "helm is not on PATH: install it, or put the twin's there (kilogpu twin tools says where it lies)";
    }
    const said = (known.stderr ?? known.message ?? "").trim().split("\n").at(-1) ?? "";
    return `${chart} was not checked: ${place} cannot be reached from here (${said})`;
}

/** Checks every release of a plan. `read` is replaced in tests. */
export async function checkCharts(plan: Plan, read: typeof show = show): Promise<ChartFinding[]> {
    const releases = plan.resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    return Promise.all(
        releases.map(async ({ inputs }): Promise<ChartFinding> => {
            const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
            const reference = text(inputs["chart"]);
            const repository = text((inputs["repositoryOpts"] as JsonMap | undefined)?.["repo"]);
            const finding = { chart: reference.split("/").pop() ?? reference, version: text(inputs["version"]) };
            try {
                const chart = await read(reference, repository, finding.version);
                const promised = findRelease(finding.chart)?.inside?.crds ?? [];
                return {
                    ...finding,
                    definitions: chart.definitions,
                    unknownKeys: keysUnknownTo(chart.values, (inputs["values"] ?? {}) as JsonMap),
                    // A chart without a crds folder keeps them in templates, which only an installation renders.
                    missingCrds: chart.crds.length === 0 ? [] : promised.filter((name) => !chart.crds.includes(name)),
                };
            } catch (error) {
                return { ...finding, problem: whyUnreadable(finding.chart, repository || reference, error) };
            }
        }),
    );
}

/** Stands in a plan for what only an update knows. */
const COMPUTED = "<computed>";
/** Groups that Kubernetes serves itself. */
const BUILT_IN = /^(|[a-z]+|([a-z.]+\.)?(?<!x-)k8s\.io)$/;

/**
 * Holds a plan's objects against the charts' own CRDs, as an API server with strict validation would: unknown fields, types, enums, patterns,
 * bounds, what is missing. Rules in CEL and webhooks are left to a cluster.
 */
export function checkObjects(plan: Plan, definitions: readonly string[]): ObjectFindings {
    const schemas = definitions.reduce((set, text) => set.addCrdText(text), new SchemaSet(COMPUTED));
    const findings: ObjectFindings = { judged: 0, violations: [], unjudged: [] };
    for (const { name, type, inputs } of plan.resources) {
        const { apiVersion, kind } = inputs;
        if (!type.startsWith("kubernetes:") || typeof apiVersion !== "string" || typeof kind !== "string") {
            continue;
        }
        if (schemas.kinds.has(`${apiVersion}/${kind}`)) {
            findings.judged += 1;
            findings.violations.push(
                ...schemas.violations(inputs, name).map((line) => line.replace(`${name}.`, `${name}: `)),
            );
        } else if (!BUILT_IN.test(apiVersion.split("/").slice(0, -1).join("/")) && !findings.unjudged.includes(kind)) {
            findings.unjudged.push(kind);
        }
    }
    return findings;
}
