/**
 * What a change does to what runs: which inputs force a replacement, which restart nodes, which leave everything alone. The engine asks the
 * provider; a plan has none, so the facts stand here as a table, each with its source.
 */

/** How much a change disturbs, from nothing to everything. */
export const Disruption = { None: "no-op", InPlace: "in place", Restart: "restart", Replace: "replace" } as const;
export type Disruption = (typeof Disruption)[keyof typeof Disruption];

interface TypeFacts {
    /** Input paths (prefixes) whose change replaces the resource: AWS provider's ForceNew, Kubernetes' immutable fields. */
    replaceOn: string[];
    /** Input paths whose change restarts what runs on the resource, with the effect in words. */
    restartOn: { path: string; effect: string }[];
}

/**
 * Sources: ForceNew in the schemas of terraform-provider-aws, which @pulumi/aws wraps (internal/service/eks/cluster.go and node_group.go,
 * internal/service/fsx/lustre_file_system.go, internal/service/ec2); API validation of Kueue v0.19 and Trainer v2.2, of apps/v1 and batch/v1.
 * EKS changes a cluster's subnets in place; a node group moves to a new version of its launch template, but not to another template.
 */
const FACTS: { [type: string]: TypeFacts } = {
    "aws:ec2/vpc:Vpc": { replaceOn: ["cidrBlock", "instanceTenancy"], restartOn: [] },
    "aws:ec2/subnet:Subnet": { replaceOn: ["cidrBlock", "availabilityZone", "vpcId"], restartOn: [] },
    "aws:ec2/placementGroup:PlacementGroup": {
        replaceOn: ["strategy", "partitionCount", "spreadLevel", "name"],
        restartOn: [],
    },
    "aws:ec2/securityGroup:SecurityGroup": { replaceOn: ["description", "name", "vpcId"], restartOn: [] },
    "aws:ec2/launchTemplate:LaunchTemplate": {
        replaceOn: ["name"],
        restartOn: [
            {
                path: "",
                effect: "a new version rolls the node group: nodes are drained and replaced in batches of updateConfig.maxUnavailable",
            },
        ],
    },
    "aws:eks/cluster:Cluster": {
        replaceOn: [
            "name",
            "roleArn",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "bootstrapSelfManagedAddons",
            "remoteNetworkConfig",
        ],
        restartOn: [{ path: "version", effect: "the control plane is upgraded; nodes follow by their own version" }],
    },
    "aws:eks/nodeGroup:NodeGroup": {
        replaceOn: [
            "nodeGroupName",
            "clusterName",
            "subnetIds",
            "nodeRoleArn",
            "instanceTypes",
            "amiType",
            "capacityType",
            "diskSize",
            "launchTemplate.id",
            "launchTemplate.name",
            "remoteAccess",
        ],
        restartOn: [
            { path: "launchTemplate", effect: "nodes are drained and replaced one batch after another" },
            { path: "version", effect: "nodes are drained and replaced one batch after another" },
            { path: "releaseVersion", effect: "nodes are drained and replaced one batch after another" },
        ],
    },
    // A replaced file system is an empty one.
    "aws:fsx/lustreFileSystem:LustreFileSystem": {
        replaceOn: [
            "deploymentType",
            "storageType",
            "subnetIds",
            "securityGroupIds",
            "kmsKeyId",
            "backupId",
            "copyTagsToBackups",
            "driveCacheType",
            "fileSystemTypeVersion",
        ],
        restartOn: [],
    },
    "aws:s3/bucket:Bucket": { replaceOn: ["bucket", "bucketPrefix", "objectLockEnabled"], restartOn: [] },
    "aws:ec2/natGateway:NatGateway": { replaceOn: ["subnetId", "allocationId", "connectivityType"], restartOn: [] },
    "aws:ec2/vpcEndpoint:VpcEndpoint": { replaceOn: ["serviceName", "vpcId", "vpcEndpointType"], restartOn: [] },
    "aws:iam/role:Role": { replaceOn: ["name", "path"], restartOn: [] },
    "aws:eks/addon:Addon": { replaceOn: ["clusterName", "addonName"], restartOn: [] },
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
        replaceOn: ["clusterName", "namespace", "serviceAccount"],
        restartOn: [],
    },
    "kubernetes:kueue.x-k8s.io/v1beta2:Topology": { replaceOn: ["spec"], restartOn: [] },
    "kubernetes:trainer.kubeflow.org/v1alpha1:TrainJob": {
        replaceOn: ["spec.runtimeRef", "spec.trainer", "spec.runtimePatches", "spec.initializer"],
        restartOn: [],
    },
    "kubernetes:batch/v1:Job": { replaceOn: ["spec.template", "spec.selector", "spec.completionMode"], restartOn: [] },
    "kubernetes:storage.k8s.io/v1:StorageClass": {
        replaceOn: ["provisioner", "parameters", "reclaimPolicy"],
        restartOn: [],
    },
};

