/**
 * NCCL Inspector in training pods: NCCL's own profiler plugin writes time and bus bandwidth of every collective to a folder of the node,
 * from where the node exporter takes them. Pure.
 *
 * The plugin speaks version 5 of NCCL's profiler interface: NCCL 2.28 loads it, PyTorch 2.9's own 2.27 does not. Prometheus text with
 * these labels is written from NCCL 2.29.7 on (NVIDIA/nccl: plugins/profiler/inspector). Where plugin or version is missing, NCCL says so
 * at level INFO and trains on (src/plugin/profiler.cc), so that the settings harm no image.
 */
import type { CapacityGroup } from "../capacity-group";
import { textfileRoot } from "../monitoring/exporters/node";

/** Folder of the text files: on the node, and at the same place in the pod. */
export const inspectorFolder = `${textfileRoot}/nccl`;

/** Least interval of Prometheus output; the plugin raises anything shorter. */
const DUMP_INTERVAL_SECONDS = 30;

/** A variable of a container. */
export interface EnvironmentVariable {
    name: string;
    value?: string;
    valueFrom?: { fieldRef: { fieldPath: string } };
}

/**
 * Whether the group's pods may write to their node. Pods with pinned memory live in namespaces of the privileged level already; those of
 * TCP nodes are restricted, which admits no hostPath, and talk over sockets whose bandwidth nobody declared.
 */
export function writesCollectives(group: CapacityGroup): boolean {
    return group.fabric.ipcLock;
}

/** Variables of the plugin. Those that others refer to come first. */
export function inspectorEnvironment(): EnvironmentVariable[] {
    const field = (name: string, fieldPath: string): EnvironmentVariable => ({
        name,
        valueFrom: { fieldRef: { fieldPath } },
    });
    return [
        field("KILOGPU_NAMESPACE", "metadata.namespace"),
        field("KILOGPU_JOB", "metadata.labels['jobset.sigs.k8s.io/jobset-name']"),
        // By name, NCCL looks for libnccl-profiler-inspector.so wherever the image keeps libraries.
        { name: "NCCL_PROFILER_PLUGIN", value: "inspector" },
        { name: "NCCL_INSPECTOR_ENABLE", value: "1" },
        { name: "NCCL_INSPECTOR_PROM_DUMP", value: "1" },
        {
            name: "NCCL_INSPECTOR_DUMP_THREAD_INTERVAL_MICROSECONDS",
            value: String(DUMP_INTERVAL_SECONDS * 1_000_000),
        },
        { name: "NCCL_INSPECTOR_DUMP_DIR", value: inspectorFolder },
        // The plugin's one label for a job, whoever started it: the alerts show it as namespace/job.
        { name: "SLURM_JOB_ID", value: "$(KILOGPU_NAMESPACE)/$(KILOGPU_JOB)" },
    ];
}

/** The volume; its mount has the same name. */
export function inspectorVolume(): { name: string; hostPath: { path: string; type: string } } {
    return { name: "collectives", hostPath: { path: inspectorFolder, type: "DirectoryOrCreate" } };
}
