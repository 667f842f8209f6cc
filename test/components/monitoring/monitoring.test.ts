import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, vi } from "vitest";
import { unknownChartValues } from "../../../catalog/chart-values";
import { FabricKind, fabricProfile, instanceMachine } from "../../../components/fabric";
import { instance } from "../../../catalog/instances";
import { GpuExporter, Monitoring, alertRules, checkMonitoring } from "../../../components/monitoring";
import type { MonitoringArgs } from "../../../components/monitoring";
import { dashboards } from "../../../components/monitoring/dashboards";
import { stackValues } from "../../../components/monitoring/values/prometheus";
import { alloyEventsValues, alloyValues } from "../../../components/monitoring/values/alloy";
import { lokiValues } from "../../../components/monitoring/values/logs";
import { standaloneExporterValues } from "../../../components/monitoring/exporters/dcgm";
import { monitoredInfrastructure } from "../../../components/monitoring";
import { pool } from "../../alerts/example-infrastructures";
import { evaluate } from "../../support/mocks";

function args(more: Partial<MonitoringArgs> = {}): MonitoringArgs {
    return {
        pools: [pool("h200", "p5en.48xlarge", FabricKind.Efa, 64)],
        fabric: {
            kind: FabricKind.Efa,
            groups: { h200: fabricProfile(instanceMachine(instance("p5en.48xlarge")), FabricKind.Efa) },
            ready: "efa",
        },
        ...more,
    };
}

