/** A gang that must stand within a domain too small for it waits for ever. */
import { gpuResource, nodeLabels } from "../../../catalog";
import { largestDomain, schedulableGpusOf } from "../../cluster";
import { kind, stackRule, type StackFinding, type Subject } from "../../rule";

const TOPOLOGY = kind("kueue.x-k8s.io/v1beta2", "Topology");
const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");

export const gangsFitTheirTopology = stackRule(
    {
        name: "gangs-fit-their-topology",
        displayName: "Every job fits the topology it requires",
        description:
            "podset-required-topology asks for one domain that holds all nodes. On kubernetes.io/hostname that is one node; on a leaf or a pod of racks it is what the inventory puts there; on a label that the Topology has not, it is none.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Require a wider level, or prefer instead of require.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/",
    },
    (subjects) => {
        const levels = subjects
            .filter((subject) => subject.type === TOPOLOGY)
            .flatMap((topology) => topology.props.list("spec.levels").map((level) => level.text("nodeLabel")));
        return subjects
            .filter((subject) => subject.type === TRAIN_JOB)
            .flatMap((about) =>
                about.props
                    .allTexts()
                    .filter(([path]) => path.endsWith("kueue.x-k8s.io/podset-required-topology"))
                    .flatMap(([, level]) => judge(about, level, levels, subjects)),
            );
    },
);

function judge(
    about: Subject,
    level: string,
    levels: readonly (string | undefined)[],
    subjects: readonly Subject[],
): StackFinding[] {
    if (level !== nodeLabels.hostname && levels.length > 0 && !levels.includes(level) && !levels.includes(undefined)) {
        return [
            {
                about,
                found: `required topology ${level}`,
                required: `a level of the Topology: ${levels.join(", ")}`,
                remedy: "Name a level that the queue's Topology has.",
            },
        ];
    }
    const nodes = about.props.number("spec.trainer.numNodes") ?? 1;
    const hosts = level === nodeLabels.hostname ? 1 : largestDomain(subjects, level);
    const room = hosts === undefined ? undefined : hosts * podsPerHost(about, subjects);
    return room === undefined || nodes <= room
        ? []
        : [
              {
                  about,
                  found: `${nodes} nodes within one ${level}`,
                  required: `a level that holds them: the largest domain of this one holds ${room}`,
                  remedy: "Require a wider level, or use mode preferred.",
              },
          ];
}

/** Pods of a job that one host takes: several where each asks for a part of its GPUs. */
function podsPerHost(job: Subject, subjects: readonly Subject[]): number {
    const asked = job.props.at("spec.trainer.resourcesPerNode.limits").key(gpuResource);
    const most = Math.max(0, ...schedulableGpusOf(subjects));
    const each = asked.number() ?? 0;
    return asked.unknown ? Infinity : each > 0 && most > each ? Math.floor(most / each) : 1;
}
