/** What `twin status` says: nodes, queues and gangs as the cluster reports them, and what of the twin is real, simulated or only recorded. */
import colors from "picocolors";
import { health, readControlPlane } from "../../twin/control-plane";
import type { Observation, Offer } from "../../twin/observe";
import { twinInventory, type Fidelity, type InventoryLine } from "../../twin/providers/inventory";
import type { Plan } from "../plan/contract";
import { dollars, grouped, table } from "../table";
import { declaredMinor } from "./declared";

function mark(good: boolean): string {
    return good ? colors.green("✓") : colors.red("✗");
}

function nodeLines(observation: Observation): string[] {
    return table(
        [
            { heading: "nodes" },
            { heading: "count", right: true },
            { heading: "Ready", right: true },
            { heading: "GPUs", right: true },
            { heading: "EFA", right: true },
            { heading: "RDMA", right: true },
            { heading: "each node offers" },
        ],
        observation.nodes.map((group) => [
            group.instanceType,
            grouped(group.nodes),
            grouped(group.ready),
            grouped(group.gpus),
            grouped(group.efaInterfaces),
            grouped(group.rdmaDevices),
            group.each === undefined ? "not the same" : offerText(group.each),
        ]),
    );
}

/** `8 GPUs, 16 EFA`, or `8 GPUs, 8 RDMA`; a node has one of both networks. */
function offerText({ gpus, efaInterfaces, rdmaDevices }: Offer): string {
    const network = rdmaDevices > 0 ? [`${rdmaDevices} RDMA`] : efaInterfaces > 0 ? [`${efaInterfaces} EFA`] : [];
    return [`${gpus} GPUs`, ...network].join(", ");
}

function queueLines(observation: Observation): string[] {
    return table(
        [
            { heading: "queue" },
            { heading: "" },
            { heading: "admitted", right: true },
            { heading: "pending", right: true },
            { heading: "" },
        ],
        observation.queues.map((queue) => [
            queue.name,
            queue.active ? "active" : "inactive",
            grouped(queue.admitted),
            grouped(queue.pending),
            queue.reason,
        ]),
    );
}

/** One sentence for a gang: how whole it is and within how many domains of each layer it lies. */
export function gangSentence(job: Observation["jobs"][number]): string {
    const layers = Object.entries(job.domains).map(
        ([label, count]) => `${count} × ${label.replace(/^topology\.(k8s\.aws|kilogpu\.dev)\//, "")}`,
    );
    const where = layers.length === 0 ? "" : `, within ${layers.join(", ")}`;
    return `${job.namespace}/${job.name}: ${job.running} of ${job.wanted} pods Running on ${job.nodes} nodes${where}${job.gated > 0 ? `; ${job.gated} still gated` : ""}`;
}

/** One line a fidelity: charts by name and version, resource types folded into counts. */
function fidelityLine(fidelity: Fidelity, inventory: readonly InventoryLine[]): string[] {
    const lines = inventory.filter((line) => line.fidelity === fidelity);
    const charts = lines
        .filter(({ what }) => what.startsWith("chart "))
        .map(({ what, detail }) => `${what.slice(6)} ${/version (\S+?),/.exec(detail ?? "")?.[1] ?? ""}`.trim());
    const types = lines.filter(({ what }) => !what.startsWith("chart "));
    const objects = types.reduce((sum, { count }) => sum + count, 0);
    const parts = [
        ...(charts.length === 0 ? [] : [`charts ${charts.join(", ")}`]),
        ...(types.length === 0 ? [] : [`${grouped(objects)} resources of ${types.length} types (--json lists them)`]),
    ];
    return parts.length === 0 ? [] : [`${fidelity.padEnd(10)} ${parts.join("; ")}`];
}

/** Everything at a glance. `plan` adds cost and the declared Kubernetes version. */
export function renderStatus(environment: string, observation: Observation, plan?: Plan): string[] {
    const inventory = twinInventory(environment);
    const processes = health(environment);
    const version = readControlPlane(environment)?.version ?? "none";
    const lines = [...nodeLines(observation), ""];
    if (observation.queues.length > 0) {
        lines.push(...queueLines(observation), "");
    }
    lines.push(
        ...observation.jobs.map((job) => `${mark(job.running === job.wanted && job.placed)} ${gangSentence(job)}`),
    );
    if (plan !== undefined) {
        lines.push(
            `  ${dollars(plan.cost.hourlyUsd)} an hour ${plan.cost.asOf === "" ? "by the site's own figures" : `on AWS, rates as of ${plan.cost.asOf}`}; nothing is spent here`,
        );
    }
    const declared = plan === undefined ? "" : `, declared ${declaredMinor(plan)}`;
    lines.push(
        "",
        `Kubernetes ${version} runs${declared}`,
        `real       Pulumi engine, ${processes.processes
            .filter(({ alive }) => alive)
            .map(({ name }) => name)
            .join(", ")} (${grouped(processes.rssBytes / 1024 ** 2)} MiB)`,
        ...(["real", "simulated", "recorded"] as const).flatMap((fidelity) => fidelityLine(fidelity, inventory)),
    );
    return lines;
}
