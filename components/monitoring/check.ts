/** All mistakes of Monitoring's arguments. */
import { release } from "../../catalog/releases";
import { checkPools } from "../capacity-group";
import { checkChartMirror, checkImageMirror, checkChartValues } from "../helm-chart";
import type { InputProblem } from "../input";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import { GpuExporter } from "./monitoring-args";
import type { MonitoringArgs } from "./monitoring-args";

/** Problems of the arguments. Pure. */
export function checkMonitoring(args: MonitoringArgs): InputProblem[] {
    const unknown = requirePlain({
        pools: args.pools,
        gpuExporter: args.gpuExporter,
        losslessPriority: args.losslessPriority,
        retentionDays: args.retentionDays,
        logs: args.logs,
        logRetentionDays: args.logRetentionDays,
        managedPrometheus: args.managedPrometheus,
        remoteWriteUrl: args.remoteWriteUrl,
        chartMirror: args.chartMirror,
        imageMirror: args.imageMirror,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...checkPools(args.pools, args.fabric),
        ...oneOf("gpuExporter", args.gpuExporter ?? GpuExporter.Operator, Object.values(GpuExporter)),
        ...wholeNumber("losslessPriority", args.losslessPriority ?? 3, { min: 0, max: 7 }),
        // Two weeks of forecast look at seven days of history.
        ...wholeNumber("retentionDays", args.retentionDays ?? 15, { min: 7, max: 400 }),
        ...wholeNumber("logRetentionDays", args.logRetentionDays ?? 14, { min: 1, max: 400 }),
        ...wholeNumber("trainingMetricsPort", args.trainingMetricsPort ?? 9400, { min: 1024, max: 65_535 }),
        ...checkRemoteWrite(args.remoteWriteUrl),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release("kube-prometheus-stack"), args.values),
        ...checkChartValues("lokiValues", release("loki"), args.lokiValues),
        ...checkChartValues("alloyValues", release("alloy"), args.alloyValues),
        ...checkLogs(args),
    ];
}

function checkRemoteWrite(url: string | undefined): InputProblem[] {
    if (url === undefined || /^https:\/\/[^/]+/.test(url)) {
        return [];
    }
    return [
        {
            path: "remoteWriteUrl",
            got: show(url),
            legal: "an https:// address is legal, because series name users and jobs",
            remedy: "Give the push address of the other Prometheus, with https.",
        },
    ];
}

function checkLogs(args: MonitoringArgs): InputProblem[] {
    if (args.logs !== false) {
        return [];
    }
    return [
        ...(["lokiValues", "alloyValues", "logRetentionDays"] as const)
            .filter((name) => args[name] !== undefined)
            .map((name) => ({
                path: name,
                got: show(args[name]),
                legal: "it needs logs, which are switched off",
                remedy: "Remove it, or set logs to true.",
            })),
    ];
}
