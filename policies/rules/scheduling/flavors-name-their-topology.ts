/** A flavor without its Topology places gangs blindly, or is inactive. */
import { objectName } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const FLAVOR = kind("kueue.x-k8s.io/v1beta2", "ResourceFlavor");
const TOPOLOGY = kind("kueue.x-k8s.io/v1beta2", "Topology");

export const flavorsNameTheirTopology = stackRule(
    {
        name: "flavors-name-their-topology",
        displayName: "Every GPU flavor names a Topology that exists",
        description:
            "topologyName of a Topology that is not there makes the flavor inactive. Without topologyName Kueue admits by quota alone: a gang is spread over the fabric, or its nodes do not exist and it waits admitted.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps:
            "Set spec.topologyName to a Topology of the stack; TrainingQueues makes one from the pools' labels.",
        url: "https://github.com/kubernetes-sigs/kueue/issues/4329",
    },
    (subjects) => {
        const topologies = subjects.filter((subject) => subject.type === TOPOLOGY).map(objectName);
        return subjects
            .filter((subject) => subject.type === FLAVOR)
            .flatMap((about): StackFinding[] => {
                const wanted = about.props.at("spec.topologyName");
                const placed = !wanted.present && topologies.length === 0;
                return wanted.unknown || placed || topologies.includes(wanted.text()) || topologies.includes(undefined)
                    ? []
                    : [
                          {
                              about,
                              found: `spec.topologyName ${wanted.text() ?? "not set"}`,
                              required: `one of ${topologies.join(", ") || "none in this stack"}`,
                              remedy: "Name a Topology of the stack.",
                          },
                      ];
            });
    },
);
