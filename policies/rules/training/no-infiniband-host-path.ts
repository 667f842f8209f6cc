/** A hostPath over /dev/infiniband hides the devices that the EFA plugin hands out. */
import { podSpecs, usesEfa } from "../../pods";
import { resourceRule } from "../../rule";

export const noInfinibandHostPath = resourceRule(
    {
        name: "no-infiniband-host-path",
        displayName: "EFA pods mount no /dev/infiniband",
        description:
            "The device plugin puts the pod's own uverbs devices there. A hostPath on top shows every device without the right to open them: EFA fails on B200 and NCCL takes sockets.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Remove the hostPath volume.",
        url: "https://github.com/aws-samples/aws-do-eks/pull/63",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        podSpecs(subject)
            .filter(usesEfa)
            .flatMap(({ spec }) => spec.list("volumes"))
            .filter((volume) => volume.text("hostPath.path")?.startsWith("/dev/infiniband") === true)
            .map((volume) => ({
                found: `volume ${volume.text("name") ?? ""} of hostPath ${volume.text("hostPath.path") ?? ""}`,
                required: "the devices of the device plugin",
                remedy: "Remove the volume.",
            })),
);