describe("Monitoring", () => {
    it("installs the CRDs first, then the stack, then everything that needs them", async () => {
        const run = await evaluate(() => new Monitoring("watch", args()));
        expect(run.named("watch-stack").dependencies).toContain("watch-crds");
        const rules = run.resources.filter((resource) => resource.type.endsWith(":PrometheusRule"));
        expect(rules.length).toBeGreaterThan(10);
        for (const rule of rules) {
            expect(rule.dependencies).toContain("watch-stack");
        }
    });

    it("has the same children in a first preview as in an update", async () => {
        const update = await evaluate(() => new Monitoring("watch", args()));
        const preview = await evaluate(() => new Monitoring("watch", args()), { preview: true });
        expect(preview.inventory()).toEqual(update.inventory());
    });

    it("keeps receivers' addresses in a Secret and out of the chart's values", async () => {
        const run = await evaluate(
            () => new Monitoring("watch", args({ receivers: { pageUrl: "https://pager.example.com/token" } })),
        );
        expect(JSON.stringify(run.named("watch-stack").inputs)).not.toContain("pager.example.com");
        expect(run.named("watch-receivers").secretInputs.join()).toContain("stringData");
        expect(run.named("watch").secretInputs.join()).toContain("receivers");
    });

    it("mounts a Secret that others keep, and makes none beside it", async () => {
        const run = await evaluate(
            () =>
                new Monitoring("watch", args({ receivers: { secret: "from-vault", secretKeys: ["page", "warning"] } })),
        );
        const text = JSON.stringify(run.named("watch-stack").inputs);
        expect(text).toContain('"secrets":["from-vault"]');
        expect(text).toContain("/etc/alertmanager/secrets/from-vault/page");
        expect(text).toContain("/etc/alertmanager/secrets/from-vault/warning");
        expect(text).not.toContain("from-vault/remediation");
        expect(run.inventory().join()).not.toContain("watch-receivers");
    });

    it("refuses an address beside the Secret, keys without it, and keys that are no receiver", () => {
        const paths = (receivers: MonitoringArgs["receivers"]): string[] =>
            checkMonitoring(args({ receivers })).map((problem) => problem.path);
        expect(paths({ secret: "s", pageUrl: "https://pager.example.com" })).toEqual(["receivers.pageUrl"]);
        expect(paths({ secretKeys: ["page"] })).toEqual(["receivers.secretKeys"]);
        expect(paths({ secret: "s", secretKeys: ["pager"] })).toEqual(["receivers.secretKeys[0]"]);
        expect(paths({ secret: "Not A Name" })).toEqual(["receivers.secret"]);
        expect(paths({ secret: "s" })).toEqual([]);
    });

    it("says that nobody is paged where nobody is, and is silent where somebody is", async () => {
        const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
        await evaluate(() => new Monitoring("watch", args({ receivers: { warningUrl: "https://chat.example.com" } })));
        expect(warn.mock.calls.map(([text]) => text).join()).toContain("receivers.pageUrl");
        warn.mockClear();
        await evaluate(() => new Monitoring("watch", args({ receivers: { secret: "s" } })));
        expect(warn).not.toHaveBeenCalled();
        warn.mockRestore();
    });

    it("takes the checkpoint's time from what jobs were promised", () => {
        const rules = alertRules(monitoredInfrastructure(args({ checkpointSeconds: 240 })).infrastructure);
        const outlasts = rules.alerts.find((alert) => alert.name === "TrainingCheckpointOutlastsStop");
        expect(outlasts?.expr).toContain("> 240");
        expect(outlasts?.description).toContain("480 to stop");
    });

    it("reads EFA counters only where there is EFA, and runs no second GPU exporter beside the operator's", async () => {
        const run = await evaluate(() => new Monitoring("watch", args()));
        expect(run.named("watch-efa-counters").inputs).toMatchObject({ metadata: { namespace: "monitoring" } });
        expect(run.inventory().join()).not.toContain("dcgm-exporter");
        const tcp = await evaluate(
            () =>
                new Monitoring("watch", {
                    pools: [pool("l40s", "g6e.48xlarge", FabricKind.Tcp, 4)],
                    fabric: {
                        kind: FabricKind.Tcp,
                        groups: { l40s: fabricProfile(instanceMachine(instance("g6e.48xlarge")), FabricKind.Tcp) },
                        ready: "tcp",
                    },
                    gpuExporter: GpuExporter.Standalone,
                }),
        );
        expect(tcp.inventory().join()).not.toContain("efa-counters");
        expect(tcp.inventory().join()).toContain("watch-dcgm-exporter");
    });

    it("lets Prometheus write to its managed workspace and to nothing else", async () => {
        const run = await evaluate(
            () => new Monitoring("watch", args({ managedPrometheus: { clusterName: "train", region: "us-east-2" } })),
            {
                computed: (type) =>
                    type.endsWith("Workspace")
                        ? {
                              prometheusEndpoint: "https://aps.example.com/workspaces/w/",
                              arn: "arn:aws:aps:us-east-2:1:workspace/w",
                          }
                        : {},
            },
        );
        const policy = JSON.parse(
            run.named("watch-remote-write", "aws:iam/rolePolicy:RolePolicy").inputs["policy"] as string,
        ) as { Statement: unknown[] };
        expect(policy.Statement).toEqual([
            { Effect: "Allow", Action: ["aps:RemoteWrite"], Resource: ["arn:aws:aps:us-east-2:1:workspace/w"] },
        ]);
        expect(JSON.stringify(run.named("watch-stack").inputs)).toContain(
            "https://aps.example.com/workspaces/w/api/v1/remote_write",
        );
    });

    it("tells others which cluster and which replica a series comes from, so that they keep one copy", async () => {
        const run = await evaluate(
            () => new Monitoring("watch", args({ remoteWriteUrl: "https://mimir.example.com/api/v1/push" })),
        );
        expect(run.named("watch-stack").inputs["values"]).toMatchObject({
            prometheus: {
                prometheusSpec: {
                    replicas: 2,
                    replicaExternalLabelName: "__replica__",
                    externalLabels: { cluster: "stack" },
                    remoteWrite: [{ url: "https://mimir.example.com/api/v1/push" }],
                },
            },
        });
    });

    it("watches the loss in a TrainJob's status where Trainer writes it, and builds no panel on it where not", () => {
        const built = (trainJobStatus: boolean): string => {
            const { infrastructure } = monitoredInfrastructure(args({ trainJobStatus }));
            const rules = alertRules(infrastructure);
            return JSON.stringify([rules.groups, dashboards(infrastructure, rules.vocabulary)]);
        };
        expect(built(true)).toContain("kube_customresource_trainjob_metric");
        expect(built(false)).not.toContain("kube_customresource_trainjob");
    });

    it("reads pods' files on their node, gives kernel lines the node's name, and events of the teams once", async () => {
        const run = await evaluate(
            () =>
                new Monitoring(
                    "watch",
                    args({ queues: { teams: [{ namespace: "research", name: "research" }] } as never }),
                ),
        );
        const content = (name: string): string =>
            (run.named(name).inputs["values"] as { alloy: { configMap: { content: string } } }).alloy.configMap.content;
        const nodes = content("watch-alloy");
        expect(nodes).toContain("loki.source.file");
        expect(nodes).not.toMatch(/loki\.source\.kubernetes\b|constants\.hostname/);
        expect(nodes).toContain('node = sys.env("HOSTNAME")');
        const events = run.named("watch-alloy-events").inputs;
        expect(events).toMatchObject({
            name: "alloy-events",
            values: { controller: { type: "deployment", replicas: 1 }, crds: { create: false } },
        });
        expect(content("watch-alloy-events")).toContain('namespaces = ["research"]');
    });

    it("sends what Loki has counted to every replica of Prometheus", () => {
        const { loki } = lokiValues({ retentionDays: 14, storageGib: 20, nodes: 1280 }) as {
            loki: { rulerConfig: { remote_write: { clients: { [name: string]: { url: string } } } } };
        };
        expect(Object.values(loki.rulerConfig.remote_write.clients).map(({ url }) => url)).toEqual([
            "http://prometheus-kube-prometheus-stack-prometheus-0.prometheus-operated.monitoring.svc:9090/api/v1/write",
            "http://prometheus-kube-prometheus-stack-prometheus-1.prometheus-operated.monitoring.svc:9090/api/v1/write",
        ]);
    });

    it("lets Loki's volume grow with the pools, and leaves the logs when the release goes", () => {
        expect(lokiValues({ retentionDays: 14, storageGib: 80, nodes: 128 })).toMatchObject({
            singleBinary: {
                persistence: {
                    size: "80Gi",
                    enableStatefulSetRecreationForSizeChange: true,
                    enableStatefulSetAutoDeletePVC: false,
                },
            },
        });
    });

    it("lets Loki answer for every pod of a job that fails on all of its nodes", () => {
        expect(lokiValues({ retentionDays: 14, storageGib: 20, nodes: 1280 })).toMatchObject({
            loki: { limits_config: { max_query_series: 51_200, max_global_streams_per_user: 51_200 } },
        });
    });

    it("ships a dashboard for each view, none of them empty", async () => {
        const run = await evaluate(() => new Monitoring("watch", args()));
        const boards = run.ofType("kubernetes:core/v1:ConfigMap").filter((map) => map.name.includes("dashboard"));
        expect(boards.map((map) => map.name.replace("watch-dashboard-", ""))).toEqual([
            "fleet",
            "node",
            "job",
            "fabric",
            "nccl",
            "queues",
            "capacity",
        ]);
        for (const board of boards) {
            const [json] = Object.values(board.inputs["data"] as { [file: string]: string });
            expect((JSON.parse(json ?? "{}") as { panels: unknown[] }).panels.length).toBeGreaterThan(4);
        }
    });
});

