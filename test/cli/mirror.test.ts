/** With both mirrors set, nothing in any environment points outside them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { chartImages, inMirror, withoutRegistry } from "../../catalog";
import { mirrorItems, type MirrorItem } from "../../cli/delivery/mirror";
import type { Lock } from "../../cli/lock/lock";
import type { PlannedResource } from "../../cli/plan/contract";
import { evaluate } from "../../cli/plan/evaluate";
import { environments, readProject, readStack } from "../../cli/plan/project";
import { forDisplay, type Json } from "../../cli/plan/values";

const project = readProject(path.join(__dirname, "..", ".."));
const IMAGES = "registry.example.com/site";
const CHARTS = "oci://registry.example.com/charts";
/** Registries that the catalogue's images and charts come from. */
const OUTSIDE =
    /(nvcr\.io|registry\.k8s\.io|ghcr\.io|quay\.io|docker\.io|public\.ecr\.aws|\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com|helm\.ngc\.nvidia\.com|github\.io)/;

describe("mirrors", () => {
    it.each(environments(project))("of %s leave no reference outside", async (environment) => {
        const stack = readStack(project, environment);
        const values = { ...stack.values, "kilogpu:imageMirror": IMAGES, "kilogpu:chartMirror": CHARTS };
        const { resources } = await evaluate(project, environment, { ...stack, values });
        const inCluster = resources.filter(({ type, custom }) => custom && type.startsWith("kubernetes:"));
        const releases = inCluster.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
        expect(releases.length).toBeGreaterThan(4);
        for (const { name, inputs } of releases) {
            const {
                chart,
                repositoryOpts,
                values: given,
            } = forDisplay(inputs) as { chart: string; repositoryOpts?: object; values: object };
            expect(chart.startsWith(`${CHARTS}/`), name).toBe(true);
            expect(repositoryOpts, name).toBeUndefined();
            const locations = Object.keys(chartImages(chart.slice(CHARTS.length + 1))?.values ?? {});
            expect(locations.length === 0 || JSON.stringify(given).includes(IMAGES), name).toBe(true);
        }
        const outside = inCluster.filter(({ inputs }) => OUTSIDE.test(JSON.stringify(forDisplay(inputs))));
        expect(
            outside.map(
                ({ name, inputs }) => `${name}: ${OUTSIDE.exec(JSON.stringify(forDisplay(inputs)))?.[0] ?? ""}`,
            ),
        ).toEqual([]);
    });

    it.each([
        ["nvcr.io/nvidia/driver:1", "nvidia/driver:1"],
        ["localhost:5000/a/b@sha256:0", "a/b@sha256:0"],
        ["pytorch/pytorch:2", "pytorch/pytorch:2"],
        ["ghcr.io", ""],
        ["busybox:1.37", "busybox:1.37"],
    ])("place %s at %s", (reference, rest) => {
        expect(withoutRegistry(reference)).toBe(rest);
        expect(inMirror(`${IMAGES}/`, reference)).toBe(rest === "" ? IMAGES : `${IMAGES}/${rest}`);
    });
});

describe("a chart whose images only it can name", () => {
    const LOKI = { release: "loki", namespace: "monitoring", chart: "loki", repository: "", version: "18.11.0" };

    function asked(values: { [key: string]: Json }, imageMirror?: string): MirrorItem {
        const release: PlannedResource = {
            urn: "urn:loki",
            type: "kubernetes:helm.sh/v3:Release",
            name: "train-monitoring-loki",
            parent: null,
            custom: true,
            inputs: { name: "loki", namespace: "monitoring", chart: "loki", values },
            dependencies: [],
            propertyDependencies: {},
            protect: false,
        };
        const lock: Lock = {
            lockVersion: 1,
            environment: "prod",
            kubernetes: "1.35",
            instanceTypes: [],
            amiTypes: [],
            charts: [LOKI],
            addons: [],
            images: [],
            drivers: {},
            freezes: [],
            ...(imageMirror === undefined ? {} : { imageMirror }),
            incompatibilities: [],
        };
        const item = mirrorItems(lock, [release]).find(({ kind }) => kind === "images-of");
        expect(item).toBeDefined();
        return item as MirrorItem;
    }

    /** Runs the command with a `helm` that keeps its input and renders two images, and a `crane` that keeps what it copies. */
    function run({ command }: MirrorItem): { arguments: string; values: unknown; copied: string[] } {
        const folder = mkdtempSync(path.join(tmpdir(), "kilogpu-mirror-"));
        const tool = (name: string, text: string): void => {
            writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
        };
        tool(
            "helm",
            `echo "$@" >${folder}/arguments; cat >${folder}/values\nprintf 'image: a.io/b/c:1\\n  - image: "d.io/e:2"\\n'`,
        );
        tool("crane", `echo "$@" >>${folder}/copied`);
        try {
            execFileSync("sh", ["-c", command], {
                env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, MIRROR: "mirror.example.com" },
            });
            const read = (name: string): string => readFileSync(path.join(folder, name), "utf8").trim();
            return {
                arguments: read("arguments"),
                values: JSON.parse(read("values")),
                copied: read("copied").split("\n"),
            };
        } finally {
            rmSync(folder, { recursive: true });
        }
    }

    it("is rendered with the environment's values, whatever characters they hold", () => {
        const values = { gateway: { enabled: true }, note: 'it\'s $HOME, "quoted" and `ticked`' };
        const ran = run(asked(values));
        expect(ran.values).toEqual(values);
        expect(ran.arguments).toMatch(
            /^template loki loki --repo \S+ --version 18\.11\.0 --namespace monitoring --values -$/,
        );
        expect(ran.copied).toEqual([
            "copy a.io/b/c:1 mirror.example.com/b/c:1",
            "copy d.io/e:2 mirror.example.com/e:2",
        ]);
    });

    it("is asked for the images of its own registries where the environment uses the mirror already", () => {
        const [moved = "", upstream = ""] = Object.entries(chartImages("loki")?.values ?? {})[0] ?? [];
        const nested = (value: Json): { [key: string]: Json } =>
            moved.split(".").reduceRight<Json>((inner, key) => ({ [key]: inner }), value) as { [key: string]: Json };
        expect(run(asked(nested(IMAGES), IMAGES)).values).toEqual(nested(upstream));
    });
});
