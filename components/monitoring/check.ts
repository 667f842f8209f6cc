/** All mistakes of Monitoring's arguments. */
import { release } from "../../catalog/releases";
import { checkPools } from "../capacity-group";
import { checkChartMirror, checkImageMirror, checkChartValues } from "../helm-chart";
import type { InputProblem } from "../input";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import { GpuExporter } from "./monitoring-args";
import type { AlertReceiversArgs, MonitoringArgs } from "./monitoring-args";
import { receiverKeys } from "./values/alertmanager";

/** Problems of the arguments. Pure. */
export function checkMonitoring(args: MonitoringArgs): InputProblem[] {
    const unknown = requirePlain({
        pools: args.pools,
        gpuExporter: args.gpuExporter,
        losslessPriority: args.losslessPriority,
        retentionDays: args.retentionDays,
        logs: args.logs,
        logRetentionDays: args.logRetentionDays,
        checkpointSeconds: args.checkpointSeconds,
        trainJobStatus: args.trainJobStatus,
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
        ...wholeNumber("checkpointSeconds", args.checkpointSeconds ?? 60, { min: 1, max: 1800 }),
        ...checkReceivers(args.receivers),
        ...checkRemoteWrite(args.remoteWriteUrl),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release("kube-prometheus-stack"), args.values),
        ...checkChartValues("lokiValues", release("loki"), args.lokiValues),
        ...checkChartValues("alloyValues", release("alloy"), args.alloyValues),
        ...checkLogs(args),
    ];
}

function checkReceivers(receivers: AlertReceiversArgs | undefined): InputProblem[] {
    const { secret, secretKeys } = receivers ?? {};
    const addresses = (["pageUrl", "warningUrl", "remediationUrl"] as const).filter(
        (name) => receivers?.[name] !== undefined,
    );
    if (secret === undefined) {
        return secretKeys === undefined
            ? []
            : [
                  {
                      path: "receivers.secretKeys",
                      got: show(secretKeys),
                      legal: "these are keys of receivers.secret, which is not given",
                      remedy: "Name the Secret, or give the addresses.",
                  },
              ];
    }
    const keys = secretKeys ?? ["page"];
    return [
        ...(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(secret)
            ? []
            : [
                  {
                      path: "receivers.secret",
                      got: show(secret),
                      legal: "the name of a Secret: lower-case letters, digits, - and .",
                      remedy: "Give the name alone; its namespace is monitoring.",
                  },
              ]),
        ...keys.flatMap((key, index) => oneOf(`receivers.secretKeys[${index.toString()}]`, key, receiverKeys)),
        ...addresses.map((name) => ({
            path: `receivers.${name}`,
            got: "an address",
            legal: "addresses come from receivers.secret, which is given",
            remedy: "Remove one of the two.",
        })),
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
