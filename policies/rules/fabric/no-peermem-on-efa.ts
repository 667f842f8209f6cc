/** nvidia-peermem needs Mellanox drivers; on EFA nodes its container crash-loops and takes the driver pod along. */
import { hasEfa, releasesOfChart } from "../../cluster";
import { stackRule } from "../../rule";

export const noPeermemOnEfa = stackRule(
    {
        name: "no-peermem-on-efa",
        displayName: "driver.rdma is off on EFA nodes",
        description:
            "EFA registers GPU memory through dma-buf. driver.rdma.enabled loads nvidia-peermem, which finds no InfiniBand core with the symbols it wants: the driver DaemonSet never becomes ready.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps: "Leave driver.rdma.enabled false where the fabric is EFA.",
        url: "https://github.com/NVIDIA/gpu-operator/issues/2619",
    },
    (subjects) =>
        !hasEfa(subjects)
            ? []
            : releasesOfChart(subjects, "gpu-operator")
                  .filter((about) => about.props.flag("values.driver.rdma.enabled") === true)
                  .map((about) => ({
                      about,
                      found: "driver.rdma.enabled true with EFA nodes",
                      required: "false",
                      remedy: "Remove driver.rdma.",
                  })),
);
