import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { moduleFolder, schemasIn, violations } from "../components/crd-schema";
import { environments, run } from "./environment";

const kueue = moduleFolder("kueue-module");
const trainer = moduleFolder("kubeflow-trainer-module");

/** A machine that never built the twin has no modules; CI runs this after the twin's toolchain is there. */
describe.skipIf(kueue === undefined || trainer === undefined)("custom resources", () => {
    const schemas = new Map([
        ...schemasIn(path.join(kueue ?? "", "config/components/crd/bases")),
        ...schemasIn(path.join(trainer ?? "", "manifests/base/crds")),
    ]);

    it.each(environments)("of %s are what the pinned CRDs accept", async (environment) => {
        const evaluation = await run(environment);
        const resources = evaluation.custom.filter((each) =>
            /^kubernetes:[a-z.-]*(x-k8s\.io|kubeflow\.org)\//.test(each.type),
        );
        expect(resources.length).toBeGreaterThan(5);
        for (const resource of resources) {
            const { apiVersion, kind } = resource.inputs as { apiVersion: string; kind: string };
            const schema = schemas.get(`${apiVersion}/${kind}`);
            expect(schema, `${apiVersion}/${kind} has a schema`).toBeDefined();
            expect(violations(resource.inputs, { ...schema, type: "object" }, resource.name)).toEqual([]);
        }
    });

    it("notices a field that the API server would drop", () => {
        const schema = schemas.get("trainer.kubeflow.org/v1alpha1/TrainJob");
        const job = {
            apiVersion: "trainer.kubeflow.org/v1alpha1",
            kind: "TrainJob",
            metadata: { name: "old" },
            spec: { runtimeRef: { name: "x" }, podTemplateOverrides: [] },
        };
        expect(violations(job, schema ?? {})).toEqual([".spec.podTemplateOverrides: unknown field"]);
    });
});
