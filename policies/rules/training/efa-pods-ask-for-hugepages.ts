/** The EFA provider keeps its buffers in 2 MiB pages; without them it falls back or fails. */
import { efaResource, hugepagesResource } from "../../../catalog";
import { asksFor, containerName, containers, podSpecs } from "../../pods";
import { resourceRule } from "../../rule";

export const efaPodsAskForHugepages = resourceRule(
    {
        name: "efa-pods-ask-for-hugepages",
        displayName: "EFA containers have hugepages",
        description:
            "A pod gets hugepages only if it asks. Without them libfabric fails to allocate its bounce buffers at scale, on some ranks, after hours.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Ask for hugepages-2Mi, 5120Mi on AL2023.",
        url: "https://github.com/awslabs/awsome-distributed-ai/blob/main/1.architectures/efa-cheatsheet.md",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        podSpecs(subject)
            .flatMap(containers)
            .filter((container) => asksFor(container, efaResource) && !asksFor(container, hugepagesResource))
            .map((container) => ({
                found: `container ${containerName(container)} with EFA and without ${hugepagesResource}`,
                required: hugepagesResource,
                remedy: `Add ${hugepagesResource} to its limits.`,
            })),
);
