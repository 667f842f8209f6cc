/** What Kueue, JobSet and the scheduler do about a lost node, as their own objects tell it. */
import type { ApiClient, KubernetesObject } from "../control-plane";
import { readCluster, statusOf } from "./cluster-view";
import type { Victim } from "./victim";

interface WorkloadStatus {
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    unhealthyNodes?: { name: string }[];
}

export class Recovery {
    /** Whether the job runs whole again, without the lost node. */
    whole = false;
    private readonly seen = new Set<string>();
    private readonly before: ReadonlySet<string>;
    private broken = false;

    constructor(
        private readonly api: ApiClient,
        private readonly victim: Victim,
        private readonly note: (what: string) => void,
    ) {
        this.before = new Set(victim.job.pods.map(({ name }) => name));
    }

    /** Looks once; cheap enough for every round. */
    async look(): Promise<void> {
        if (this.whole) {
            return;
        }
        const { job, node } = this.victim;
        const workload = await this.workload();
        const status = workload === undefined ? {} : statusOf<WorkloadStatus>(workload);
        if (status.unhealthyNodes?.some(({ name }) => name === node.name) === true) {
            this.once("unhealthy", `Kueue: ${node.name} is unhealthy; a replacement is sought`);
        }
        const evicted = status.conditions?.find(
            (condition) => condition.type === "Evicted" && condition.status === "True",
        );
        if (evicted !== undefined) {
            this.once(`evicted ${evicted.reason ?? ""}`, `Kueue: workload evicted (${evicted.reason ?? ""})`);
        }
        const view = await readCluster(this.api);
        const pods = view.pods.filter((pod) => pod.job === job.key);
        const running = view.jobs.find(({ key }) => key === job.key)?.pods ?? [];
        const elsewhere = running.filter((pod) => pod.node !== node.name);
        if (!pods.some((pod) => pod.node === node.name && pod.running)) {
            this.broken = true;
            this.once(
                "gone",
                `pod on ${node.name} is gone; ${elsewhere.length.toString()} of ${job.pods.length.toString()} pods run`,
            );
        }
        for (const pod of pods.filter(
            ({ name, node: host }) => !this.before.has(name) && host !== "" && host !== node.name,
        )) {
            this.once(`moved ${pod.name}`, `Kueue: reassigned: ${pod.name} to ${pod.node}`);
        }
        if (this.broken && elsewhere.length === job.pods.length) {
            this.whole = true;
            const kept = running.filter(({ name }) => this.before.has(name)).length;
            this.note(
                `running: job ${job.key} is whole again, ${running.length.toString()} pods, ${kept.toString()} of them never stopped`,
            );
        }
    }

    private once(key: string, what: string): void {
        if (!this.seen.has(key) && this.seen.size < 24) {
            this.seen.add(key);
            this.note(what);
        }
    }

    private async workload(): Promise<KubernetesObject | undefined> {
        const [namespace = "", name = ""] = this.victim.job.key.split("/");
        const { items } = await this.api.list("kueue.x-k8s.io/v1beta2", "Workload", { namespace });
        return items.find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === name) === true);
    }
}
