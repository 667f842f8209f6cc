/** A driver that the operator upgrades on its own unloads the module under running jobs. */
import { chartOf } from "../../cluster";
import { HELM_RELEASE } from "../../resources";
import { resourceRule, type Finding } from "../../rule";

export const driverUpgradesWaitForTraining = resourceRule(
    {
        name: "driver-upgrades-wait-for-training",
        displayName: "Driver upgrades wait for training pods",
        description:
            "With autoUpgrade and no waitForCompletion the operator evicts GPU pods node by node: a gang of 128 nodes restarts 128 times. Forced drains lose what was not checkpointed.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps:
            "Set driver.upgradePolicy.waitForCompletion.podSelector to the label of training pods and leave drain.force false; GpuOperator does.",
        url: "https://github.com/NVIDIA/gpu-operator/issues/2509",
        appliesTo: [HELM_RELEASE],
    },
    (subject) => {
        const driver = subject.props.at("values.driver");
        if (chartOf(subject) !== "gpu-operator" || driver.unknown || driver.flag("enabled") === false) {
            return [];
        }
        const policy = driver.at("upgradePolicy");
        const findings: Finding[] = [];
        const selector = policy.at("waitForCompletion.podSelector");
        if (policy.flag("autoUpgrade") !== false && !selector.unknown && (selector.text() ?? "") === "") {
            findings.push({
                found: "driver.upgradePolicy without waitForCompletion.podSelector",
                required: "upgrades that wait for training pods",
                remedy: "Set waitForCompletion.podSelector, for example kilogpu.dev/training=true.",
            });
        }
        for (const part of ["drain", "gpuPodDeletion"]) {
            if (policy.flag(`${part}.force`) === true) {
                findings.push({
                    found: `driver.upgradePolicy.${part}.force true`,
                    required: "false",
                    remedy: `Remove ${part}.force.`,
                });
            }
        }
        return findings;
    },
);
