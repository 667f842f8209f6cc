/** An image for another processor architecture, or without the NVIDIA driver, gives nodes that never join or have no GPU. */
import { nodeGroups } from "../../cluster";
import { stackRule, type StackFinding } from "../../rule";

export const imageFitsTheProcessor = stackRule(
    {
        name: "image-fits-the-processor",
        displayName: "The AMI type fits the instance type",
        description:
            "Grace machines (p6e-gb200) are arm64: an x86_64 image does not boot there. A standard image boots and offers no GPUs.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps: "Use the AMI type that the instance catalogue names for the type.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html",
    },
    (subjects) =>
        nodeGroups(subjects).flatMap(({ group, instance }): StackFinding[] => {
            const image = group.props.text("amiType");
            if (instance === undefined || image === undefined || image === "CUSTOM") {
                return [];
            }
            const isArm = image.includes("ARM_64") || image.includes("arm64");
            const fits = (instance.cpuArchitecture === "arm64") === isArm && image.includes("NVIDIA");
            return fits
                ? []
                : [
                      {
                          about: group,
                          found: `amiType ${image} on ${instance.type} (${instance.cpuArchitecture})`,
                          required: instance.amiType,
                          remedy: `Set amiType to ${instance.amiType}.`,
                      },
                  ];
        }),
);
