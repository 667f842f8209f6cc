/** A tag can be pushed again; a digest cannot. */
import { containerName, containers, podGpus, podSpecs } from "../../pods";
import { resourceRule } from "../../rule";

export const trainingImagesHaveDigests = resourceRule(
    {
        name: "training-images-have-digests",
        displayName: "Training images are named by digest",
        description:
            "Ranks that start after a re-push run other code than those before: NCCL versions differ and the job hangs in its first collective.",
        severity: "medium",
        enforcementLevel: "advisory",
        topic: "supply-chain",
        remediationSteps: "Add @sha256:… to the image.",
        url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        podSpecs(subject)
            .filter((pod) => podGpus(pod) > 0)
            .flatMap(containers)
            .filter((container) => {
                const image = container.text("image");
                return image !== undefined && !image.includes("@sha256:");
            })
            .map((container) => ({
                found: `container ${containerName(container)} with image ${container.text("image") ?? ""}`,
                required: "a digest",
                remedy: "Add the digest of the image that was tested.",
            })),
);
