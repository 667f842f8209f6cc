/**
 * Drills on 128 EFA nodes with a gang of 124, and a rack of InfiniBand machines beside them: a real Prometheus and Alertmanager on the rules that
 * the library generates, and one page for each fault, with the node or the job in it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { findMachine } from "../../catalog";
import { FabricKind } from "../../components/fabric/profile";
import { alertRules, type Infrastructure } from "../../components/monitoring";
import { alertmanagerConfig } from "../../components/monitoring/values/alertmanager";
import {
    createNodes,
    offerDevices,
    requireControlPlane,
    waitForObjects,
    type ApiClient,
    type KubernetesObject,
} from "../../twin/control-plane";
import type { Moment } from "../../twin/drills/run";
import { makeSandbox, type Sandbox } from "../support/twin";

const rackSize = 16;
const gang = 124;

interface Outcome {
    passed: boolean;
    failures: string[];
    pages: number;
    warnings: number;
    timeline: Moment[];
    victim: { job: string; node: string; place: string; expected: { alert: string } };
    notifications: {
        receiver: string;
        alerts: { status: string; labels: { [label: string]: string }; annotations: { [name: string]: string } }[];
    }[];
}

let sandbox: Sandbox;
let files: string[];

/** What the environment declares, and the rack that the suite adds. */
function infrastructure(): Infrastructure {
    const common = {
        gpusPerNode: 8,
        schedulableGpusPerNode: 8,
        gpuPowerWatts: 700,
        pcieGeneration: 5,
        busBandwidthFloorGBs: 0,
    };
    const group = (name: string): { name: string; label: string; labelValue: string } => ({
        name,
        label: "kilogpu.dev/capacity-group",
        labelValue: name,
    });
    return {
        groups: [
            {
                ...group("p5en-48xlarge-us-east-2b-efa"),
                ...common,
                nodes: 128,
                fabric: FabricKind.Efa,
                rdmaPorts: 0,
                portGbps: 0,
                efaPerNode: 16,
                usdPerHour: 0,
            },
            {
                ...group("rack"),
                ...common,
                nodes: rackSize,
                fabric: FabricKind.Infiniband,
                rdmaPorts: 8,
                portGbps: 400,
                efaPerNode: 0,
                usdPerHour: 0,
            },
        ],
        losslessPriority: 3,
        queues: ["pretrain", "research", "evals"],
        runbookBase: "https://runbooks.example.com/",
        plannedSeries: 1_000_000,
        checkpointSeconds: 60,
    };
}

/** Machines of a site, each with a pod of a job that was placed by hand: no queue is needed to train on them. */
async function addRack(api: ApiClient): Promise<void> {
    const machine = findMachine("hgx-h100");
    const names = Array.from({ length: rackSize }, (_, index) => `rack-${index.toString().padStart(2, "0")}`);
    const amounts = { cpu: "224", memory: `${(machine?.memoryGib ?? 0).toString()}Gi`, pods: "110" };
    await createNodes(
        api,
        names.map((name) => ({
            name,
            labels: {
                "node.kubernetes.io/instance-type": "hgx-h100",
                "kilogpu.dev/capacity-group": "rack",
                "kilogpu.dev/fabric": "infiniband",
            },
            taints: [],
            capacity: amounts,
            allocatable: amounts,
            annotations: { "kilogpu.dev/hardware": JSON.stringify({ "nvidia.com/gpu": 8 }) },
        })),
    );
    await offerDevices(api, "nvidia.com/gpu", names);
    for (const [index, node] of names.entries()) {
        const gpus = { "nvidia.com/gpu": "8" };
        await api.serverSideApply(
            {
                apiVersion: "v1",
                kind: "Pod",
                metadata: {
                    name: `bert-${index.toString()}`,
                    namespace: "default",
                    labels: {
                        "jobset.sigs.k8s.io/jobset-name": "bert",
                        "batch.kubernetes.io/job-completion-index": index.toString(),
                    },
                },
                spec: {
                    nodeName: node,
                    automountServiceAccountToken: false,
                    containers: [{ name: "node", image: "none", resources: { requests: gpus, limits: gpus } }],
                },
            },
            { fieldManager: "suite" },
        );
    }
    const running = (pod: KubernetesObject): boolean =>
        (pod["status"] as { phase?: string } | undefined)?.phase === "Running";
    const list = { namespace: "default", labelSelector: "jobset.sigs.k8s.io/jobset-name=bert" };
    await waitForObjects(api, "v1", "Pod", list, (pods) => pods.length === rackSize && pods.every(running), {
        what: "the rack's pods Running",
        timeoutMs: 120_000,
    });
}

