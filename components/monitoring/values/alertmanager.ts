/**
 * Routes and inhibitions: one dead node is one page, not forty. Alerts of a node are one notification, and once the node itself is
 * reported, what follows from it is not.
 */
import type { ChartValues } from "../../helm-chart";

/** Name of the Secret with the receivers' addresses. */
export const receiversSecret = "kilogpu-alert-receivers";

/** Which receivers there are. */
export interface Receivers {
    page: boolean;
    warning: boolean;
    remediation: boolean;
}

/** Alerts that say that a whole node is gone: everything else about the node follows from them. */
const nodeIsGone = ["GpuNodeNotReady", "GpuXidFallenOffBus", "GpuXidRestartMachine"];

/** What follows from what. */
function inhibitions(): ChartValues[] {
    const gone = nodeIsGone.join("|");
    return [
        // Strongest first: a node that is not Ready also inhibits the XID that killed it.
        {
            source_matchers: ['alertname="GpuNodeNotReady"'],
            target_matchers: ['alertname!="GpuNodeNotReady"'],
            equal: ["node"],
        },
        {
            source_matchers: [`alertname=~"${gone}"`],
            target_matchers: [`alertname!~"${gone}"`, 'kilogpu_group!=""'],
            equal: ["node"],
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
            target_matchers: ['alertname="TrainingStalled"'],
            equal: ["namespace", "pod"],
        },
        {
            source_matchers: ['alertname="KubeStateMetricsMissing"'],
            target_matchers: ['alertname=~"GpuMissing|RdmaPortsMissing|EfaInterfacesMissing|NodesMissing"'],
        },
    ];
}

function webhook(name: string, sendResolved = true): ChartValues {
    return {
        name,
        webhook_configs: [
            { url_file: `/etc/alertmanager/secrets/${receiversSecret}/${name}`, send_resolved: sendResolved },
        ],
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
            ...(receivers.page ? [webhook("page")] : []),
            ...(receivers.warning ? [webhook("warning")] : []),
            ...(receivers.remediation ? [webhook("remediation")] : []),
        ],
    };
}
