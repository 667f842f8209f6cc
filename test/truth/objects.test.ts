/** Every Kubernetes object of every environment against the schemas of the releases that will read it, over their supported ranges. */
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compatible, kubernetesMinors, release, versionFor } from "../../catalog";
import { UNKNOWN, type Json } from "../../cli/plan/values";
import { goModule, pinnedModule } from "../support/go-modules";
import { SchemaSet, type Schema } from "../../cli/doctor/strict-schema";
import { names, objectsIn, type Planned } from "./planned";

/** Operators whose CRDs a module of the registry carries, and where in it. */
const OPERATORS: { [release: string]: string } = {
    "kueue-module": "config/components/crd/bases",
    "jobset-module": "config/components/crd/bases",
    "kubeflow-trainer-module": "manifests/base/crds",
    "prometheus-operator-module": "example/prometheus-operator-crd",
    "node-feature-discovery-module": "deployment/base/nfd-crds/nfd-api-crds.yaml",
    "kuberay-module": "config/crd/bases",
};

/** Groups whose schemas no registry carries: `kilogpu doctor --charts` compares them with the chart. */
const ELSEWHERE = ["nvidia.com/", "mellanox.com/", "k8s.cni.cncf.io/", "sriovnetwork.openshift.io/"];

const checked = Object.keys(OPERATORS).flatMap((name) =>
    (release(name).checked ?? []).map((version) => ({ name, version })),
);

function kubernetesSchemas(minor: string): SchemaSet {
    const folder = goModule("k8s.io/kubernetes", versionFor("kubernetes", minor));
    return new SchemaSet(UNKNOWN).addKubernetes(path.join(folder, "api/openapi-spec/v3"));
}

function crdsOf(name: string, version?: string): string {
    return path.join(pinnedModule(name, version), OPERATORS[name] ?? "");
}

/** The schemas with one operator at a version other than its pin. */
function schemasWith(base: SchemaSet, other: { name: string; version: string }): SchemaSet {
    const set = new SchemaSet(UNKNOWN);
    base.definitions.forEach((schema, key) => set.definitions.set(key, schema));
    base.kinds.forEach((schema, key) => set.kinds.set(key, schema));
    // What the other version no longer serves must not be judged by what the pin serves.
    new SchemaSet(UNKNOWN).addCrds(crdsOf(other.name)).kinds.forEach((_, key) => set.kinds.delete(key));
    return set.addCrds(crdsOf(other.name, other.version));
}

function text(value: Json | undefined): string {
    return typeof value === "string" ? value : "";
}

function groupOf(object: Planned): string {
    return `${text(object.inputs["apiVersion"]).split("/")[0] ?? ""}/`;
}

