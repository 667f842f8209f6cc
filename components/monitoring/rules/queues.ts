/** Queues, quota, placement and capacity. */
import { nodeReplaced } from "./healing";
import type { RuleSource, Runbook } from "./rule";

const queue = (meaning: string, act: string[], healing = "None."): Runbook => ({
    meaning,
    look: [
        "Dashboard kilogpu / queues",
        "`kubectl get clusterqueues,workloads -A`",
        "`kubectl describe workload -n <namespace> <name>`: conditions say why",
    ],
    act,
    healing,
});

export const queuesAndCapacity: RuleSource = {
    name: "queues",
    title: "Queues and capacity",
    alerts: () => [
        {
            name: "QueueInactive",
            severity: "critical",
            for: "5m",
            expr: `max by (cluster_queue) (kueue_cluster_queue_status{status="active"}) == 0`,
            summary: "Queue {{ $labels.cluster_queue }} is not active: nothing of its team starts.",
            description: "Status active is {{ $value }}.",
            runbook: queue("A flavor, a topology or an admission check of the queue is missing.", [
                "`kubectl describe clusterqueue <name>`: the Active condition names it.",
            ]),
        },
        {
            name: "QueueStuck",
            severity: "warning",
            for: "1h",
            expr: `sum by (cluster_queue) (kueue_pending_workloads{status="inadmissible"}) > 0`,
            summary: "Workloads of {{ $labels.cluster_queue }} cannot be admitted.",
            description: "{{ $value }} workloads have been inadmissible for an hour.",
            runbook: queue("They ask for more than the queue may ever have, or the cluster is full.", [
                "Compare the request with quota and borrowing limit; `kilogpu plan` would have refused it.",
            ]),
        },
        {
            name: "QueueNothingAdmitted",
            severity: "warning",
            for: "30m",
            expr: `sum by (cluster_queue) (kueue_pending_workloads) > 0
  and on (cluster_queue) sum by (cluster_queue) (increase(kueue_admitted_workloads_total[2h])) == 0
  and on (cluster_queue) sum by (cluster_queue) (kueue_cluster_queue_resource_reservation{resource="nvidia.com/gpu"}) < sum by (cluster_queue) (kueue_cluster_queue_nominal_quota{resource="nvidia.com/gpu"})`,
            summary: "{{ $labels.cluster_queue }} has free quota, waiting work, and admits nothing.",
            description: "{{ $value }} workloads wait.",
            runbook: queue("Quota is there, nodes are not: fragmented, cordoned or gone.", [
                "GpusFragmented, NodesMissing?",
                "A strict first-in-first-out queue waits for its head.",
            ]),
        },
        {
            name: "QueueWaitLong",
            severity: "info",
            for: "30m",
            expr: `histogram_quantile(0.9, sum by (cluster_queue, le) (rate(kueue_admission_wait_time_seconds_bucket[6h]))) > 14400`,
            summary: "A tenth of the workloads of {{ $labels.cluster_queue }} waits over four hours.",
            description: "Ninetieth percentile of six hours: {{ $value | humanizeDuration }}.",
            runbook: queue("The team's share is too small for what it submits.", ["Quota, borrowing, more capacity."]),
        },
        {
            name: "PreemptionChurn",
            severity: "warning",
            expr: `sum by (preempting_cluster_queue) (increase(kueue_preempted_workloads_total[1h])) > 10`,
            summary: "{{ $labels.preempting_cluster_queue }} preempts again and again.",
            description:
                "{{ $value }} preemptions within an hour: each throws away the work since the last checkpoint.",
            runbook: queue("Quotas and priorities fight.", [
                "Longer jobs in own quota, short ones borrow.",
                "Fewer classes of urgency.",
            ]),
        },
        {
            name: "EvictionChurn",
            severity: "warning",
            expr: `sum by (cluster_queue, reason) (increase(kueue_evicted_workloads_total{reason!="Preempted"}[1h])) > 5`,
            summary: "Workloads of {{ $labels.cluster_queue }} are evicted again and again: {{ $labels.reason }}.",
            description: "{{ $value }} evictions within an hour.",
            runbook: queue("PodsReadyTimeout: pods do not start within Kueue's patience, often a slow image pull.", [
                "Pre-pull the image; raise waitForPodsReady.timeout.",
            ]),
        },
        {
            name: "QuotaLeak",
            severity: "warning",
            for: "30m",
            expr: `sum(kueue_cluster_queue_resource_reservation{resource="nvidia.com/gpu"})
  - (sum(kube_pod_container_resource_requests{resource="nvidia_com_gpu"} and on (namespace, pod) kube_pod_status_phase{phase=~"Pending|Running"} == 1) or vector(0)) > 0`,
            summary: "Quota is reserved for pods that do not exist.",
            description: "{{ $value }} GPUs are reserved in queues and held by no pod for half an hour.",
            runbook: queue("Others wait for GPUs that nobody uses.", [
                "Workloads Admitted without pods: delete them; report it to Kueue.",
            ]),
        },
        {
            name: "GpusFragmented",
            severity: "info",
            for: "30m",
            expr: `(cluster:kilogpu_gpus_allocatable - sum(node:kilogpu_gpus_requested)) >= on () (2 * max(node:kilogpu_expected_schedulable_gpus))
  unless on () (count(node:kilogpu_expected_schedulable_gpus unless on (node) (node:kilogpu_gpus_requested > 0)) > 0)`,
            summary: "GPUs are free, and no whole node is.",
            description: "{{ $value }} GPUs are free over the cluster, all in parts of nodes.",
            runbook: queue("Whole-node gangs wait although the sum would do.", [
                "Move small jobs together: end those with the newest checkpoints first, they lose least.",
                "A queue for small jobs on its own pool.",
            ]),
        },
        {
            name: "CapacityForecastShort",
            severity: "warning",
            for: "6h",
            expr: `predict_linear(cluster:kilogpu_gpus_requested[7d], 1209600) > cluster:kilogpu_gpus_allocatable
  and on () (cluster:kilogpu_gpus_requested offset 3d >= 0)`,
            summary: "In 14 days more GPUs will be asked for than there are.",
            description: "The trend of seven days says {{ $value }} GPUs.",
            runbook: queue("Queues will grow unless something changes.", [
                "Book the next capacity block now; prices and dates are in the plan.",
            ]),
        },
        {
            name: "NodesMissing",
            severity: "warning",
            for: "30m",
            expr: `count by (capacity_group) (node:kilogpu_expected_gpus) < on (capacity_group) sum by (capacity_group) (group:kilogpu_declared_nodes)`,
            summary: "Group {{ $labels.capacity_group }} has {{ $value }} nodes, fewer than declared.",
            description: "{{ $value }} nodes have joined. A group without any is outside its window, and silent.",
            runbook: queue(
                "Gangs that need the whole group do not start.",
                ["Auto Scaling group's activity: capacity, quota, launch errors."],
                "The node group keeps trying.",
            ),
        },
        {
            name: "GpuNodeNotReady",
            severity: "critical",
            for: "3m",
            expr: `max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0 and on (node) sum by (node) (node:kilogpu_expected_gpus)`,
            summary: "GPU node {{ $labels.node }} is not Ready.",
            description:
                "Ready is {{ $value }} for three minutes; a reboot takes longer than that and is announced by a silence.",
            runbook: queue(
                "Its pods are evicted; jobs on it restart.",
                ["Console output of the machine; power it off and on."],
                nodeReplaced,
            ),
        },
        {
            name: "GpuNodesCordoned",
            severity: "warning",
            for: "1h",
            expr: `count(kube_node_spec_unschedulable == 1 and on (node) sum by (node) (node:kilogpu_expected_gpus)) > 0.05 * count(sum by (node) (node:kilogpu_expected_gpus))`,
            summary: "More than a twentieth of the GPU nodes is cordoned.",
            description: "{{ $value }} nodes for an hour.",
            runbook: queue(
                "Repairs do not keep up, or something cordons healthy nodes.",
                ["Reasons in the taints; spare nodes; vendor cases."],
                "On EKS node repair stops by itself where too large a part of a node group is unhealthy. Nobody else uncordons.",
            ),
        },
    ],
};
