/** What a plan declares that the twin must match. */
import { defaultKubernetesMinor } from "../../catalog";
import type { Plan } from "../plan/contract";

/** Kubernetes minor of the declared cluster; the catalogue's default where the program declares none. */
export function declaredMinor(plan: Plan): string {
    const version = plan.resources.find(({ type }) => type === "aws:eks/cluster:Cluster")?.inputs["version"];
    return typeof version === "string" ? version : defaultKubernetesMinor;
}