describe("objects of the environments", () => {
    let objects: Planned[] = [];
    let base: SchemaSet;
    let pins: SchemaSet;

    beforeAll(async () => {
        objects = (await Promise.all(names.map(objectsIn))).flat();
        base = kubernetesSchemas(kubernetesMinors().at(-1) ?? "");
        pins = Object.keys(OPERATORS).reduce(
            (set, name) => set.addCrds(crdsOf(name)),
            schemasWith(base, { name: "kueue-module", version: release("kueue-module").version }),
        );
    });

    const judged = (set: SchemaSet): string[] =>
        objects
            .filter((object) => !ELSEWHERE.some((group) => groupOf(object).endsWith(group)))
            .flatMap((object) => set.violations(object.inputs, `${object.environment}: ${object.name}`));

    it("are many, of every environment", () => {
        expect(new Set(objects.map((object) => object.environment))).toEqual(new Set(names));
        expect(objects.length).toBeGreaterThan(50);
        const kinds = new Set(objects.map((object) => text(object.inputs["kind"])));
        for (const kind of [
            "ClusterQueue",
            "ResourceFlavor",
            "Topology",
            "TrainJob",
            "ClusterTrainingRuntime",
            "Namespace",
        ]) {
            expect(kinds).toContain(kind);
        }
    });

    it("are what the pinned releases accept, strictly", () => {
        expect(judged(pins)).toEqual([]);
    });

    it.each(checked)("are what $name $version accepts, strictly", ({ name, version }) => {
        expect(judged(schemasWith(pins, { name, version }))).toEqual([]);
    });

    it.each(kubernetesMinors())("are what Kubernetes %s accepts, strictly", (minor) => {
        const set = kubernetesSchemas(minor);
        pins.kinds.forEach((schema, key) => {
            if (!base.kinds.has(key)) {
                set.kinds.set(key, schema);
            }
        });
        expect(judged(set)).toEqual([]);
    });

    it.each(release("jobset-module").checked ?? [])(
        "carry JobSets in their runtimes that JobSet %s accepts",
        (version) => {
            const set = schemasWith(base, { name: "jobset-module", version });
            const jobSet = [...set.kinds].find(([key]) => key.endsWith("/JobSet"));
            const templates = objects
                .filter((object) => object.inputs["kind"] === "ClusterTrainingRuntime")
                .map((object) => (object.inputs["spec"] as { template: { spec: Json } }).template.spec);
            expect(templates.length).toBeGreaterThan(3);
            const spec: Schema = jobSet?.[1].properties?.["spec"] ?? {};
            expect(spec.properties).toHaveProperty("replicatedJobs");
            expect(templates.flatMap((template) => set.check(template, spec, "template"))).toEqual([]);
        },
    );

    it.each(release("kubeflow-trainer-module").checked ?? [])(
        "are sent a status from training that Trainer %s takes, and that kube-state-metrics reads",
        (version) => {
            const set = schemasWith(base, { name: "kubeflow-trainer-module", version });
            const status = [...set.kinds].find(([key]) => key.endsWith("/TrainJob"))?.[1].properties?.["status"] ?? {};
            const report =
                "import json; from kilogpu_training.report import TrainJobStatus; " +
                "print(json.dumps(TrainJobStatus.payload(40, 100, 61.5, {'loss': 2.5, 'grad_norm': 0.7})))";
            const sent = JSON.parse(
                execFileSync("python3", ["-c", report], {
                    cwd: path.join(__dirname, "../../training"),
                    encoding: "utf8",
                }),
            ) as { trainerStatus: { metrics: Json[] } };
            expect(status.properties).toHaveProperty("trainerStatus");
            expect(set.check(sent, status, "status")).toEqual([]);
            expect(sent.trainerStatus).toMatchObject({
                progressPercentage: 40,
                metrics: [
                    { name: "grad_norm", value: "0.7" },
                    { name: "loss", value: "2.5" },
                ],
            });
            expect(set.check({ trainerStatus: { progressPercentage: "40" } }, status, "status")).not.toEqual([]);
        },
    );

    it("would be found wrong after a field was misspelt, mistyped, left out or taken away by a release", () => {
        const job = objects.find((object) => object.inputs["kind"] === "TrainJob");
        const queue = objects.find((object) => object.inputs["kind"] === "ClusterQueue");
        const namespace = objects.find((object) => object.inputs["kind"] === "Namespace");
        const mutated = (object: Planned | undefined, change: { [key: string]: unknown }): string[] =>
            pins.violations(
                { ...object?.inputs, spec: { ...(object?.inputs["spec"] as object | undefined), ...change } },
                "it",
            );
        expect(mutated(job, {})).toEqual([]);
        // What Kueue before 0.17 writes, and Trainer 2.2 prunes without a word.
        expect(mutated(job, { podTemplateOverrides: [] })).toEqual(["it.spec.podTemplateOverrides: unknown field"]);
        expect(mutated(job, { trainer: { numNodes: "128" } })).toEqual(["it.spec.trainer.numNodes: not an integer"]);
        expect(mutated(job, { runtimeRef: {} })).toEqual(["it.spec.runtimeRef.name: missing"]);
        expect(mutated(queue, { queueingStrategy: "Fifo" })[0]).toMatch(
            /queueingStrategy: "Fifo" is none of StrictFIFO/,
        );
        expect(mutated(namespace, { finalizer: [] })).toEqual(["it.spec.finalizer: unknown field"]);
        expect(pins.violations({ apiVersion: "kueue.x-k8s.io/v1alpha1", kind: "Topology" }, "it")[0]).toMatch(
            /no schema of/,
        );
    });
});

describe("checked versions", () => {
    it.each(checked)("of $name: $version fits the pins of the others", ({ name, version }) => {
        const pinned = Object.fromEntries(Object.keys(OPERATORS).map((other) => [other, release(other).version]));
        expect(compatible({ ...pinned, [name]: version })).toEqual([]);
    });

    it("include every operator's pin", () => {
        for (const name of Object.keys(OPERATORS)) {
            expect(release(name).checked).toContain(release(name).version);
        }
    });
});
