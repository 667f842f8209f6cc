/** The EFA device plugin runs only on instance types of its own list; a type that is missing there has no EFA. */
import { releasesOfChart } from "../../cluster";
import { attachesEfa, LAUNCH_TEMPLATE } from "../../resources";
import { stackRule, type StackFinding } from "../../rule";

export const efaPluginCoversEveryType = stackRule(
    {
        name: "efa-plugin-covers-every-type",
        displayName: "The EFA device plugin covers every EFA instance type",
        description:
            "The plugin's DaemonSet selects nodes by supportedInstanceLabels. A pool of a type that is not listed comes up with its interfaces attached and none offered: training falls back to TCP.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps:
            "Add the instance type to supportedInstanceLabels.values; RdmaFabric derives the list from its pools.",
        url: "https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin",
    },
    (subjects) => {
        const types = new Set(
            subjects
                .filter((subject) => subject.type === LAUNCH_TEMPLATE && attachesEfa(subject.props))
                .map((subject) => subject.props.text("instanceType"))
                .filter((type): type is string => type !== undefined),
        );
        return releasesOfChart(subjects, "aws-efa-k8s-device-plugin").flatMap((about): StackFinding[] => {
            const listed = about.props.at("values.supportedInstanceLabels.values");
            if (!listed.present || listed.unknown) {
                return [];
            }
            const missing = [...types].filter((type) => !listed.texts().includes(type));
            return missing.map((type) => ({
                about,
                found: `supportedInstanceLabels.values ${listed.texts().join(", ") || "empty"}`,
                required: `${type}, which has EFA interfaces in this stack`,
                remedy: `Add ${type}.`,
            }));
        });
    },
);
