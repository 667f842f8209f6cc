/**
 * Routes and inhibitions: one dead node is one page, not forty. Alerts of a node are one notification, and once the node itself is
 * reported, what follows from it is not.
 */
import type { ChartValues } from "../../helm-chart";

/** Name of the Secret with the receivers' addresses, where the library makes it. */
export const receiversSecret = "kilogpu-alert-receivers";

/** Keys of the Secret, each a receiver. */
export const receiverKeys = ["page", "warning", "remediation"] as const;

/** Which receivers there are, and which Secret has their addresses. */
export interface Receivers {
    page: boolean;
    warning: boolean;
    remediation: boolean;
    /** Name of the Secret. Defaults to the library's own. */
    secret?: string;
}

/** Whether anybody hears of an alert. */
export function anyReceiver(receivers: Receivers): boolean {
    return receiverKeys.some((key) => receivers[key]);
}

/** XIDs after which the machine is restarted: everything else about the node follows from them, that it is not Ready too. */
const endsTheNode = "GpuXidFallenOffBus|GpuXidRestartMachine";

/** What follows from what. */
function inhibitions(): ChartValues[] {
    return [
        // Whoever was told of the XID need not hear that its node then went down for the restart. The XID fires on for a quarter of an
        // hour after its last sign; a node that is still not Ready afterwards is a page of its own.
        {
            source_matchers: [`alertname=~"${endsTheNode}"`],
            target_matchers: [`alertname!~"${endsTheNode}"`, 'kilogpu_group!=""'],
            equal: ["node"],
        },
        {
            source_matchers: ['alertname="GpuNodeNotReady"'],
            target_matchers: [`alertname!~"GpuNodeNotReady|${endsTheNode}"`, 'kilogpu_group!=""'],
            equal: ["node"],
        },
        // One memory error, read as XID and as counter.
        {
            source_matchers: ['alertname="GpuXidMemory"'],
            target_matchers: ['alertname="GpuEccDoubleBit"'],
            equal: ["node", "gpu"],
        },
        // The port is down: its rate, its counters and its rail say nothing new.
        {
            source_matchers: ['alertname="RdmaPortDown"'],
            target_matchers: ['alertname=~"Rdma.+|Roce.+"', 'alertname!="RdmaPortDown"'],
            equal: ["node"],
        },
        {
            source_matchers: ['alertname="GpuMissing"'],
            target_matchers: ['alertname=~"GpuAllocatableLow|GpuTelemetryMissing"'],
            equal: ["node"],
        },
        // What a job's loss has to say explains the rest of the job.
        {
            source_matchers: ['alertname=~"TrainingLossNonFinite|TrainingLossSpike|TrainingRestartLoop"'],
            target_matchers: [
                'alertname=~"TrainingLossAnomaly|TrainingThroughputDropped|TrainingStalled|TrainingGradient.+|TrainingRollbacks"',
            ],
            equal: ["namespace", "job_name"],
        },
        {
            source_matchers: ['alertname="TrainingStalled"'],
            target_matchers: ['alertname="TrainingThroughputDropped"'],
            equal: ["namespace", "job_name"],
        },
        {
            source_matchers: ['alertname="NcclHang"'],
            target_matchers: ['alertname=~"TrainingStalled|TrainingThroughputDropped"'],
            equal: ["namespace", "job_name"],
        },
        {
            source_matchers: ['alertname="KubeStateMetricsMissing"'],
            target_matchers: ['alertname=~"GpuMissing|RdmaPortsMissing|EfaInterfacesMissing|NodesMissing"'],
        },
    ];
}

/** The operator mounts the Secret there; Alertmanager reads the file at each notification. */
function webhook(name: string, secret = receiversSecret): ChartValues {
    return {
        name,
        webhook_configs: [{ url_file: `/etc/alertmanager/secrets/${secret}/${name}`, send_resolved: true }],
    };
}

/** Alertmanager's configuration. Pure. */
export function alertmanagerConfig(receivers: Receivers): ChartValues {
    return {
        global: { resolve_timeout: "5m" },
        route: {
            receiver: "nobody",
            // One notification for all that a node, or a job, has to say.
            group_by: ["node", "namespace", "job_name"],
            group_wait: "30s",
            group_interval: "5m",
            repeat_interval: "12h",
            routes: [
                { receiver: "nobody", matchers: ['alertname=~"Watchdog|InfoInhibitor"'] },
                ...(receivers.remediation
                    ? [
                          {
                              receiver: "remediation",
                              matchers: ['kilogpu_group!=""'],
                              group_wait: "5s",
                              group_interval: "1m",
                              continue: true,
                          },
                      ]
                    : []),
                ...(receivers.page
                    ? [{ receiver: "page", matchers: ['severity="critical"'], repeat_interval: "4h" }]
                    : []),
                ...(receivers.warning ? [{ receiver: "warning", matchers: ['severity="warning"'] }] : []),
            ],
        },
        inhibit_rules: inhibitions(),
        receivers: [
            { name: "nobody" },
            ...(receivers.page ? [webhook("page", receivers.secret)] : []),
            ...(receivers.warning ? [webhook("warning", receivers.secret)] : []),
            ...(receivers.remediation ? [webhook("remediation", receivers.secret)] : []),
        ],
    };
}
