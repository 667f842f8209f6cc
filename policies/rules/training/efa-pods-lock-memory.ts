/** EFA registers memory that must not be paged; without IPC_LOCK the registration fails. */
import { efaResource } from "../../../catalog";
import { asksFor, containerName, containers, podSpecs } from "../../pods";
import { resourceRule } from "../../rule";

export const efaPodsLockMemory = resourceRule(
    {
        name: "efa-pods-lock-memory",
        displayName: "EFA containers may lock memory",
        description:
            "libfabric cannot pin buffers beyond the locked-memory limit. The provider fails to open and NCCL takes sockets.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Add IPC_LOCK to securityContext.capabilities.add.",
        url: "https://github.com/awslabs/awsome-distributed-ai/blob/main/1.architectures/efa-cheatsheet.md",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        podSpecs(subject)
            .flatMap(containers)
            .filter((container) => asksFor(container, efaResource))
            .filter((container) => {
                const context = container.at("securityContext");
                return (
                    !context.unknown &&
                    context.flag("privileged") !== true &&
                    !context.at("capabilities.add").unknown &&
                    !context.texts("capabilities.add").includes("IPC_LOCK")
                );
            })
            .map((container) => ({
                found: `container ${containerName(container)} with EFA and without IPC_LOCK`,
                required: "capability IPC_LOCK",
                remedy: "Add it to securityContext.capabilities.add.",
            })),
);
