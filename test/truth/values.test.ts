/** Helm values of every release against the chart's own keys: the catalogue's for all, and the very chart where a Go module ships it. */
import { readFileSync, existsSync } from "node:fs";
import * as path from "node:path";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { chartImages, chartValues, chartsWithImages, findRelease, release, unknownChartValues } from "../../catalog";
import { mirroredValues } from "../../components/helm-chart";
import { pinnedModule } from "../support/go-modules";
import { names, releasesIn, type Planned } from "./planned";

/** Charts that a module of the registry ships: chart, module, folder in it. */
const SHIPPED: [string, string, string][] = [
    ["kueue", "kueue-module", "charts/kueue"],
    ["jobset", "jobset-module", "charts/jobset"],
    ["kubeflow-trainer", "kubeflow-trainer-module", "charts/kubeflow-trainer"],
    ["node-feature-discovery", "node-feature-discovery-module", "deployment/helm/node-feature-discovery"],
    ["lws", "lws-module", "charts/lws"],
];

interface Values {
    [key: string]: unknown;
}

function isMap(value: unknown): value is Values {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Paths of `values` that `defaults` does not have. An empty map or nothing as a default takes any key. */
function unknownTo(defaults: Values, values: Values, prefix = ""): string[] {
    return Object.entries(values).flatMap(([key, value]) => {
        const place = `${prefix}${key}`;
        if (!(key in defaults)) {
            return [place];
        }
        const below = defaults[key];
        return isMap(value) && isMap(below) && Object.keys(below).length > 0
            ? unknownTo(below, value, `${place}.`)
            : [];
    });
}

function chartFolder(module: string, folder: string): string {
    return path.join(pinnedModule(module), folder);
}

function defaultsOf(module: string, folder: string): Values {
    return parse(readFileSync(path.join(chartFolder(module, folder), "values.yaml"), "utf8")) as Values;
}

/** Name of a release's chart: a second release of one chart has a name of its own. */
function chartOf({ inputs }: Planned): string {
    return (inputs["chart"] as string).split("/").at(-1) ?? "";
}

describe("Helm values", () => {
    let releases: Planned[] = [];
    beforeAll(async () => {
        releases = (await Promise.all(names.map(releasesIn))).flat();
    });

    const valuesOf = (chart: string): Values[] =>
        releases.filter((planned) => chartOf(planned) === chart).map(({ inputs }) => inputs["values"] as Values);

    it("of every release hold no key that the pinned chart does not read", () => {
        expect(releases.length).toBeGreaterThan(15);
        for (const planned of releases) {
            const { environment, inputs } = planned;
            const chart = chartOf(planned);
            expect(chartValues(chart), `${chart} has keys in the catalogue`).toBeDefined();
            expect(inputs["version"], chart).toBe(release(chart).version);
            expect(unknownChartValues(chart, inputs["values"] as Values), `${environment}: ${chart}`).toEqual([]);
        }
    });

    it.each(SHIPPED)("of %s are keys of the chart that its module ships", (chart, module, folder) => {
        const defaults = defaultsOf(module, folder);
        for (const values of [...valuesOf(chart), mirroredValues(chart, "registry.example.com/mirror")]) {
            expect(unknownTo(defaults, values)).toEqual([]);
        }
    });

    it.each(SHIPPED)("that the catalogue knows of %s are those of the shipped chart", (chart, module, folder) => {
        const defaults = defaultsOf(module, folder);
        const top = (chartValues(chart)?.keys ?? []).filter((key) => !key.includes("."));
        // Commented-out keys and those of subcharts are read by templates without having a default.
        expect(Object.keys(defaults).filter((key) => !top.includes(key))).toEqual([]);
        const file = parse(readFileSync(path.join(chartFolder(module, folder), "Chart.yaml"), "utf8")) as {
            name: string;
        };
        expect(file.name).toBe(findRelease(chart)?.chart ?? chart);
    });

    it("of node-feature-discovery fit the schema that the chart ships", () => {
        const file = path.join(
            chartFolder("node-feature-discovery-module", "deployment/helm/node-feature-discovery"),
            "values.schema.json",
        );
        expect(existsSync(file)).toBe(true);
        const schema = JSON.parse(readFileSync(file, "utf8")) as { $schema?: string };
        delete schema.$schema;
        const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
        const found = valuesOf("node-feature-discovery");
        expect(found.length).toBeGreaterThan(0);
        for (const values of found) {
            expect(validate(values), JSON.stringify(validate.errors)).toBe(true);
        }
        expect(validate({ worker: { tolerations: "all" } })).toBe(false);
    });

    it("would be found wrong after a key was misspelt", () => {
        const defaults = defaultsOf("kueue-module", "charts/kueue");
        expect(unknownTo(defaults, { controllerManager: { manger: {} } })).toEqual(["controllerManager.manger"]);
        expect(unknownChartValues("kueue", { controllerManger: {} })).toMatchObject([
            { path: "controllerManger", suggestion: "controllerManager" },
        ]);
    });
});

describe("image locations of charts", () => {
    it.each(chartsWithImages().filter((chart) => chartValues(chart) !== undefined))(
        "of %s are values that it reads",
        (chart) => {
            expect(unknownChartValues(chart, mirroredValues(chart, "registry.example.com"))).toEqual([]);
        },
    );

    it("cover every image that the catalogue lists for a chart, by registry and path", () => {
        for (const chart of chartsWithImages()) {
            const facts = chartImages(chart);
            const moved = Object.values(facts?.values ?? {});
            const images = findRelease(chart)?.inside?.images ?? [];
            // One key for all registries of a chart and its subcharts.
            const global = Object.keys(facts?.values ?? {}).some((key) => /^(global\.)?imageRegistry$/.test(key));
            const left = images.filter(
                (image) =>
                    !global &&
                    !moved.some((location) => image.startsWith(`${location}/`) || image.startsWith(`${location}:`)),
            );
            expect(
                left.filter((image) => !(facts?.hidden ?? []).includes(image)),
                chart,
            ).toEqual([]);
        }
    });
});
