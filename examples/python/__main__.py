"""A training environment from Python: what stacks/Pulumi.staging.yaml is to the CLI. `pulumi package add` generates the SDK that this imports."""

import pulumi
import pulumi_kilogpu as kilogpu

cluster = kilogpu.TrainingCluster(
    "train",
    environment="staging",
    network=kilogpu.NetworkSettingsArgsArgs(zones=["us-east-2a", "us-east-2b"], gpu_zone="us-east-2b"),
    pools=[
        kilogpu.PoolSettingsArgsArgs(
            name="h100",
            instance_type="p5.48xlarge",
            nodes=2,
            fabric=kilogpu.FabricKind("efa"),
            capacity=kilogpu.CapacityArgsArgs(kind=kilogpu.CapacityKind("on-demand")),
        )
    ],
    teams=[
        kilogpu.TeamArgsArgs(name="pretrain", gpus=8, borrow=8),
        kilogpu.TeamArgsArgs(name="research", gpus=8, borrow=8),
    ],
    budget=kilogpu.BudgetArgsArgs(hourly_usd=250),
)

pulumi.export("clusterName", cluster.cluster_name)
pulumi.export("kubeconfig", cluster.kubeconfig)
