/** An image without a fixed tag is another image tomorrow, on some nodes. */
import { resourceRule } from "../../rule";

const MOVING = ["latest", "main", "master", "nightly", "edge", "stable"];

/** A tag that moves, or none at all. */
function movingTag(reference: string): string | undefined {
    if (reference.includes("@sha256:")) {
        return undefined;
    }
    const tag = /:([^:/]+)$/.exec(reference)?.[1];
    return tag === undefined ? "no tag" : MOVING.includes(tag) ? `tag ${tag}` : undefined;
}

export const imagesArePinned = resourceRule(
    {
        name: "images-are-pinned",
        displayName: "Container images have a fixed tag or a digest",
        description:
            "A moving tag makes ranks of one job run different code after a node is replaced: NCCL versions differ and the job hangs in its first collective.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "supply-chain",
        remediationSteps: "Name a version tag or, better, a digest.",
        url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
        appliesTo: ["kubernetes:*"],
    },
    ({ props }) => {
        const texts = [...props.allTexts()];
        const byPath = new Map(texts);
        return texts.flatMap(([path, value]) => {
            // Charts take the tag of an image apart from its name; without one they use their own version.
            if (/(^|\.|\])\w*image\.tag$/i.test(path) && MOVING.includes(value)) {
                return [
                    {
                        found: `${path} "${value}"`,
                        required: "a fixed tag or a digest",
                        remedy: "Pin the image.",
                    },
                ];
            }
            if (!/(^|\.|\])image$/.test(path)) {
                return [];
            }
            // Operators take an image in three parts: repository, image, version.
            const version = byPath.has(path.replace(/image$/, "repository"))
                ? byPath.get(path.replace(/image$/, "version"))
                : undefined;
            const moving = movingTag(version === undefined ? value : `${value}:${version}`);
            return moving === undefined || value === ""
                ? []
                : [
                      {
                          found: `${path} "${value}" with ${moving}`,
                          required: "a fixed tag or a digest",
                          remedy: "Pin the image.",
                      },
                  ];
        });
    },
);
