/** The release catalogue, and which versions fit each other. */
import * as semver from "semver";
import { describe, expect, it } from "vitest";
import {
    compareMinors,
    compatible,
    defaultKubernetesMinor,
    findRelease,
    imageReference,
    kubernetesMinors,
    pinnedVersions,
    release,
    releaseNames,
    releasesOf,
    stagingVersion,
    supportsKubernetes,
    versionFor,
} from "../../catalog";

const every = releaseNames().map((name) => release(name));

describe("release catalogue", () => {
    it("names each release once", () => {
        expect(new Set(releaseNames()).size).toBe(releaseNames().length);
    });

    it.each(every)("$name is pinned to one version, with a source", (entry) => {
        expect(entry.version).not.toMatch(/latest|stable|^v?\d+$|[x*^~]$|^>/);
        expect(entry.version).toMatch(/\d/);
        expect(entry.location).not.toMatch(/nvstaging/);
        expect(Object.keys(entry.sources)).toContain("version");
        for (const source of Object.values(entry.sources)) {
            expect(source.where.length).toBeGreaterThan(8);
            expect(source.read).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        }
    });

    it("tests the rules and dashboards with the Prometheus that the chart installs", () => {
        expect(release("kube-prometheus-stack").inside?.images).toContain(
            `quay.io/prometheus/prometheus:${release("prometheus").appVersion ?? ""}`,
        );
    });

    it.each(releasesOf("chart"))("chart $name says where it comes from and where it goes", (entry) => {
        expect(entry.location).toMatch(/^(https|oci):\/\//);
        expect(entry.namespace).toMatch(/^[a-z0-9-]+$/);
        const [oldest, newest] = entry.kubernetes ?? ["", ""];
        expect(compareMinors(oldest, newest)).toBeLessThanOrEqual(0);
    });

    it.each(releasesOf("chart"))("chart $name runs on the default Kubernetes minor", (entry) => {
        expect(supportsKubernetes(entry, defaultKubernetesMinor)).toBe(true);
    });

    it.each(releasesOf("addon"))("add-on $name has a build for every minor", (entry) => {
        expect(Object.keys(entry.versions ?? {})).toEqual(kubernetesMinors());
        for (const minor of kubernetesMinors()) {
            expect(versionFor(entry.name, minor)).toMatch(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/);
        }
        expect(entry.version).toBe(versionFor(entry.name, defaultKubernetesMinor));
    });

    it("runs images with a tag, never `latest`", () => {
        for (const entry of every) {
            for (const image of entry.inside?.images ?? []) {
                expect(image, entry.name).toMatch(/^[\w.-]+(\/[\w.-]+)+:[\w.-]*\d[\w.-]*$/);
                expect(image, entry.name).not.toMatch(/:latest$|nvstaging/);
            }
        }
    });

    it("knows digests of images that a chart runs only, each with a source", () => {
        const known = every.filter((entry) => entry.inside?.digests !== undefined);
        expect(known.length).toBeGreaterThan(0);
        for (const entry of known) {
            const digests = entry.inside?.digests ?? {};
            expect(entry.inside?.images, entry.name).toEqual(expect.arrayContaining(Object.keys(digests)));
            expect(Object.values(digests).filter((digest) => !/^sha256:[0-9a-f]{64}$/.test(digest))).toEqual([]);
            expect(entry.sources["digests"]?.where, entry.name).toMatch(/:/);
        }
    });

    it("names a CRD as plural.group, and knows the only ones that two charts bring", () => {
        const owners = new Map<string, string[]>();
        for (const entry of every) {
            for (const crd of entry.inside?.crds ?? []) {
                expect(crd).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
                owners.set(crd, [...(owners.get(crd) ?? []), entry.name]);
            }
        }
        expect(owners.get("trainjobs.trainer.kubeflow.org")).toEqual(["kubeflow-trainer"]);
        expect(owners.get("jobsets.jobset.x-k8s.io")).toEqual(["jobset"]);
        const shared = [...owners].filter(([, charts]) => charts.length > 1).map(([crd]) => crd);
        expect(shared).toEqual(["computedomains.resource.nvidia.com", "computedomaincliques.resource.nvidia.com"]);
    });

    it("pins VPC CNI to one that knows efa-only interfaces", () => {
        for (const minor of kubernetesMinors()) {
            expect(semver.gte(semver.coerce(versionFor("vpc-cni", minor)) ?? "0.0.0", "1.18.5")).toBe(true);
        }
    });

    it("pins Kubernetes and kube-proxy to the minor they are for", () => {
        for (const minor of kubernetesMinors()) {
            expect(versionFor("kubernetes", minor)).toMatch(new RegExp(`^v${minor.replace(".", "\\.")}\\.\\d+$`));
            expect(stagingVersion(minor)).toMatch(new RegExp(`^v0\\.${minor.slice(2)}\\.\\d+$`));
            expect(versionFor("kube-proxy", minor)).toMatch(new RegExp(`^v${minor.replace(".", "\\.")}\\.`));
        }
        expect(kubernetesMinors()).toContain(defaultKubernetesMinor);
    });

    it("pins the chart that runs in the cluster and the module that the twin builds alike", () => {
        for (const name of ["kueue", "jobset", "kubeflow-trainer"]) {
            const chart = semver.coerce(release(name).version)?.version;
            const module = semver.coerce(release(`${name}-module`).version)?.version;
            expect(chart, name).toBe(module);
        }
    });

    it("knows what hides in the EFA plugin's chart: it does not tolerate the GPU taint", () => {
        const [daemonSet] = release("aws-efa-k8s-device-plugin").inside?.daemonSets ?? [];
        expect(daemonSet?.tolerates).not.toContain("nvidia.com/gpu");
        expect(daemonSet?.tolerationsValue).toBe("tolerations");
    });
});

describe("looking a release up", () => {
    it("tells what was meant", () => {
        expect(() => release("gpu-operatr")).toThrow("unknown release gpu-operatr, did you mean gpu-operator?");
        expect(findRelease("gpu-operatr")).toBeUndefined();
    });

    it("names the minors that there are", () => {
        expect(() => versionFor("kube-proxy", "1.12")).toThrow(
            "kube-proxy has no version for Kubernetes 1.12; it has versions for 1.33, 1.34, 1.35, 1.36",
        );
    });

    it("gives one version to what does not follow the minor", () => {
        expect(versionFor("kueue", "1.33")).toBe(release("kueue").version);
    });

    it("gives an image's reference, and refuses one of a chart", () => {
        expect(imageReference("pytorch")).toMatch(/^docker\.io\/pytorch\/pytorch:2\.[\w.-]+@sha256:[0-9a-f]{64}$/);
        expect(imageReference("busybox")).toBe(`${release("busybox").location}:${release("busybox").version}`);
        expect(() => imageReference("kueue")).toThrow("kueue is a chart, not an image");
    });
});

describe("Kubernetes minors", () => {
    it("are compared as numbers", () => {
        expect(compareMinors("1.9", "1.35")).toBeLessThan(0);
        expect(compareMinors("1.35", "1.35")).toBe(0);
        expect(compareMinors("2.0", "1.99")).toBeGreaterThan(0);
    });
});

describe("compatibility", () => {
    it.each(kubernetesMinors())("of everything pinned, on Kubernetes %s", (minor) => {
        // Dynamic resource allocation is general from 1.34 on: its two drivers are the only ones that need it.
        const misfits = compatible(pinnedVersions(minor), minor).map((misfit) => misfit.release);
        expect(misfits).toEqual(minor === "1.33" ? ["aws-dranet", "dra-driver-nvidia-gpu"] : []);
    });

    it("finds the trio that fails silently: Trainer 2.3 beside Kueue 0.19", () => {
        const found = compatible({ kueue: "0.19.0", jobset: "0.12.0", "kubeflow-trainer": "2.3.0" });
        expect(found.map((f) => f.message)).toEqual(["kueue 0.19.0 needs kubeflow-trainer >=2.2.0 <2.3.0, got 2.3.0"]);
    });

    it("finds Kueue 0.16 beside Trainer 2.2", () => {
        const found = compatible({ kueue: "0.16.1", "kubeflow-trainer": "2.2.0" });
        expect(found.map((f) => f.release)).toEqual(["kubeflow-trainer"]);
        expect(found[0]?.got).toBe("0.16.1");
    });

    it("finds a JobSet that is too new, once for each that needs an older one", () => {
        const found = compatible({ kueue: "0.19.0", jobset: "0.13.0", "kubeflow-trainer": "2.2.0" });
        expect(found.map((f) => f.release).sort()).toEqual(["kubeflow-trainer", "kueue"]);
    });

    it("does not ask for what is not installed", () => {
        expect(compatible({ kueue: "0.19.0" })).toEqual([]);
    });

    it("reads versions with a v", () => {
        expect(compatible({ kueue: "v0.19.0", "kubeflow-trainer": "v2.2.0", jobset: "v0.12.0" })).toEqual([]);
    });

    it("finds a Kubernetes that a chart does not support", () => {
        const found = compatible({ "aws-dranet": release("aws-dranet").version }, "1.33");
        expect(found.map((f) => f.message)).toEqual(["aws-dranet 1.0.0 supports Kubernetes 1.34 to 1.36, got 1.33"]);
    });

    it("refuses a name that it does not know", () => {
        expect(() => compatible({ kueu: "0.19.0" })).toThrow("did you mean kueue?");
    });
});
