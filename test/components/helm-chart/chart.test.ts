import { describe, expect, it } from "vitest";
import { release, releasesOf } from "../../../catalog/releases";
import {
    chartReference,
    checkChartMirror,
    checkChartValues,
    mergeValues,
    releaseArgs,
} from "../../../components/helm-chart";

describe("charts", () => {
    it("come from their own repository, OCI or HTTP", () => {
        expect(chartReference(release("kueue"))).toEqual({ chart: "oci://registry.k8s.io/kueue/charts/kueue" });
        expect(chartReference(release("gpu-operator"))).toEqual({
            chart: "gpu-operator",
            repository: "https://helm.ngc.nvidia.com/nvidia",
        });
    });

    it("come from a mirror where one is given", () => {
        const kueue = release("kueue");
        expect(chartReference(kueue, "oci://mirror.example/charts/")).toEqual({
            chart: "oci://mirror.example/charts/kueue",
        });
        expect(chartReference(kueue, "https://mirror.example/charts")).toEqual({
            chart: "kueue",
            repository: "https://mirror.example/charts",
        });
        expect(chartReference(kueue, "/srv/charts")).toEqual({ chart: `/srv/charts/kueue-${kueue.version}.tgz` });
    });

    it.each(releasesOf("chart").map((pin) => [pin.name, pin] as const))(
        "%s is pinned, waited for and taken back",
        (_, pin) => {
            const args = releaseArgs(pin, { release: pin.name, values: {} });
            expect(args).toMatchObject({ version: pin.version, atomic: true, skipAwait: false, timeout: 600 });
            expect(args.namespace).toBe(pin.namespace);
        },
    );

    it.each(["charts", "ftp://x/y", "oci://", "./charts"])("refuses the mirror %s", (mirror) => {
        expect(checkChartMirror(mirror)).toMatchObject([{ path: "chartMirror", got: `"${mirror}"` }]);
    });
});

describe("chart values", () => {
    it("are merged map by map; lists and scalars are replaced, null takes away", () => {
        const ours = { a: { b: 1, c: [1, 2] }, d: true, e: { f: 1 } };
        expect(mergeValues(ours, { a: { c: [3] }, d: null, e: "x", g: {} })).toEqual({
            a: { b: 1, c: [3] },
            e: "x",
            g: {},
        });
        expect(ours.a.c).toEqual([1, 2]);
    });

    it("of an unknown key are refused, because Helm would ignore them", () => {
        expect(checkChartValues("values", release("kubeflow-trainer"), { runtime: {} })).toMatchObject([
            { path: "values.runtime", remedy: "Did you mean runtimes?" },
        ]);
        expect(checkChartValues("values", release("kubeflow-trainer"), { runtimes: {} })).toEqual([]);
    });
});