/** Charts whose upgrade touches running pods, by chart name. Source: each chart's upgrade notes, at the project's home that catalog/data/releases.json names. */
const CHART_EFFECTS: { [chart: string]: { disruption: Disruption; effect: string } } = {
    "gpu-operator": {
        disruption: Disruption.Restart,
        effect: "device plugin and toolkit restart; with driver owner operator, drivers reload node by node after training pods have finished",
    },
    "network-operator": {
        disruption: Disruption.Restart,
        effect: "device plugins restart; a new DOCA driver reloads node by node",
    },
    "aws-efa-k8s-device-plugin": {
        disruption: Disruption.InPlace,
        effect: "the device plugin restarts; running pods keep their devices",
    },
    kueue: {
        disruption: Disruption.InPlace,
        effect: "admission pauses while the controller restarts; admitted jobs run on",
    },
    jobset: { disruption: Disruption.InPlace, effect: "the controller restarts; running jobs run on" },
    "kubeflow-trainer": { disruption: Disruption.InPlace, effect: "the controller restarts; running jobs run on" },
};

/** What changing these input paths of a resource does. */
export function disruptionOf(
    type: string,
    changedPaths: readonly string[],
    inputs: { [key: string]: unknown },
): { disruption: Disruption; effect: string } {
    if (changedPaths.length === 0) {
        return { disruption: Disruption.None, effect: "" };
    }
    if (type === "kubernetes:helm.sh/v3:Release") {
        const chart = (typeof inputs["chart"] === "string" ? inputs["chart"] : "").split("/").pop() ?? "";
        return (
            CHART_EFFECTS[chart] ?? {
                disruption: Disruption.InPlace,
                effect: "the chart's workloads roll as their own strategy says",
            }
        );
    }
    const under = (path: string, prefix: string): boolean =>
        prefix === "" ||
        path === prefix ||
        path.startsWith(`${prefix}.`) ||
        path.startsWith(`${prefix}[`) ||
        prefix.startsWith(`${path}.`);
    const renamed =
        type.startsWith("kubernetes:") &&
        changedPaths.some((path) => under(path, "metadata.name") || under(path, "metadata.namespace"));
    const facts = FACTS[type];
    if (renamed || facts?.replaceOn.some((prefix) => changedPaths.some((path) => under(path, prefix))) === true) {
        return {
            disruption: Disruption.Replace,
            effect: "replaced: the new one is created first, then the old one is deleted",
        };
    }
    const onlyTags = changedPaths.every(
        (path) => under(path, "tags") || under(path, "metadata.labels") || under(path, "metadata.annotations"),
    );
    const restart = onlyTags
        ? undefined
        : facts?.restartOn.find((entry) => changedPaths.some((path) => under(path, entry.path)));
    return restart === undefined
        ? { disruption: Disruption.InPlace, effect: "changed in place" }
        : { disruption: Disruption.Restart, effect: restart.effect };
}
