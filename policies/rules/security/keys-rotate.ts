/** A KMS key that never rotates protects everything with one secret for ever. */
import type { Facts } from "../../facts";
import { resourceRule } from "../../rule";

/** AWS rotates symmetric keys only. */
function isSymmetric(props: Facts): boolean {
    return (props.text("customerMasterKeySpec") ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
}

export const keysRotate = resourceRule(
    {
        name: "keys-rotate",
        displayName: "KMS keys rotate",
        description: "AWS rotates the material once a year and keeps the old for decryption; there is nothing to lose.",
        severity: "low",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Set enableKeyRotation to true.",
        url: "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
        appliesTo: ["aws:kms/key:Key"],
    },
    ({ props }) =>
        props.at("enableKeyRotation").unknown || props.flag("enableKeyRotation") === true || !isSymmetric(props)
            ? []
            : [
                  {
                      found: `enableKeyRotation ${String(props.flag("enableKeyRotation") ?? "not set")}`,
                      required: "true",
                      remedy: "Set enableKeyRotation to true.",
                  },
              ],
    ({ props }) =>
        isSymmetric(props) && !props.at("customerMasterKeySpec").unknown && !props.at("enableKeyRotation").present
            ? { enableKeyRotation: true }
            : undefined,
);
