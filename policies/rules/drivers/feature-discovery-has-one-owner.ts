/** Two node-feature-discoveries write and prune the same node labels. */
import { releasesOfChart } from "../../cluster";
import { stackRule } from "../../rule";

export const featureDiscoveryHasOneOwner = stackRule(
    {
        name: "feature-discovery-has-one-owner",
        displayName: "Node feature discovery has one owner",
        description:
            "gpu-operator and network-operator both bring NFD. Two masters prune each other's labels: nvidia.com/gpu.present comes and goes, and DaemonSets leave and return under running jobs.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps: "Set nfd.enabled to false in all but one release; GpuOperator installs NFD by itself.",
        url: "https://github.com/NVIDIA/gpu-operator/blob/main/deployments/gpu-operator/values.yaml",
    },
    (subjects) => {
        const bundled = ["gpu-operator", "network-operator"]
            .flatMap((chart) => releasesOfChart(subjects, chart))
            .filter(
                (release) =>
                    !release.props.at("values.nfd.enabled").unknown &&
                    release.props.flag("values.nfd.enabled") !== false,
            );
        const own = releasesOfChart(subjects, "node-feature-discovery");
        const surplus = own.length > 0 ? bundled : bundled.slice(1);
        return surplus.map((about) => ({
            about,
            found: "nfd.enabled true beside another node-feature-discovery",
            required: "one owner",
            remedy: "Set nfd.enabled to false.",
        }));
    },
);
