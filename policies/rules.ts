/**
 * The policy pack's rules, in the order of docs/policies.md. Importing this starts no server, so other packs can take rules from
 * here: `import { rules } from "kilogpu/policies"`.
 */
import type { Rule } from "./rule";
import { blockNodesFollowTheWindow } from "./rules/capacity/block-nodes-follow-the-window";
import { capacityBlockWithoutPlacementGroup } from "./rules/capacity/capacity-block-without-placement-group";
import { capacityTypeMatchesTemplate } from "./rules/capacity/capacity-type-matches-template";
import { gpuNodesCarryTheGpuTaint } from "./rules/capacity/gpu-nodes-carry-the-gpu-taint";
import { gpuNodesRepairThemselves } from "./rules/capacity/gpu-nodes-repair-themselves";
import { imageFitsTheProcessor } from "./rules/capacity/image-fits-the-processor";
import { reservationsAreNotSharedOutTwice } from "./rules/capacity/reservations-are-not-shared-out-twice";
import { reservationsCarryNoPlacementGroup } from "./rules/capacity/reservations-carry-no-placement-group";
import { reservedPoolsUpdateInPlace } from "./rules/capacity/reserved-pools-update-in-place";
import { capacityBlocksAreInTheirWindow } from "./rules/cost/capacity-blocks-are-in-their-window";
import { controlPlaneIsInStandardSupport } from "./rules/cost/control-plane-is-in-standard-support";
import { costWithinBudget } from "./rules/cost/cost-within-budget";
import { environmentsHaveABudget } from "./rules/cost/environments-have-a-budget";
import { environmentsNameACostCenter } from "./rules/cost/environments-name-a-cost-center";
import { reservedMachinesAreUsed } from "./rules/cost/reserved-machines-are-used";
import { confidentialComputingIsOff } from "./rules/drivers/confidential-computing-is-off";
import { devicePluginHasOneOwner } from "./rules/drivers/device-plugin-has-one-owner";
import { driverHasOneOwner } from "./rules/drivers/driver-has-one-owner";
import { driverUpgradesWaitForTraining } from "./rules/drivers/driver-upgrades-wait-for-training";
import { featureDiscoveryHasOneOwner } from "./rules/drivers/feature-discovery-has-one-owner";
import { gpuMetricsKeepPodLabels } from "./rules/drivers/gpu-metrics-keep-pod-labels";
import { jobsetHasOneOwner } from "./rules/drivers/jobset-has-one-owner";
import { efaDevicePluginIsInstalled } from "./rules/fabric/efa-device-plugin-is-installed";
import { efaDevicesHaveOneOwner } from "./rules/fabric/efa-devices-have-one-owner";
import { efaInterfacesMatchTheInstance } from "./rules/fabric/efa-interfaces-match-the-instance";
import { efaNodesShareOneZone } from "./rules/fabric/efa-nodes-share-one-zone";
import { efaPluginCoversEveryType } from "./rules/fabric/efa-plugin-covers-every-type";
import { efaPoolsUseEfa } from "./rules/fabric/efa-pools-use-efa";
import { efaSecurityGroupAllowsItself } from "./rules/fabric/efa-security-group-allows-itself";
import { noMellanoxMountsOnEfa } from "./rules/fabric/no-mellanox-mounts-on-efa";
import { noPeermemOnEfa } from "./rules/fabric/no-peermem-on-efa";
import { vpcCniKnowsEfaOnly } from "./rules/fabric/vpc-cni-knows-efa-only";
import { borrowingNeedsACohort } from "./rules/scheduling/borrowing-needs-a-cohort";
import { clusterQueuesNameTheirFlavors } from "./rules/scheduling/cluster-queues-name-their-flavors";
import { daemonSetsToleratePoolTaints } from "./rules/scheduling/daemonsets-tolerate-pool-taints";
import { flavorsNameTheirTopology } from "./rules/scheduling/flavors-name-their-topology";
import { flavorsSelectExistingNodes } from "./rules/scheduling/flavors-select-existing-nodes";
import { gangsFitTheirQueue } from "./rules/scheduling/gangs-fit-their-queue";
import { gangsFitTheirTopology } from "./rules/scheduling/gangs-fit-their-topology";
import { kueueManagesTrainingJobs } from "./rules/scheduling/kueue-manages-training-jobs";
import { localQueuesNameAClusterQueue } from "./rules/scheduling/local-queues-name-a-cluster-queue";
import { poolsHaveAQueue } from "./rules/scheduling/pools-have-a-queue";
import { queueCoversEveryResource } from "./rules/scheduling/queue-covers-every-resource";
import { queuesAdmitNamespaces } from "./rules/scheduling/queues-admit-namespaces";
import { quotasFitTheGpus } from "./rules/scheduling/quotas-fit-the-gpus";
import { topologyLevelsExistOnNodes } from "./rules/scheduling/topology-levels-exist-on-nodes";
import { accessIsByEntries } from "./rules/security/access-is-by-entries";
import { bucketsArePrivate } from "./rules/security/buckets-are-private";
import { bucketsRequireTls } from "./rules/security/buckets-require-tls";
import { clusterEndpointIsNotOpen } from "./rules/security/cluster-endpoint-is-not-open";
import { clusterLogsAreComplete } from "./rules/security/cluster-logs-are-complete";
import { dataIsEncrypted } from "./rules/security/data-is-encrypted";
import { keysRotate } from "./rules/security/keys-rotate";
import { launchTemplateRequiresImdsv2 } from "./rules/security/launch-template-requires-imdsv2";
import { namespacesEnforcePodSecurity } from "./rules/security/namespaces-enforce-pod-security";
import { networksHaveFlowLogs } from "./rules/security/networks-have-flow-logs";
import { noPrivilegedPods } from "./rules/security/no-privileged-pods";
import { noSecretsInPlainSight } from "./rules/security/no-secrets-in-plain-sight";
import { nodesHaveNoPublicAddress } from "./rules/security/nodes-have-no-public-address";
import { policiesNameWhatTheyAllow } from "./rules/security/policies-name-what-they-allow";
import { rolesHaveNoAdministratorPolicy } from "./rules/security/roles-have-no-administrator-policy";
import { securityGroupsAreClosed } from "./rules/security/security-groups-are-closed";
import { bucketsKeepVersions } from "./rules/storage/buckets-keep-versions";
import { checkpointsOutliveNodes } from "./rules/storage/checkpoints-outlive-nodes";
import { lustreSurvivesAServer } from "./rules/storage/lustre-survives-a-server";
import { addOnsArePinned } from "./rules/supply-chain/add-ons-are-pinned";
import { chartValuesAreKnown } from "./rules/supply-chain/chart-values-are-known";
import { chartsArePinned } from "./rules/supply-chain/charts-are-pinned";
import { chartsFitTogether } from "./rules/supply-chain/charts-fit-together";
import { imagesArePinned } from "./rules/supply-chain/images-are-pinned";
import { noStagingRegistries } from "./rules/supply-chain/no-staging-registries";
import { trainingImagesHaveDigests } from "./rules/supply-chain/training-images-have-digests";
import { bucketsAreNotEmptied } from "./rules/teardown/buckets-are-not-emptied";
import { clustersAreProtected } from "./rules/teardown/clusters-are-protected";
import { customResourcesLeaveBeforeTheirOperator } from "./rules/teardown/custom-resources-leave-before-their-operator";
import { nodesLeaveBeforeTheirRoutes } from "./rules/teardown/nodes-leave-before-their-routes";
import { statefulResourcesAreProtected } from "./rules/teardown/stateful-resources-are-protected";
import { efaPodsAskForHugepages } from "./rules/training/efa-pods-ask-for-hugepages";
import { efaPodsLockMemory } from "./rules/training/efa-pods-lock-memory";
import { gpuPodsTolerateTheGpuTaint } from "./rules/training/gpu-pods-tolerate-the-gpu-taint";
import { ncclUsesTheFabric } from "./rules/training/nccl-uses-the-fabric";
import { noInfinibandHostPath } from "./rules/training/no-infiniband-host-path";
import { noObsoleteEfaEnvironment } from "./rules/training/no-obsolete-efa-environment";
import { sharedMemoryIsLarge } from "./rules/training/shared-memory-is-large";
import { trainJobsKeepFabricResources } from "./rules/training/train-jobs-keep-fabric-resources";
import { trainJobsWaitInAQueue } from "./rules/training/train-jobs-wait-in-a-queue";