function drill(name: string, ...more: string[]): Outcome {
    const ran = sandbox.kilogpu("twin", "drill", name, "prod", "--json", ...files, ...more);
    expect(ran.stdout, ran.stderr).toMatch(/^\{/);
    const outcome = JSON.parse(ran.stdout) as Outcome;
    console.log(
        [
            `${name}: ${outcome.victim.place}`,
            ...outcome.timeline.map(({ seconds, what }) => `  ${seconds.toFixed(1).padStart(6)} s  ${what}`),
        ].join("\n"),
    );
    expect(outcome.failures, ran.stderr).toEqual([]);
    expect(ran.code).toBe(0);
    return outcome;
}

/** Texts of what arrived at a receiver about the expected alert. */
function arrived(outcome: Outcome, receiver: string): string[] {
    return outcome.notifications
        .filter((notification) => notification.receiver === receiver)
        .flatMap(({ alerts }) => alerts)
        .filter(({ status, labels }) => status === "firing" && labels["alertname"] === outcome.victim.expected.alert)
        .map(({ annotations }) => annotations["summary"] ?? "");
}

beforeAll(async () => {
    sandbox = makeSandbox("drills");
    sandbox.edit("prod", (yaml) => yaml.replace("nodes: 128", `nodes: ${gang.toString()}`));
    const up = sandbox.kilogpu("twin", "up", "prod");
    expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
    process.env["KILOGPU_HOME"] = sandbox.home;
    const { api } = requireControlPlane("prod");
    await addRack(api);
    api.close();
    const rules = join(sandbox.home, "rules.yaml");
    const routes = join(sandbox.home, "alertmanager.yaml");
    writeFileSync(rules, stringify({ groups: alertRules(infrastructure()).groups }));
    writeFileSync(routes, stringify(alertmanagerConfig({ page: true, warning: true, remediation: true })));
    files = ["--rules", rules, "--alertmanager", routes];
});

afterAll(() => {
    sandbox.kilogpu("twin", "down", "prod");
    expect(sandbox.processes()).toEqual([]);
    sandbox.remove();
});

describe("drills", () => {
    it("refuses without rules, and says where they come from", () => {
        const ran = sandbox.kilogpu("twin", "drill", "xid-79", "staging");
        expect(ran.code).not.toBe(0);
        expect(ran.stderr).toContain("kilogpu twin up staging");
    });

    it("xid-79 is one page that names the node, although the GPU is missing too", () => {
        const outcome = drill("xid-79");
        expect(outcome.pages).toBe(1);
        expect(arrived(outcome, "page")).toEqual([expect.stringContaining(outcome.victim.node)]);
        expect(outcome.timeline.map(({ what }) => what)).toContain("also firing: GpuMissing (critical)");
    });

    it("a half-rate link is one page that names node and device", () => {
        const outcome = drill("half-rate-link", "--job", "default/bert");
        expect(outcome.pages).toBe(1);
        expect(outcome.victim.expected.alert).toBe("RdmaRateDegraded");
        expect(arrived(outcome, "page")).toEqual([expect.stringMatching(/mlx5_0.*rack-08/)]);
    });

    it("a loss spike is one page that names the job", () => {
        const outcome = drill("loss-spike");
        expect(outcome.pages).toBe(1);
        expect(arrived(outcome, "page")).toEqual([expect.stringContaining("pretrain/gpt2")]);
    });

    it("a memory leak is one warning before the memory is full, and names the pod and the node", () => {
        const outcome = drill("memory-leak");
        expect(outcome.pages).toBe(0);
        expect(arrived(outcome, "warning")).toHaveLength(1);
        const labels = outcome.notifications
            .flatMap(({ alerts }) => alerts)
            .find(({ labels: each }) => each["alertname"] === "GpuMemoryLeak")?.labels;
        expect(labels).toMatchObject({ node: outcome.victim.node, namespace: "pretrain" });
    });

    it("a lost node is one page, and the job is whole again on a spare, every other pod untouched", () => {
        const outcome = drill("lost-node");
        expect(outcome.pages).toBe(1);
        expect(arrived(outcome, "page")).toEqual([expect.stringContaining(outcome.victim.node)]);
        const last = outcome.timeline.find(({ what }) => what.startsWith("running: "));
        expect(last?.what).toContain(`${gang.toString()} pods, ${(gang - 1).toString()} of them never stopped`);
    });
});
