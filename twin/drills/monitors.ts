/** A real Prometheus and a real Alertmanager of the twin, and the exporter that they watch. All on loopback. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { metricsOf } from "../../catalog/metrics";
import type { ControlPlane } from "../control-plane";
import { layoutOf, writeWhole } from "../control-plane/layout";
import { portsFor, readTwinRecord } from "../control-plane/ports";
import { ensureProcess, stopProcess } from "../control-plane/processes";
import { cacheHome, packageFile } from "../places";
import { ToolName, type Toolchain } from "../toolchain/types";
import { routingFor, scaleGroups, type Shipped } from "./shipped";
import { scaleDuration, type TimeScale } from "./time-scale";

export const MONITOR_TOOLS: ToolName[] = [ToolName.Prometheus, ToolName.Alertmanager];

/** Addresses, all `http://127.0.0.1:<port>`. */
export interface Monitors {
    prometheus: string;
    alertmanager: string;
    exporter: string;
    /** Receivers of the drill's own, where the environment has none. */
    added: string[];
}

const listeners = ["exporter.http", "prometheus.http", "alertmanager.http"];

async function answers(url: string): Promise<boolean> {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
}

/** Starts what does not run as these rules ask for it. */
export async function startMonitors(
    environment: string,
    plane: ControlPlane,
    toolchain: Toolchain,
    shipped: Shipped,
    scale: TimeScale,
): Promise<Monitors> {
    const ports = await portsFor(environment, listeners);
    const [exporterPort = 0, prometheusPort = 0, alertmanagerPort = 0] = listeners.map((name) => ports[name]);
    const folder = join(layoutOf(environment).home, "drills");
    mkdirSync(folder, { recursive: true });
    const url = (port: number): string => `http://127.0.0.1:${port.toString()}`;
    await ensureProcess(environment, {
        name: "exporter",
        command: process.execPath,
        args: [
            packageFile("dist", "twin", "drills", "main.js"),
            environment,
            exporterPort.toString(),
            scale.factor.toString(),
            (scale.scrapeSeconds * 1000).toString(),
        ],
        env: { KILOGPU_HOME: cacheHome() },
        ports: { http: exporterPort },
        ready: () => answers(`${url(exporterPort)}/faults`),
    });
    const routing = routingFor(shipped.alertmanager, url(exporterPort), scale.factor);
    await ensureProcess(environment, {
        name: "alertmanager",
        command: toolchain.path(ToolName.Alertmanager),
        args: [
            `--config.file=${contentNamed(folder, "alertmanager", stringify(routing.config))}`,
            `--storage.path=${join(folder, "alertmanager")}`,
            `--web.listen-address=127.0.0.1:${alertmanagerPort.toString()}`,
            // One member needs no gossip, and no port for it.
            "--cluster.listen-address=",
        ],
        ports: { http: alertmanagerPort },
        ready: () => answers(`${url(alertmanagerPort)}/-/ready`),
    });
    const tokenFile = join(folder, "token");
    writeWhole(tokenFile, plane.token);
    const rules = contentNamed(folder, "rules", stringify({ groups: scaleGroups(shipped.groups, scale) }));
    const config = prometheusConfig({
        exporter: url(exporterPort),
        alertmanagerPort,
        prometheusPort,
        controllers: controllerPorts(environment),
        server: plane.server,
        tokenFile,
        rules,
        dcgmRelabelings: shipped.dcgmRelabelings,
        scale,
    });
    await ensureProcess(environment, {
        name: "prometheus",
        command: toolchain.path(ToolName.Prometheus),
        args: [
            `--config.file=${contentNamed(folder, "prometheus", stringify(config))}`,
            `--storage.tsdb.path=${join(folder, "prometheus")}`,
            `--web.listen-address=127.0.0.1:${prometheusPort.toString()}`,
            "--storage.tsdb.retention.time=6h",
            // How long a sample counts as the present, and how often a firing alert is said again: durations of life too.
            `--query.lookback-delta=${scaleDuration("5m", scale.factor)}`,
            `--rules.alert.resend-delay=${scaleDuration("1m", scale.factor)}`,
        ],
        ports: { http: prometheusPort },
        ready: () => answers(`${url(prometheusPort)}/-/ready`),
    });
    return {
        prometheus: url(prometheusPort),
        alertmanager: url(alertmanagerPort),
        exporter: url(exporterPort),
        added: routing.added,
    };
}

