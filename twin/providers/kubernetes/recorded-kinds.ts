/**
 * Kinds of charts that are only recorded. Their controllers do not run, but programs write their objects and drills read them, so the API server
 * learns the kind when the first object comes. What an object may hold is not judged here: the chart's definition is not there to judge by (every
 * object is held against the operators' own schemas in test/truth). A kind that no installed chart brings stays unknown, as in a cluster.
 */
import { releasesOf } from "../../../catalog/releases";
import type { ApiClient, KubernetesObject, ObjectRef } from "../../control-plane";
import { isNotFound } from "../../control-plane";

/** `PrometheusRule` of `monitoring.coreos.com/v1` as definitions are named: the plural may be any of English's three. */
function definitionNames({ apiVersion, kind }: Pick<ObjectRef, "apiVersion" | "kind">): string[] {
    const group = apiVersion.split("/")[0] ?? "";
    const lower = kind.toLowerCase();
    return [`${lower}s`, `${lower}es`, lower.replace(/y$/, "ies")].map((plural) => `${plural}.${group}`);
}

/** Name of the definition that one of the recorded charts brings for the kind; undefined where none does. */
export function recordedDefinition(
    ref: Pick<ObjectRef, "apiVersion" | "kind">,
    recorded: readonly string[],
): string | undefined {
    const names = definitionNames(ref);
    return releasesOf("chart")
        .filter(({ name, chart }) => recorded.includes(chart ?? name))
        .flatMap(({ inside }) => [...(inside?.crds ?? []), ...(inside?.operatorCrds ?? [])])
        .find((name) => names.includes(name));
}

/** The definition, with a schema that takes everything. */
export function definition(name: string, ref: ObjectRef): KubernetesObject {
    const [group = "", version = ""] = ref.apiVersion.split("/");
    const plural = name.slice(0, name.indexOf("."));
    return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name, labels: { "kilogpu.dev/recorded": "true" } },
        spec: {
            group,
            names: { kind: ref.kind, listKind: `${ref.kind}List`, plural, singular: ref.kind.toLowerCase() },
            scope: ref.namespace === undefined ? "Cluster" : "Namespaced",
            versions: [
                {
                    name: version,
                    served: true,
                    storage: true,
                    schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
                },
            ],
        },
    };
}

/** Whether the API server serves the kind. */
export async function isServed(api: ApiClient, ref: ObjectRef): Promise<boolean> {
    try {
        await api.resource(ref.apiVersion, ref.kind);
        return true;
    } catch (error) {
        if (isNotFound(error)) {
            return false;
        }
        throw error;
    }
}

/** A definition is established a moment before its objects can be written. */
export async function untilServed(api: ApiClient, ref: ObjectRef, timeoutMs: number): Promise<void> {
    for (const deadline = Date.now() + timeoutMs; ;) {
        try {
            await api.list(ref.apiVersion, ref.kind);
            return;
        } catch (error) {
            if (!isNotFound(error) || Date.now() > deadline) {
                throw error;
            }
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }
}
