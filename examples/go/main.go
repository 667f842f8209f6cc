// A training environment from Go: what stacks/Pulumi.staging.yaml is to the CLI. `pulumi package add` generates the SDK that this imports.
package main

import (
	"example.com/pulumi-kilogpu/sdk/go/kilogpu"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		hourly := 250.0
		own, borrowed := 8.0, 8.0
		cluster, err := kilogpu.NewTrainingCluster(ctx, "train", &kilogpu.TrainingClusterArgs{
			Environment: "staging",
			Network: kilogpu.NetworkSettingsArgsArgs{
				Zones:   []string{"us-east-2a", "us-east-2b"},
				GpuZone: "us-east-2b",
			},
			Pools: []kilogpu.PoolSettingsArgsArgs{{
				Name:         "h100",
				InstanceType: "p5.48xlarge",
				Nodes:        2,
				Fabric:       kilogpu.FabricKindEfa,
				Capacity:     kilogpu.CapacityArgsArgs{Kind: kilogpu.CapacityKindOnDemand},
			}},
			Teams: []kilogpu.TeamArgsArgs{
				{Name: "pretrain", Gpus: &own, Borrow: &borrowed},
				{Name: "research", Gpus: &own, Borrow: &borrowed},
			},
			Budget: &kilogpu.BudgetArgsArgs{HourlyUsd: hourly},
		})
		if err != nil {
			return err
		}
		ctx.Export("clusterName", cluster.ClusterName)
		ctx.Export("kubeconfig", cluster.Kubeconfig)
		return nil
	})
}
