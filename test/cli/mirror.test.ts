/** With both mirrors set, nothing in any environment points outside them. */
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { chartImages, inMirror, withoutRegistry } from "../../catalog";
import { evaluate } from "../../cli/plan/evaluate";
import { environments, readProject, readStack } from "../../cli/plan/project";
import { forDisplay } from "../../cli/plan/values";

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