describe("values", () => {
    it("are read by the pinned charts", () => {
        const { size } = monitoredInfrastructure(args());
        const stack = stackValues({
            size,
            receivers: { page: true, warning: true, remediation: true },
            logs: true,
            cluster: "train",
            storageClass: "gp3",
            remoteWriteUrl: "https://x",
        });
        expect(unknownChartValues("kube-prometheus-stack", stack)).toEqual([]);
        expect(
            unknownChartValues(
                "loki",
                lokiValues({ retentionDays: 14, storageGib: 20, nodes: 64, storageClass: "gp3" }),
            ),
        ).toEqual([]);
        expect(unknownChartValues("alloy", alloyValues())).toEqual([]);
        expect(unknownChartValues("alloy", alloyEventsValues(["research"]))).toEqual([]);
        expect(unknownChartValues("dcgm-exporter", standaloneExporterValues([]))).toEqual([]);
    });
});

describe("a mistake", () => {
    it("is told with its path before anything is made", async () => {
        await expect(
            evaluate(() => new Monitoring("watch", args({ retentionDays: 3, losslessPriority: 9 }))),
        ).rejects.toThrow(/Monitoring "watch": losslessPriority: got 9;[^]*retentionDays: got 3;/);
    });

    it.each<[string, Partial<MonitoringArgs>]>([
        ["gpuExporter", { gpuExporter: "both" as never }],
        ["remoteWriteUrl", { remoteWriteUrl: "http://plain.example.com" }],
        ["lokiValues", { logs: false, lokiValues: { test: {} } }],
        ["chartMirror", { chartMirror: "charts" }],
        ["trainingMetricsPort", { trainingMetricsPort: 80 }],
        ["retentionDays", { retentionDays: pulumi.output(9) as never }],
    ])("%s", (path, more) => {
        expect(checkMonitoring(args(more)).map((problem) => problem.path)).toContain(path);
    });
});
