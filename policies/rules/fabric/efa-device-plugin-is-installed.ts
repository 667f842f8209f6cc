/** EFA interfaces without a device plugin are invisible to Kubernetes. */
import { releasesOfChart } from "../../cluster";
import { attachesEfa, LAUNCH_TEMPLATE } from "../../resources";
import { stackRule } from "../../rule";

export const efaDevicePluginIsInstalled = stackRule(
    {
        name: "efa-device-plugin-is-installed",
        displayName: "EFA nodes have a device plugin",
        description:
            "Without the EFA device plugin (or the DRA driver) no node offers vpc.amazonaws.com/efa. Jobs that ask for it wait for ever; jobs that do not run over TCP.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps: "Install RdmaFabric with kind efa, or the chart aws-efa-k8s-device-plugin.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html",
    },
    (subjects) => {
        const owners = ["aws-efa-k8s-device-plugin", "aws-dranet"].flatMap((chart) => releasesOfChart(subjects, chart));
        return owners.length > 0
            ? []
            : subjects
                  .filter((subject) => subject.type === LAUNCH_TEMPLATE && attachesEfa(subject.props))
                  .map((about) => ({
                      about,
                      found: "EFA interfaces, and neither aws-efa-k8s-device-plugin nor aws-dranet in the stack",
                      required: "a component that offers the interfaces to pods",
                      remedy: "Add RdmaFabric for these pools.",
                  }));
    },
);
