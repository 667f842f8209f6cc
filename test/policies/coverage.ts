/** What the CIS EKS Benchmark and cdk-nag ask for on EKS, EC2, IAM and S3, and who answers it here. */

export interface Coverage {
    catalogue: "CIS EKS" | "cdk-nag";
    recommendation: string;
    answer: "rule" | "by construction" | "not applicable" | "not covered";
    /** Name of the rule or component, or the reason. */
    where: string;
}

const cis = (recommendation: string, answer: Coverage["answer"], where: string): Coverage => ({
    catalogue: "CIS EKS",
    recommendation,
    answer,
    where,
});
const nag = (recommendation: string, answer: Coverage["answer"], where: string): Coverage => ({
    catalogue: "cdk-nag",
    recommendation,
    answer,
    where,
});

export const coverage: Coverage[] = [
    cis("2.1.1 Enable audit logs", "rule", "cluster-logs-are-complete"),
    cis("2.1.2 Collect and manage audit logs", "by construction", "EksCluster: encrypted log group with retention"),
    cis(
        "3.1.x Permissions of kubeconfig and kubelet files",
        "by construction",
        "EKS-optimised AL2023 images set them; the nodes take no shell",
    ),
    cis(
        "3.2.x Kubelet: anonymous auth, webhook authorisation, client CA, read-only port, rotation",
        "by construction",
        "nodeadm's configuration of AL2023; GpuNodePool's kubelet fields do not touch them",
    ),
    cis(
        "3.3.1 Container-optimised OS",
        "not covered",
        "AL2023 is the only image with EKS's NVIDIA support for every type of the catalogue",
    ),
    cis(
        "4.1.1 cluster-admin only where required",
        "by construction",
        "EksCluster: access entries are named in the program",
    ),
    cis(
        "4.1.2 to 4.1.5 Secrets access, wildcards, pod creation, default service accounts in RBAC",
        "not covered",
        "RBAC of charts is theirs; the components write no Role with wildcards",
    ),
    cis(
        "4.1.6 Service account tokens only where necessary",
        "by construction",
        "Kubeflow: runtimes set automountServiceAccountToken false",
    ),
    cis("4.2.1 to 4.2.4 Privileged containers, host PID, IPC and network", "rule", "no-privileged-pods"),
    cis(
        "4.2.5 No allowPrivilegeEscalation",
        "by construction",
        "Kubeflow: runtimes set it to false and drop all capabilities",
    ),
    cis("4.2 Pod security standards on namespaces", "rule", "namespaces-enforce-pod-security"),
    cis("4.3.1 CNI supports network policies", "by construction", "EksCluster: VPC CNI of the catalogue"),
    cis("4.3.2 Network policies in all namespaces", "by construction", "TrainingQueues: each team's namespace has one"),
    cis("4.4.1 Secrets as files rather than environment variables", "rule", "no-secrets-in-plain-sight"),
    cis("4.4.2 External secret storage", "not covered", "the program makes no secrets; Pod Identity replaces keys"),
    cis(
        "4.5.x Administrative boundaries, no default namespace",
        "by construction",
        "TrainingQueues: a namespace for each team",
    ),
    cis("5.1.1 Image scanning", "not covered", "a property of the registry, which is not in the stack"),
    cis(
        "5.1.2 and 5.1.3 Least access to ECR",
        "by construction",
        "node roles carry AmazonEC2ContainerRegistryPullOnly",
    ),
    cis(
        "5.1.4 Approved registries only",
        "rule",
        "no-staging-registries, images-are-pinned, training-images-have-digests",
    ),
    cis(
        "5.2.1 Dedicated service accounts and roles",
        "by construction",
        "EksCluster, CheckpointStorage: Pod Identity associations",
    ),
    cis("5.3.1 Secrets encrypted by a customer key", "rule", "data-is-encrypted"),
    cis("5.4.1 and 5.4.2 Restricted or private API endpoint", "rule", "cluster-endpoint-is-not-open"),
    cis("5.4.3 Private nodes", "rule", "nodes-have-no-public-address"),
    cis("5.4.4 Network policy enabled", "by construction", "TrainingQueues"),
    cis("5.4.5 TLS for load balancers", "not applicable", "the stacks make no load balancer"),
    cis("5.5.1 Users by IAM", "rule", "access-is-by-entries"),
    cis("5.6.1 Fargate for untrusted workloads", "not applicable", "Fargate has no GPUs and no EFA"),
    nag("EKSClusterControlPlaneLogs", "rule", "cluster-logs-are-complete"),
    nag("EKSClusterNoEndpointPublicAccess", "rule", "cluster-endpoint-is-not-open with allowNamedCidrs false"),
    nag("EC2EBSInBackupPlan", "not applicable", "root volumes hold nothing that a new node does not bring"),
    nag("EC2EBSVolumeEncrypted", "rule", "data-is-encrypted"),
    nag("EC2EBSOptimizedInstance", "not applicable", "every type of the catalogue is EBS-optimised"),
    nag("EC2IMDSv2Enabled", "rule", "launch-template-requires-imdsv2"),
    nag(
        "EC2InstanceDetailedMonitoringEnabled",
        "not covered",
        "nodes are watched by node exporter and DCGM at finer steps",
    ),
    nag("EC2InstanceNoPublicIp", "rule", "nodes-have-no-public-address"),
    nag("EC2InstanceProfileAttached", "by construction", "managed node groups attach one"),
    nag("EC2InstanceTerminationProtection", "not applicable", "Auto Scaling must be able to replace broken nodes"),
    nag("EC2InstancesInVPC", "by construction", "there are no others any more"),
    nag("EC2RestrictedCommonPorts, EC2RestrictedSSH, EC2RestrictedInbound", "rule", "security-groups-are-closed"),
    nag("EC2SecurityGroupDescription", "by construction", "all components describe their groups"),
    nag("IAMNoWildcardPermissions", "rule", "policies-name-what-they-allow"),
    nag(
        "IAMPolicyNoStatementsWithAdminAccess, IAMPolicyNoStatementsWithFullAccess",
        "rule",
        "policies-name-what-they-allow",
    ),
    nag(
        "IAMNoManagedPolicies",
        "not covered",
        "EKS's own node and CNI policies are AWS-managed by design; roles-have-no-administrator-policy refuses the wide ones",
    ),
    nag("IAMNoInlinePolicy", "not applicable", "a policy that serves one role lives and dies with it"),
    nag("IAMGroupHasUsers, IAMUserGroupMembership, IAMUserNoPolicies", "not applicable", "the stacks make no users"),
    nag("S3BucketPublicAccessBlock settings: S3BucketLevelPublicAccessProhibited", "rule", "buckets-are-private"),
    nag("S3BucketPublicReadProhibited, S3BucketPublicWriteProhibited", "rule", "buckets-are-private"),
    nag("S3BucketSSLRequestsOnly", "rule", "buckets-require-tls"),
    nag("S3BucketVersioningEnabled", "rule", "buckets-keep-versions"),
    nag(
        "S3BucketServerSideEncryptionEnabled, S3DefaultEncryptionKMS",
        "by construction",
        "CheckpointStorage: KMS with a bucket key",
    ),
    nag(
        "S3BucketLoggingEnabled",
        "not covered",
        "a thousand ranks write shards: CloudTrail data events are the user's choice and cost",
    ),
    nag(
        "S3BucketReplicationEnabled",
        "not covered",
        "checkpoints are short-lived and large; a copy in another region is the user's choice",
    ),
    nag("S3WebBucketOAIAccess", "not applicable", "no bucket serves a web site"),
];
