/** The NVIDIA driver comes from the node's image or from the GPU operator, never from both. */
import { chartOf } from "../../cluster";
import { HELM_RELEASE, NODE_GROUP } from "../../resources";
import { stackRule } from "../../rule";

export const driverHasOneOwner = stackRule(
    {
        name: "driver-has-one-owner",
        displayName: "The NVIDIA driver has one owner",
        description:
            "EKS's NVIDIA images bring driver and container toolkit. A GPU operator that installs its own (the chart's default) unloads the kernel module under running pods, crash-loops on upgrade and leaves nodes without GPUs.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps:
            'Set driver.enabled and toolkit.enabled to false in the gpu-operator values (GpuOperator with driver "ami"), or use an image without driver.',
        url: "https://github.com/NVIDIA/gpu-operator/issues/2166",
    },
    (subjects) => {
        const images = [
            ...new Set(
                subjects
                    .filter((subject) => subject.type === NODE_GROUP)
                    .map((subject) => subject.props.text("amiType") ?? "")
                    .filter((image) => image.includes("NVIDIA")),
            ),
        ];
        if (images.length === 0) {
            return [];
        }
        return subjects
            .filter((subject) => subject.type === HELM_RELEASE && chartOf(subject) === "gpu-operator")
            .flatMap((about) =>
                (["driver", "toolkit"] as const)
                    .filter(
                        (part) =>
                            !about.props.at(`values.${part}.enabled`).unknown &&
                            about.props.flag(`values.${part}.enabled`) !== false,
                    )
                    .map((part) => ({
                        about,
                        found: `values.${part}.enabled ${String(about.props.flag(`values.${part}.enabled`) ?? "not set, which means true")} on nodes of ${images.join(", ")}`,
                        required: "one owner; these images bring it",
                        remedy: `Set ${part}.enabled to false.`,
                    })),
            );
    },
);
