/** Kueue's own configuration file, from which its chart makes a ConfigMap. Pure. */
import { stringify } from "yaml";
import { kueueApi, teamLabel } from "./names";

/** What of the configuration depends on the cluster. */
export interface KueueConfigurationOptions {
    podsReadyMinutes: number;
}

/**
 * The configuration as YAML text. What is not written here keeps Kueue's default.
 *
 * - Jobs without a queue name are held back in team namespaces (and only there), so that nobody gets round the quota.
 * - A job whose pods are not ready in time gives its nodes back and is queued again: one pod that cannot start would hold a
 *   thousand GPUs otherwise.
 */
export function kueueConfiguration(options: KueueConfigurationOptions): string {
    const podsReady = `${String(options.podsReadyMinutes)}m`;
    return stringify({
        apiVersion: `config.${kueueApi}`,
        kind: "Configuration",
        health: { healthProbeBindAddress: ":8081" },
        metrics: { bindAddress: ":8443", enableClusterQueueResources: true },
        webhook: { port: 9443 },
        leaderElection: { leaderElect: true, resourceName: "c1f6bfd2.kueue.x-k8s.io" },
        controller: {
            groupKindConcurrency: {
                "Job.batch": 5,
                Pod: 5,
                "Workload.kueue.x-k8s.io": 10,
                "LocalQueue.kueue.x-k8s.io": 5,
                "ClusterQueue.kueue.x-k8s.io": 5,
                "ResourceFlavor.kueue.x-k8s.io": 1,
            },
        },
        // A gang of 1,280 pods is ungated pod by pod; at Kueue's default of 300 requests a second that alone takes a while.
        clientConnection: { qps: 500, burst: 1000 },
        manageJobsWithoutQueueName: true,
        managedJobsNamespaceSelector: { matchExpressions: [{ key: teamLabel, operator: "Exists" }] },
        waitForPodsReady: {
            timeout: podsReady,
            recoveryTimeout: podsReady,
            blockAdmission: false,
            requeuingStrategy: { timestamp: "Eviction", backoffBaseSeconds: 60, backoffMaxSeconds: 3600 },
        },
        integrations: {
            frameworks: [
                "batch/job",
                "jobset.x-k8s.io/jobset",
                "trainer.kubeflow.org/trainjob",
                "ray.io/rayjob",
                "ray.io/raycluster",
                "ray.io/rayservice",
                "pod",
                "deployment",
                "statefulset",
            ],
        },
        fairSharing: { preemptionStrategies: ["LessThanOrEqualToFinalShare", "LessThanInitialShare"] },
    });
}
