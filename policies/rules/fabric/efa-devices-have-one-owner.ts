/** The EFA device plugin and the DRA driver hand out the same devices twice when both run on a node. */
import { releasesOfChart } from "../../cluster";
import { stackRule } from "../../rule";

export const efaDevicesHaveOneOwner = stackRule(
    {
        name: "efa-devices-have-one-owner",
        displayName: "EFA devices have one owner",
        description:
            "A device that the plugin has given to one pod and the DRA driver to another makes both jobs fail in their first collective; neither component knows of the other.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps: "Install aws-efa-k8s-device-plugin or aws-dranet, not both.",
        url: "https://github.com/aws/eks-charts/tree/master/stable/aws-dranet",
    },
    (subjects) =>
        releasesOfChart(subjects, "aws-efa-k8s-device-plugin").length === 0
            ? []
            : releasesOfChart(subjects, "aws-dranet").map((about) => ({
                  about,
                  found: "aws-dranet beside aws-efa-k8s-device-plugin",
                  required: "one owner of the EFA devices",
                  remedy: "Remove one of the two charts.",
              })),
);
