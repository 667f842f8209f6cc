/** The NVIDIA device plugin mounts Mellanox devices by default; on EFA nodes that breaks every GPU pod. */
import { hasEfa, releasesOfChart } from "../../cluster";
import { stackRule, type StackFinding } from "../../rule";

export const noMellanoxMountsOnEfa = stackRule(
    {
        name: "no-mellanox-mounts-on-efa",
        displayName: "The device plugin mounts no Mellanox devices on EFA nodes",
        description:
            "Since MOFED_ENABLED defaults to true the plugin asks for /dev/infiniband; on EFA nodes containers then fail to start, or lose EFA.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps:
            "Set MOFED_ENABLED to false in devicePlugin.env of the gpu-operator values; GpuOperator does.",
        url: "https://github.com/NVIDIA/k8s-device-plugin/issues/1692",
    },
    (subjects) =>
        !hasEfa(subjects)
            ? []
            : releasesOfChart(subjects, "gpu-operator").flatMap((about): StackFinding[] => {
                  const environment = about.props.at("values.devicePlugin.env");
                  const set = environment.list().find((item) => item.text("name") === "MOFED_ENABLED");
                  return environment.unknown || set?.at("value").unknown === true || set?.flag("value") === false
                      ? []
                      : [
                            {
                                about,
                                found: `devicePlugin.env MOFED_ENABLED ${set?.text("value") ?? "not set"} with EFA nodes`,
                                required: '"false"',
                                remedy: 'Add { name: "MOFED_ENABLED", value: "false" }.',
                            },
                        ];
              }),
);
