/** Volumes, cluster secrets, buckets and file systems are encrypted at rest, by a key of the account's own where AWS lets one choose. */
import { EKS_CLUSTER, LAUNCH_TEMPLATE } from "../../resources";
import { resourceRule, type Finding, type Subject } from "../../rule";

const LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem";
const EFS = "aws:efs/fileSystem:FileSystem";
const VOLUME = "aws:ebs/volume:Volume";
const LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup";

function volumes({ props }: Subject): Finding[] {
    return props
        .list("blockDeviceMappings")
        .filter(
            (mapping) =>
                mapping.at("ebs").present &&
                !mapping.at("ebs.encrypted").unknown &&
                mapping.flag("ebs.encrypted") !== true,
        )
        .map((mapping) => ({
            found: `volume ${mapping.text("deviceName") ?? ""} without ebs.encrypted`,
            required: "encrypted volumes",
            remedy: "Set ebs.encrypted to true.",
        }));
}

function secrets({ props }: Subject): Finding[] {
    const provider = props.at("encryptionConfig");
    return provider.unknown || provider.at("provider.keyArn").present
        ? []
        : [
              {
                  found: "no encryptionConfig",
                  required: "Kubernetes secrets encrypted by a KMS key",
                  remedy: 'Set encryptionConfig with provider.keyArn and resources ["secrets"].',
              },
          ];
}

function ownKey({ props }: Subject): Finding[] {
    return props.at("kmsKeyId").present
        ? []
        : [{ found: "no kmsKeyId", required: "encryption by a key of the account", remedy: "Set kmsKeyId." }];
}

/** EFS and single volumes are encrypted only if the program says so. */
function switched({ props }: Subject): Finding[] {
    const encrypted = props.at("encrypted");
    return encrypted.unknown || encrypted.flag() === true
        ? []
        : [
              {
                  found: `encrypted ${String(encrypted.flag() ?? "not set")}`,
                  required: "true",
                  remedy: "Set encrypted to true.",
              },
          ];
}

const CHECKS: { [type: string]: (subject: Subject) => Finding[] } = {
    [LAUNCH_TEMPLATE]: volumes,
    [EKS_CLUSTER]: secrets,
    [LUSTRE]: ownKey,
    [LOG_GROUP]: ownKey,
    [EFS]: switched,
    [VOLUME]: switched,
};

export const dataIsEncrypted = resourceRule(
    {
        name: "data-is-encrypted",
        displayName: "Data at rest is encrypted",
        description:
            "Checkpoints, data sets and secrets are what the cluster is for; an unencrypted volume or log group is found by every audit and cannot be encrypted in place.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Encrypt volumes and secrets; give logs and file systems a KMS key.",
        url: "https://docs.aws.amazon.com/eks/latest/best-practices/data-encryption-and-secrets-management.html",
        appliesTo: Object.keys(CHECKS),
    },
    (subject) => CHECKS[subject.type]?.(subject) ?? [],
);
