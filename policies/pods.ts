/** Pods wherever they hide: in a Pod, a Deployment, a Job, a training runtime. Rules on pods ask these questions of any resource. */
import { efaResource, gpuResource } from "../catalog";
import type { Facts } from "./facts";
import { HELM_RELEASE } from "./resources";
import type { Subject } from "./rule";

/** A pod's spec and the path at which it stands in the resource. */
export interface PodSpec {
    path: string;
    spec: Facts;
}

/** Every pod spec below a Kubernetes object. Values of charts are no objects: what they become only the chart knows. */
export function podSpecs({ type, props }: Subject): PodSpec[] {
    return type.startsWith("kubernetes:") && type !== HELM_RELEASE ? podsBelow(props, "") : [];
}

function podsBelow(facts: Facts, path: string): PodSpec[] {
    const own = facts.list("containers").length > 0 ? [{ path, spec: facts }] : [];
    const join = (key: string): string => (path === "" ? key : `${path}.${key}`);
    return [
        ...own,
        ...facts.entries().flatMap(([key, value]) => podsBelow(value, join(key))),
        ...facts.list().flatMap((value, index) => podsBelow(value, `${path}[${index}]`)),
    ];
}

/** All containers of a pod. */
export function containers({ spec }: PodSpec): Facts[] {
    return [...spec.list("initContainers"), ...spec.list("containers")];
}

/** How much of a resource a container takes, by its limits; extended resources have no other request. */
export function amount(container: Facts, resource: string): number {
    return (
        container.at("resources.limits").key(resource).number() ??
        container.at("resources.requests").key(resource).number() ??
        0
    );
}

/** Whether the container has the resource in limits or requests, whatever the quantity. */
export function asksFor(container: Facts, resource: string): boolean {
    return (
        container.at("resources.limits").key(resource).present ||
        container.at("resources.requests").key(resource).present
    );
}

/** GPUs of all containers of a pod. */
export function podGpus(pod: PodSpec): number {
    return containers(pod).reduce((sum, container) => sum + amount(container, gpuResource), 0);
}

/** Whether any container of the pod uses EFA. */
export function usesEfa(pod: PodSpec): boolean {
    return containers(pod).some((container) => asksFor(container, efaResource));
}

/** A taint as Kubernetes writes it; without a value, any value of the key. */
export interface Taint {
    key: string;
    value?: string;
    effect: string;
}

/** Whether tolerations let a pod onto a node with the taint, as the scheduler sees it; an unknown one may do so. */
export function tolerates(tolerations: readonly Facts[], taint: Taint): boolean {
    return tolerations.some((toleration) => {
        if (toleration.unknown) {
            return true;
        }
        const [key, effect] = [toleration.at("key"), toleration.at("effect")];
        const anyValue = toleration.text("operator") === "Exists";
        // Without an effect a toleration is for every effect, without a key (and with Exists) for every taint.
        const ofEffect = effect.unknown || (effect.text() ?? "") === "" || effect.text() === taint.effect;
        const value = toleration.at("value");
        const ofValue = anyValue || value.unknown || taint.value === undefined || (value.text() ?? "") === taint.value;
        return (
            ofEffect && (key.unknown || ((key.text() ?? "") === "" ? anyValue : key.text() === taint.key && ofValue))
        );
    });
}

/** Name of a container for a message. */
export function containerName(container: Facts): string {
    return container.text("name") ?? "without a name";
}
