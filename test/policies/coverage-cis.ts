/** The CIS Amazon EKS Benchmark, recommendation by recommendation. */
import { built, notApplicable, notCovered, rule, type Answer, type Coverage } from "./coverage";

const cis = (ids: string, asked: string, answer: Answer, note?: string): Coverage => ({
    catalogue: "CIS EKS",
    ids: ids.split(" "),
    asked,
    answer,
    ...(note === undefined ? {} : { note }),
});

export const cisCoverage: Coverage[] = [
    cis("2.1.1", "Audit logs enabled", rule("cluster-logs-are-complete")),
    cis("2.1.2", "Audit logs collected and managed", built("EksCluster"), "an encrypted log group with retention"),
    cis(
        "3.1.1 3.1.2 3.1.3 3.1.4",
        "Permissions and owner of kubeconfig and kubelet configuration",
        notCovered,
        "files of the AL2023 image, which no program sees; run kube-bench on a node",
    ),
    cis(
        "3.2.1 3.2.2 3.2.3 3.2.4 3.2.5 3.2.6 3.2.7 3.2.8 3.2.9",
        "Kubelet: anonymous access, authorisation, client CA, read-only port, idle timeout, iptables, events, certificates",
        notCovered,
        "nodeadm of AL2023 writes them; GpuNodePool's kubelet fields touch none of them; run kube-bench on a node",
    ),
    cis(
        "4.1.1",
        "cluster-admin only where required",
        built("EksCluster"),
        "administrators are named in the program; besides them only the creator of the cluster",
    ),
    cis(
        "4.1.2 4.1.3 4.1.4 4.1.8 4.1.9 4.1.10 4.1.11 4.1.12",
        "RBAC: secrets, wildcards, pods, bind and escalate, volumes, node proxy, webhooks, tokens",
        notCovered,
        "the components write no Role; those of charts are the charts' own",
    ),
    cis(
        "4.1.5",
        "Default service accounts unused",
        notCovered,
        "pods of training jobs without storage run under the namespace's default account, without its token",
    ),
    cis(
        "4.1.6",
        "Service account tokens only where necessary",
        built("Kubeflow"),
        "training runtimes set automountServiceAccountToken false; operators need theirs",
    ),
    cis("4.1.7", "Cluster access manager API", rule("access-is-by-entries")),
    cis(
        "4.2.1 4.2.2 4.2.3 4.2.4",
        "No privileged containers, host PID, IPC or network",
        rule("no-privileged-pods", "namespaces-enforce-pod-security"),
    ),
    cis(
        "4.2.5",
        "No allowPrivilegeEscalation",
        built("Kubeflow"),
        "training runtimes set it to false and drop all capabilities but IPC_LOCK",
    ),
    cis("4.3.1", "CNI supports network policies", built("EksCluster"), "VPC CNI with its network policy agent on"),
    cis(
        "4.3.2",
        "Network policies in all namespaces",
        built("TrainingQueues"),
        "each team's namespace has one; namespaces of operators have what their charts bring",
    ),
    cis(
        "4.4.1",
        "Secrets as files rather than environment variables",
        rule("no-secrets-in-plain-sight"),
        "literal values only",
    ),
    cis("4.4.2", "External secret storage", notCovered, "the program makes no secrets; Pod Identity replaces keys"),
    cis("4.5.1", "Administrative boundaries by namespaces", built("TrainingQueues"), "a namespace for each team"),
    cis(
        "4.5.2",
        "Default namespace unused",
        built("TrainingQueues", "TrainingJob"),
        "jobs go to their team's namespace",
    ),
    cis("5.1.1", "Image scanning", built("TrainingImage"), "scanned on push; other registries are not in the stack"),
    cis("5.1.2", "Least user access to ECR", notApplicable, "the stacks make no users"),
    cis(
        "5.1.3",
        "Read-only access of the cluster to ECR",
        built("EksCluster", "GpuNodePool"),
        "node roles carry AmazonEC2ContainerRegistryPullOnly",
    ),
    cis(
        "5.1.4",
        "Approved registries only",
        rule("no-staging-registries", "images-are-pinned", "training-images-have-digests"),
        "an allow list of registries is admission's work, and is not made",
    ),
    cis(
        "5.2.1",
        "Dedicated service accounts",
        built("EksCluster", "CheckpointStorage"),
        "Pod Identity associations, one role for each",
    ),
    cis("5.3.1", "Secrets encrypted by a customer key", rule("data-is-encrypted")),
    cis("5.4.1 5.4.2", "Restricted or private API endpoint", rule("cluster-endpoint-is-not-open")),
    cis("5.4.3", "Private nodes", rule("nodes-have-no-public-address")),
    cis("5.4.4", "Network policy enabled", built("EksCluster", "TrainingQueues")),
    cis("5.4.5", "TLS for load balancers", notApplicable, "the stacks make no load balancer"),
    cis("5.5.1", "Users by IAM", rule("access-is-by-entries")),
];