/** Ends them; the twin goes on. */
export async function stopMonitors(environment: string): Promise<void> {
    await Promise.all(["prometheus", "alertmanager", "exporter"].map((name) => stopProcess(environment, name)));
}

/** A file named by its content, so that another content is another command line and the process is started anew. */
function contentNamed(folder: string, name: string, content: string): string {
    const path = join(folder, `${name}-${createHash("sha256").update(content).digest("hex").slice(0, 12)}.yaml`);
    writeWhole(path, content);
    return path;
}

/** Metrics ports of the controllers that run, by name. */
function controllerPorts(environment: string): { [name: string]: number } {
    const { ports } = readTwinRecord(environment);
    return Object.fromEntries(
        ["kueue", "jobset"].flatMap((name) => {
            const port = ports[`${name}.metrics`];
            return port === undefined ? [] : [[name, port]];
        }),
    );
}

interface ConfigFacts {
    exporter: string;
    alertmanagerPort: number;
    prometheusPort: number;
    controllers: { [name: string]: number };
    server: string;
    tokenFile: string;
    rules: string;
    dcgmRelabelings: { [field: string]: unknown }[];
    scale: TimeScale;
}

function loopback(port: number): { targets: string[] }[] {
    return [{ targets: [`127.0.0.1:${port.toString()}`] }];
}

/** Prometheus' configuration: the jobs and labels of the deployed scrapes, on the twin's addresses. */
export function prometheusConfig(facts: ConfigFacts): { [section: string]: unknown } {
    const interval = `${facts.scale.scrapeSeconds.toString()}s`;
    const discovered = (exporter: string): { [field: string]: unknown }[] => [
        { url: `${facts.exporter}/targets/${exporter}`, refresh_interval: interval },
    ];
    // The controllers' certificates are their own; the API server checks the token.
    const secured = {
        scheme: "https",
        authorization: { credentials_file: facts.tokenFile },
        tls_config: { insecure_skip_verify: true },
    };
    const only = (exporter: string): { [field: string]: unknown }[] => [
        {
            source_labels: ["__name__"],
            regex: metricsOf(exporter)
                .map(({ name }) => name)
                .join("|"),
            action: "keep",
        },
    ];
    return {
        global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
        rule_files: [facts.rules],
        alerting: { alertmanagers: [{ static_configs: loopback(facts.alertmanagerPort) }] },
        scrape_configs: [
            {
                job_name: "dcgm-exporter",
                honor_labels: true,
                http_sd_configs: discovered("dcgm"),
                metric_relabel_configs: facts.dcgmRelabelings,
            },
            { job_name: "node-exporter", http_sd_configs: discovered("node") },
            { job_name: "training", honor_labels: true, http_sd_configs: discovered("training") },
            {
                job_name: "kube-state-metrics",
                honor_labels: true,
                metrics_path: "/state",
                static_configs: [{ targets: [new URL(facts.exporter).host] }],
            },
            ...Object.entries(facts.controllers).map(([name, port]) => ({
                job_name: name,
                honor_labels: true,
                ...secured,
                static_configs: loopback(port),
                metric_relabel_configs: only(name),
            })),
            {
                job_name: "apiserver",
                ...secured,
                // Twenty thousand lines, of which three metrics are read.
                scrape_interval: `${(2 * facts.scale.scrapeSeconds).toString()}s`,
                static_configs: [{ targets: [new URL(facts.server).host] }],
                metric_relabel_configs: only("apiserver"),
            },
            { job_name: "prometheus", static_configs: loopback(facts.prometheusPort) },
            { job_name: "alertmanager", static_configs: loopback(facts.alertmanagerPort) },
        ],
    };
}
