/** What alerts on one port of a node have in common. */
import type { Alert, Runbook, Severity } from "./rule";

export const port = "node, device, port";
export const onPort = "{{ $labels.device }} port {{ $labels.port }} of {{ $labels.node }}";
const gpuNode = "and on (node) sum by (node) (node:kilogpu_expected_gpus)";

export const network = (
    meaning: string,
    act: string[],
    healing = "Nothing by itself; the NCCL alerts tell whether jobs suffer.",
): Runbook => ({
    meaning,
    look: [
        "Dashboard kilogpu / fabric",
        "`ibstat`, `rdma link` and `ethtool -S <device>` on the node",
        "The switch's side of the same link",
    ],
    act,
    healing,
});

/** An alert on one port; the expression is for `by (node, device, port)`. */
export function portAlert(
    name: string,
    severity: Severity,
    expr: string,
    says: string,
    shows: string,
    runbook: Runbook,
    hold?: string,
): Alert {
    return {
        name,
        severity,
        expr: `(${expr})\n  ${gpuNode}`,
        ...(hold === undefined ? {} : { for: hold }),
        summary: `${onPort}: ${says}`,
        description: shows,
        runbook,
    };
}

export const increase = (metric: string, window: string): string => `sum by (${port}) (increase(${metric}[${window}]))`;
export const rate = (metric: string, window: string): string => `sum by (${port}) (rate(${metric}[${window}]))`;