export type { Finding, ResourceRule, Rule, RuleContext, StackRule, Subject } from "./rule";

export const rules: Rule[] = [
    efaDevicePluginIsInstalled,
    efaDevicesHaveOneOwner,
    efaInterfacesMatchTheInstance,
    efaNodesShareOneZone,
    efaPluginCoversEveryType,
    efaPoolsUseEfa,
    efaSecurityGroupAllowsItself,
    noMellanoxMountsOnEfa,
    noPeermemOnEfa,
    vpcCniKnowsEfaOnly,
    blockNodesFollowTheWindow,
    capacityBlockWithoutPlacementGroup,
    capacityTypeMatchesTemplate,
    gpuNodesCarryTheGpuTaint,
    gpuNodesRepairThemselves,
    imageFitsTheProcessor,
    reservationsAreNotSharedOutTwice,
    reservationsCarryNoPlacementGroup,
    reservedPoolsUpdateInPlace,
    confidentialComputingIsOff,
    devicePluginHasOneOwner,
    driverHasOneOwner,
    driverUpgradesWaitForTraining,
    featureDiscoveryHasOneOwner,
    gpuMetricsKeepPodLabels,
    jobsetHasOneOwner,
    borrowingNeedsACohort,
    clusterQueuesNameTheirFlavors,
    daemonSetsToleratePoolTaints,
    flavorsNameTheirTopology,
    flavorsSelectExistingNodes,
    gangsFitTheirQueue,
    gangsFitTheirTopology,
    kueueManagesTrainingJobs,
    localQueuesNameAClusterQueue,
    poolsHaveAQueue,
    queueCoversEveryResource,
    queuesAdmitNamespaces,
    quotasFitTheGpus,
    topologyLevelsExistOnNodes,
    efaPodsAskForHugepages,
    efaPodsLockMemory,
    gpuPodsTolerateTheGpuTaint,
    ncclUsesTheFabric,
    noInfinibandHostPath,
    noObsoleteEfaEnvironment,
    sharedMemoryIsLarge,
    trainJobsKeepFabricResources,
    trainJobsWaitInAQueue,
    bucketsKeepVersions,
    checkpointsOutliveNodes,
    lustreSurvivesAServer,
    accessIsByEntries,
    bucketsArePrivate,
    bucketsRequireTls,
    clusterEndpointIsNotOpen,
    clusterLogsAreComplete,
    dataIsEncrypted,
    keysRotate,
    launchTemplateRequiresImdsv2,
    namespacesEnforcePodSecurity,
    networksHaveFlowLogs,
    noPrivilegedPods,
    noSecretsInPlainSight,
    nodesHaveNoPublicAddress,
    policiesNameWhatTheyAllow,
    rolesHaveNoAdministratorPolicy,
    securityGroupsAreClosed,
    addOnsArePinned,
    chartValuesAreKnown,
    chartsArePinned,
    chartsFitTogether,
    imagesArePinned,
    noStagingRegistries,
    trainingImagesHaveDigests,
    capacityBlocksAreInTheirWindow,
    controlPlaneIsInStandardSupport,
    costWithinBudget,
    environmentsHaveABudget,
    environmentsNameACostCenter,
    reservedMachinesAreUsed,
    bucketsAreNotEmptied,
    clustersAreProtected,
    customResourcesLeaveBeforeTheirOperator,
    nodesLeaveBeforeTheirRoutes,
    statefulResourcesAreProtected,
];
