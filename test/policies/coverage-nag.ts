/** The rules of cdk-nag on the services that the stacks use. */
import { built, notApplicable, notCovered, rule, type Answer, type Coverage } from "./coverage";

/** A rule's name, or several; behind a colon its id in the pack AwsSolutions. */
const nag = (ids: string, answer: Answer, note?: string): Coverage => ({
    catalogue: "cdk-nag",
    ids: ids.split(" "),
    answer,
    ...(note === undefined ? {} : { note }),
});

const GROUPS_OF_EKS = "managed node groups own their Auto Scaling groups";
const NO_USERS = "the stacks make no users and no groups";

export const nagCoverage: Coverage[] = [
    nag("EKSClusterNoEndpointPublicAccess:EKS1", rule("cluster-endpoint-is-not-open"), "with allowNamedCidrs false"),
    nag("EKSClusterControlPlaneLogs:EKS2", rule("cluster-logs-are-complete")),
    nag("EC2EBSVolumeEncrypted:EC26", rule("data-is-encrypted")),
    nag("EC2EBSInBackupPlan", notApplicable, "root volumes hold nothing that a new node does not bring"),
    nag("EC2EBSOptimizedInstance", notApplicable, "every type of the catalogue is EBS-optimised by default"),
    nag("EC2IMDSv2Enabled", rule("launch-template-requires-imdsv2")),
    nag(
        "EC2InstanceDetailedMonitoringEnabled:EC28",
        notCovered,
        "nodes are watched by node exporter and DCGM exporter at finer steps",
    ),
    nag("EC2InstanceNoPublicIp", rule("nodes-have-no-public-address")),
    nag("EC2InstanceProfileAttached", notApplicable, "EKS attaches one to managed nodes"),
    nag("EC2InstanceTerminationProtection:EC29", notApplicable, "Auto Scaling must be able to replace broken nodes"),
    nag("EC2InstancesInVPC", notApplicable, "EC2 has no others any more"),
    nag("EC2RestrictedInbound:EC23 EC2RestrictedCommonPorts EC2RestrictedSSH", rule("security-groups-are-closed")),
    nag("EC2SecurityGroupDescription:EC27", built("ClusterNetwork", "CheckpointStorage"), "every group is described"),
    nag("VPCDefaultSecurityGroupClosed", built("ClusterNetwork"), "adopted, without rules"),
    nag("VPCFlowLogsEnabled:VPC7", rule("networks-have-flow-logs")),
    nag("VPCNoNACLs:VPC3", built("ClusterNetwork"), "it makes none"),
    nag(
        "VPCNoUnrestrictedRouteToIGW",
        notCovered,
        "public subnets need that route and hold NAT gateways only; nodes stand in private subnets",
    ),
    nag("VPCSubnetAutoAssignPublicIpDisabled", rule("nodes-have-no-public-address")),
    nag("AutoScalingGroupCooldownPeriod:AS1", notApplicable, GROUPS_OF_EKS),
    nag(
        "AutoScalingGroupHealthCheck:AS2 AutoScalingGroupELBHealthCheckRequired",
        rule("gpu-nodes-repair-themselves"),
        `${GROUPS_OF_EKS}; node repair sees more than their health checks`,
    ),
    nag("AutoScalingGroupScalingNotifications:AS3", notApplicable, GROUPS_OF_EKS),
    nag("AutoScalingLaunchConfigPublicIpDisabled", notApplicable, "managed nodes have launch templates"),
    nag("IAMNoWildcardPermissions:IAM5", rule("policies-name-what-they-allow"), "whole services, not every `Get*`"),
    nag(
        "IAMPolicyNoStatementsWithAdminAccess IAMPolicyNoStatementsWithFullAccess",
        rule("policies-name-what-they-allow"),
        "a whole service is refused on every resource, and accepted on a named one",
    ),
    nag(
        "IAMNoManagedPolicies:IAM4",
        notCovered,
        "EKS's node and CNI policies are AWS-managed by design; roles-have-no-administrator-policy refuses the wide ones",
    ),
    nag("IAMNoInlinePolicy", notCovered, "a policy that serves one role lives and dies with it"),
    nag("IAMGroupHasUsers IAMUserGroupMembership IAMUserNoPolicies", notApplicable, NO_USERS),
    nag("S3BucketLevelPublicAccessProhibited:S2", rule("buckets-are-private")),
    nag("S3BucketPublicReadProhibited S3BucketPublicWriteProhibited", rule("buckets-are-private")),
    nag("S3BucketSSLRequestsOnly:S10", rule("buckets-require-tls")),
    nag("S3BucketVersioningEnabled", rule("buckets-keep-versions")),
    nag("S3DefaultEncryptionKMS", built("CheckpointStorage"), "KMS with a bucket key"),
    nag(
        "S3BucketLoggingEnabled:S1",
        notCovered,
        "a thousand ranks write shards: CloudTrail data events are the user's choice and cost",
    ),
    nag(
        "S3BucketReplicationEnabled",
        notCovered,
        "checkpoints are short-lived and large; a copy in another region is the user's choice",
    ),
    nag(
        "S3BucketDefaultLockEnabled",
        notCovered,
        "a lock would keep every pruned checkpoint; versions bring back what is lost",
    ),
    nag("S3WebBucketOAIAccess:S5", notApplicable, "no bucket serves a web site"),
    nag("EFSEncrypted:EFS1", rule("data-is-encrypted")),
    nag("EFSInBackupPlan", notApplicable, "the components make no EFS file system"),
    nag("KMSBackingKeyRotationEnabled:KMS5", rule("keys-rotate")),
    nag("CloudWatchLogGroupEncrypted", rule("data-is-encrypted")),
    nag("CloudWatchLogGroupRetentionPeriod", built("EksCluster", "ClusterNetwork", "TrainingImage")),
    nag("CloudWatchAlarmAction", notApplicable, "alerts are Prometheus rules with routes of Alertmanager"),
    nag("ECROpenAccess:ECR1", built("TrainingImage"), "the repository has no policy that opens it"),
];
