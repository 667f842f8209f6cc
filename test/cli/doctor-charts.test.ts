import { describe, expect, it } from "vitest";
import { checkCharts, checkObjects } from "../../cli/doctor/charts";
import type { ShownChart } from "../../cli/doctor/charts";
import type { Plan } from "../../cli/plan/contract";
import { plan } from "../../cli/plan/plan";
import { readProject } from "../../cli/plan/project";

const crd = (kind: string, spec: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${kind.toLowerCase()}s.mellanox.com }
spec:
  group: mellanox.com
  names: { kind: ${kind} }
  versions:
    - name: v1alpha1
      served: true
      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { ${spec} } } } } }
`;

const planned = (...objects: { [field: string]: unknown }[]): Plan =>
    ({
        resources: objects.map((inputs, index) => ({
            name: `object-${String(index)}`,
            type: `kubernetes:${String(inputs["apiVersion"])}:${String(inputs["kind"])}`,
            inputs,
        })),
    }) as unknown as Plan;

const network = (spec: object): { [field: string]: unknown } => ({
    apiVersion: "mellanox.com/v1alpha1",
    kind: "MacvlanNetwork",
    metadata: { name: "rail-1" },
    spec,
});

describe("objects before the charts' CRDs", () => {
    const definitions = [crd("MacvlanNetwork", "mtu: { type: integer, maximum: 9216 }, master: { type: string }")];

    it("pass where every field is known and fits, computed ones included", () => {
        const right = planned(network({ mtu: 9000, master: "<computed>" }));
        expect(checkObjects(right, definitions)).toEqual({ judged: 1, violations: [], unjudged: [] });
    });

    it("are named with the field that is unknown, mistyped or out of bounds", () => {
        const wrong = planned(network({ mtuu: 9000 }), network({ master: 1 }), network({ mtu: 90_000 }));
        expect(checkObjects(wrong, definitions).violations).toEqual([
            "object-0: spec.mtuu: unknown field",
            "object-1: spec.master: not a string",
            "object-2: spec.mtu: 90000 is out of bounds",
        ]);
    });

    it("are told apart from kinds that no chart describes, and from Kubernetes' own", () => {
        const others = planned(
            { apiVersion: "nv-ipam.nvidia.com/v1alpha1", kind: "IPPool" },
            { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ClusterQueue" },
            { apiVersion: "v1", kind: "Namespace" },
            { apiVersion: "apps/v1", kind: "Deployment" },
            { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" },
        );
        expect(checkObjects(others, definitions)).toEqual({
            judged: 0,
            violations: [],
            unjudged: ["IPPool", "ClusterQueue"],
        });
    });
});

describe("doctor --charts of an environment in racks", () => {
    it("holds values against the charts' keys and objects against their CRDs", async () => {
        const project = readProject(process.cwd());
        const result = await plan(project, "onprem-roce");
        const read = (reference: string): Promise<ShownChart> => {
            if (!reference.endsWith("network-operator")) {
                return Promise.reject(Object.assign(new Error("no such host"), { stderr: "dial tcp: no such host" }));
            }
            return Promise.resolve({
                values: { nfd: { enabled: true }, sriovNetworkOperator: { enabled: false } },
                crds: ["nicclusterpolicies.mellanox.com"],
                definitions: crd("NicClusterPolicy", "nvIpam: { type: object }"),
            });
        };
        const findings = await checkCharts(result, read);
        const operator = findings.find(({ chart }) => chart === "network-operator");
        expect(operator?.unknownKeys).toEqual(expect.arrayContaining(["nfd.deployNodeFeatureRules", "operator"]));
        expect(findings.filter(({ problem }) => problem !== undefined)).toHaveLength(findings.length - 1);
        const objects = checkObjects(
            result,
            findings.flatMap(({ definitions }) => definitions ?? []),
        );
        expect(objects.judged).toBe(1);
        expect(objects.violations).toContain("train-roce-policy: spec.secondaryNetwork: unknown field");
        expect(objects.unjudged).toEqual(
            expect.arrayContaining(["IPPool", "SriovNetwork", "NicConfigurationTemplate"]),
        );
    }, 120_000);
});
