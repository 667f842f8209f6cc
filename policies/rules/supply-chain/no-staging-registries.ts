/** Images of a vendor's staging registry are not public and not kept. */
import { resourceRule } from "../../rule";

const STAGING = /(nvcr\.io\/nvstaging|k8s-staging|helm\.ngc\.nvidia\.com\/nvstaging)/;
/** Elsewhere `/staging-` may be a folder of data; where an artefact is named it is a registry. */
const STAGING_PATH = /\/staging-/;
const ARTEFACT = /(image|repository|repo|registry|chart)$/i;

export const noStagingRegistries = resourceRule(
    {
        name: "no-staging-registries",
        displayName: "Nothing comes from a staging registry",
        description:
            "nvcr.io/nvstaging needs a key that customers have not, and its tags disappear: nodes that start later cannot pull.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "supply-chain",
        remediationSteps: "Use the released image or chart.",
        url: "https://github.com/Mellanox/network-operator",
        appliesTo: ["kubernetes:*"],
    },
    ({ props }) =>
        props
            .allTexts()
            .filter(([, text]) => text.length < 500)
            .filter(([path, text]) => STAGING.test(text) || (ARTEFACT.test(path) && STAGING_PATH.test(text)))
            .map(([path, text]) => ({
                found: `${path} "${text}"`,
                required: "a release registry",
                remedy: "Use the released artefact.",
            })),
);
