/** NCCL and data loaders talk through /dev/shm, which a container has 64 MiB of. */
import { gpuResource } from "../../../catalog";
import { amount, containerName, podSpecs } from "../../pods";
import { resourceRule } from "../../rule";

export const sharedMemoryIsLarge = resourceRule(
    {
        name: "shared-memory-is-large",
        displayName: "Pods of several GPUs have /dev/shm in memory",
        description:
            "With the default 64 MiB NCCL fails between the GPUs of one node (unhandled system error), or data loaders die with a bus error in the middle of an epoch.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Mount an emptyDir of medium Memory at /dev/shm.",
        url: "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        podSpecs(subject).flatMap(({ spec }) =>
            spec
                .list("containers")
                .filter((container) => amount(container, gpuResource) > 1)
                .filter((container) => {
                    const mounts = container.list("volumeMounts");
                    const name = mounts.find((mount) => mount.text("mountPath") === "/dev/shm")?.text("name");
                    const volume = spec.list("volumes").find((item) => item.text("name") === name);
                    return (
                        !container.at("volumeMounts").unknown &&
                        !spec.at("volumes").unknown &&
                        (name === undefined || volume?.text("emptyDir.medium") !== "Memory")
                    );
                })
                .map((container) => ({
                    found: `container ${containerName(container)} without an emptyDir of medium Memory at /dev/shm`,
                    required: "shared memory of some GiB",
                    remedy: 'Mount { emptyDir: { medium: "Memory" } } at /dev/shm.',
                })),
        ),
);
