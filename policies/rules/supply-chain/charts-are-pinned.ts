/** A chart without an exact version installs whatever is newest on the day of the update. */
import { valid } from "semver";
import { HELM_RELEASE } from "../../resources";
import { resourceRule } from "../../rule";

export const chartsArePinned = resourceRule(
    {
        name: "charts-are-pinned",
        displayName: "Helm charts have an exact version",
        description:
            "An unpinned chart turns an unrelated update into an operator upgrade: drivers reload, CRDs change under running jobs, and two environments of the same program differ.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "supply-chain",
        remediationSteps:
            "Give the release a full version (1.2.3); kilogpu's components take it from catalog/data/releases.json.",
        url: "https://helm.sh/docs/chart_best_practices/dependencies/#versions",
        appliesTo: [HELM_RELEASE],
    },
    ({ props }) => {
        // A folder beside the program has the version that its Chart.yaml says; Helm takes no other.
        if (/^\.{0,2}\//.test(props.text("chart") ?? "") && !props.at("repositoryOpts.repo").present) {
            return [];
        }
        const version = props.at("version");
        if (version.unknown || (version.text() !== undefined && valid(version.text()) !== null)) {
            return [];
        }
        return [
            {
                found: `chart ${props.text("chart") ?? "of unknown name"} with version ${version.text() ?? "not set"}`,
                required: "an exact version",
                remedy: "Set version to the full version that was tested.",
            },
        ];
    },
);
