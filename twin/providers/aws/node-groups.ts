/** The nodes of simulated node groups, in the twin's control plane. */
import type { ApiClient } from "../../control-plane/api-client";
import { createNodes } from "../../control-plane/nodes";
import type { CloudRecord, CloudStore } from "../cloud-store";
import { reachNodes } from "../device-plugins";
import type { Values } from "../runtime/values";
import { autoscalingGroupOf, launchOf } from "./eks";
import { efaCount } from "./launch-template";
import { groupNode, type GroupShape } from "./node-shape";
import { scheduledSize, type ScheduledAction } from "./schedules";
import { number, object, objects, text, texts, type CloudView } from "./specification";

const scheduleType = "aws:autoscaling/schedule:Schedule";

/** What a group's inputs make of its nodes, one shape a subnet: EKS spreads a group over its zones. */
export function groupShapes(record: Pick<CloudRecord, "id" | "inputs" | "outputs">, cloud: CloudView): GroupShape[] {
    const { inputs } = record;
    const { template, instanceType } = launchOf(inputs, cloud);
    const subnets = texts(inputs["subnetIds"]);
    return subnets.map((id) => {
        const subnet = cloud.find("aws:ec2/subnet:Subnet", id);
        return {
            region: cloud.region,
            clusterName: text(inputs["clusterName"]) ?? "",
            nodeGroup: text(inputs["nodeGroupName"]) ?? "",
            instanceType: instanceType ?? "t3.medium",
            amiType: text(inputs["amiType"]) ?? "AL2023_x86_64_STANDARD",
            capacityType: text(inputs["capacityType"]) ?? "ON_DEMAND",
            zone: text(subnet?.outputs["availabilityZone"]) ?? "",
            labels: (object(inputs["labels"]) ?? {}) as { [key: string]: string },
            taints: objects(inputs["taints"]).map((taint) => ({
                key: text(taint["key"]) ?? "",
                value: text(taint["value"]),
                effect: text(taint["effect"]) ?? "",
            })),
            efaInterfaces: template === undefined ? 0 : efaCount(template),
            id: record.id,
        };
    });
}

export function desiredSize(inputs: Values): number {
    return number(object(inputs["scalingConfig"])?.["desiredSize"]) ?? 0;
}

/** Brings a group's nodes to its size; also brings labels and taints of those that stay up to date. Highest numbers leave first. */
export async function scaleGroup(
    environment: string,
    api: ApiClient,
    record: Pick<CloudRecord, "id" | "inputs" | "outputs">,
    size: number,
    cloud: CloudView,
): Promise<void> {
    const shapes = groupShapes(record, cloud);
    const [first] = shapes;
    if (first === undefined) {
        return;
    }
    const nodes = Array.from({ length: size }, (_, index) =>
        groupNode(shapes[index % shapes.length] ?? first, Math.floor(index / shapes.length)),
    );
    const wanted = new Set(nodes.map(({ name }) => name));
    const labelSelector = `eks.amazonaws.com/nodegroup=${first.nodeGroup}`;
    const { items } = await api.list("v1", "Node", { labelSelector });
    await removeNodes(
        api,
        items.map(({ metadata }) => metadata.name).filter((name) => !wanted.has(name)),
    );
    await createNodes(api, nodes);
    if (nodes.length > 0) {
        await reachNodes(environment, api, [...wanted]);
    }
}

/** The machines are gone: the nodes and their leases with them. */
async function removeNodes(api: ApiClient, names: string[]): Promise<void> {
    for (const name of names) {
        await api.delete({ apiVersion: "v1", kind: "Node", name });
        const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name, namespace: "kube-node-lease" };
        await api.delete(lease);
    }
}

/** Scheduled actions of a group, from what exists in the cloud. */
function actionsOf(group: string, cloud: CloudView): ScheduledAction[] {
    const instant = (value: string | undefined): number | undefined =>
        value === undefined ? undefined : Date.parse(value);
    return cloud
        .ofType(scheduleType)
        .filter(({ inputs }) => inputs["autoscalingGroupName"] === group)
        .map(({ inputs }) => ({
            desired: number(inputs["desiredCapacity"]),
            recurrence: text(inputs["recurrence"]),
            start: instant(text(inputs["startTime"])),
            end: instant(text(inputs["endTime"])),
        }));
}

/** Size of a group at the twin's clock: what its schedules say, else what it was last given. */
export function sizeNow(record: Pick<CloudRecord, "id" | "inputs" | "outputs">, cloud: CloudView, now: number): number {
    const name = text(record.inputs["nodeGroupName"]) ?? "";
    const scheduled = scheduledSize(actionsOf(autoscalingGroupOf(name, record.id), cloud), now);
    return scheduled ?? desiredSize(record.outputs);
}

/** A store as the checks see it. */
export function viewOf(store: CloudStore, region: string): CloudView {
    return {
        region,
        find: (type, id) => store.find(type, id),
        ofType: (type) => store.ofType(type),
    };
}
