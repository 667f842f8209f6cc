/** Variables that old EFA guides ask for make today's libfabric slower or break it. */
import { efaResource } from "../../../catalog";
import type { Facts } from "../../facts";
import { containers, podSpecs, usesEfa } from "../../pods";
import { resourceRule, type Subject } from "../../rule";

const OBSOLETE = [
    "FI_EFA_USE_DEVICE_RDMA",
    "FI_EFA_FORK_SAFE",
    "RDMAV_FORK_SAFE",
    "NCCL_PROTO",
    "FI_EFA_SET_CUDA_SYNC_MEMOPS",
];

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

export const noObsoleteEfaEnvironment = resourceRule(
    {
        name: "no-obsolete-efa-environment",
        displayName: "EFA pods set no obsolete variables",
        description:
            "libfabric from 1.18 and aws-ofi-nccl from 1.7 choose these themselves; FI_EFA_FORK_SAFE and RDMAV_FORK_SAFE cost huge-page registration, NCCL_PROTO=simple costs latency in small messages.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Remove the variables.",
        url: "https://github.com/awslabs/awsome-distributed-ai/blob/main/1.architectures/efa-cheatsheet.md",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        environment(subject)
            .filter((item) => {
                const name = item.text("name") ?? "";
                return OBSOLETE.includes(name) || (name === "FI_PROVIDER" && item.text("value") === "efa");
            })
            .map((item) => ({
                found: `${item.text("name") ?? ""} ${item.text("value") ?? "of unknown value"}`,
                required: "nothing: the libraries choose it",
                remedy: "Remove the variable.",
            })),
);
