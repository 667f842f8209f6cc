/** A variable left over from debugging switches the whole job to TCP. */
import { efaResource } from "../../../catalog";
import type { Facts } from "../../facts";
import { containers, podSpecs, usesEfa } from "../../pods";
import { resourceRule, type Subject } from "../../rule";

/** Environment of every container, and of a TrainJob's trainer. */
function environment(subject: Subject): Facts[] {
    return [
        ...podSpecs(subject)
            .filter(usesEfa)
            .flatMap(containers)
            .flatMap((container) => container.list("env")),
        ...(subject.props.at("spec.trainer.resourcesPerNode.limits").key(efaResource).present
            ? subject.props.list("spec.trainer.env")
            : []),
    ];
}

export const ncclUsesTheFabric = resourceRule(
    {
        name: "nccl-uses-the-fabric",
        displayName: "EFA pods do not force NCCL off the fabric",
        description:
            "NCCL_NET=Socket and its kin are set to see whether a fault is the fabric's, and stay. The job runs, at a few per cent of the bandwidth.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Remove the variable.",
        url: "https://github.com/aws/aws-ofi-nccl/issues/1063",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        environment(subject)
            .filter((item) => {
                const name = item.text("name") ?? "";
                const value = item.text("value");
                // NCCL compares both names without regard to case (NVIDIA/nccl src/plugin/net.cc at 5067397, strcasecmp).
                return (
                    value !== undefined &&
                    ((name === "NCCL_NET" && value.toLowerCase() === "socket") ||
                        (name === "NCCL_NET_PLUGIN" && value.toLowerCase() === "none") ||
                        (name === "OFI_NCCL_DISABLE" && value === "1") ||
                        (name === "FI_PROVIDER" && value !== "efa"))
                );
            })
            .map((item) => ({
                found: `${item.text("name") ?? ""}=${item.text("value") ?? ""} on a container with EFA`,
                required: "NCCL over EFA",
                remedy: "Remove the variable.",
            })),
);
