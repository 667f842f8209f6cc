/** A whole training environment in racks. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { BareMetalCluster, BareMetalNodePool } from "../bare-metal";
import { RdmaFabric } from "../fabric";
import type { NodePool } from "../gpu-node-pool";
import { refuse } from "../input";
import { createTrainingPlatform } from "../training-platform";
import { checkOnPremisesCluster } from "./check";
import type { OnPremisesClusterArgs } from "./on-premises-cluster-args";
import { controlPlaneArgs, hostFabricArgs, hostPoolArgs, poolName } from "./parts";

/**
 * Control plane and GPU hosts over SSH, InfiniBand or RoCE, GPU operator, queues, Kubeflow Trainer, monitoring and jobs, from plain
 * arguments: what TrainingCluster is in AWS. All mistakes are found before anything is registered.
 */
export class OnPremisesCluster extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:OnPremisesCluster";

    /** Name of the cluster. */
    readonly clusterName: pulumi.Output<string>;
    /** Kubeconfig of the administrator. A secret. */
    readonly kubeconfig: pulumi.Output<string>;
    /** The pools as everything inside the cluster sees them. */
    readonly pools: NodePool[];
    /** Names of the jobs' TrainJobs, each `namespace/name`. */
    readonly jobs: pulumi.Output<string[]>;

    constructor(name: string, args: OnPremisesClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`OnPremisesCluster "${name}"`, checkOnPremisesCluster(args));
        super(OnPremisesCluster.__pulumiType, name, summary(args), opts);
        const child = { parent: this };
        const cluster = new BareMetalCluster(`${name}-control-plane`, controlPlaneArgs(args.site), child);
        const { pool } = new BareMetalNodePool(poolName(args.site), hostPoolArgs(args.site, cluster.access), child);
        this.pools = [pool];

        const provider = new k8s.Provider(
            `${name}-kubernetes`,
            { kubeconfig: cluster.kubeconfig, clusterIdentifier: `${name}-${args.environment}` },
            child,
        );
        const inCluster = { parent: this, provider };
        const fabric = new RdmaFabric(`${name}-${args.site.fabric}`, hostFabricArgs(args, pool), inCluster).profile;
        this.jobs = createTrainingPlatform(
            name,
            args,
            {
                pools: this.pools,
                fabric,
                networkDriver: args.site.rack?.driver,
                gpuDirect: args.site.rack?.gpuDirect,
            },
            inCluster,
        );

        this.clusterName = pulumi.output(`${name}-${args.environment}`);
        this.kubeconfig = cluster.kubeconfig;
        this.registerOutputs({
            clusterName: this.clusterName,
            kubeconfig: this.kubeconfig,
            pools: this.pools,
            jobs: this.jobs,
        });
    }
}

/** The arguments as state and policies see them: hosts stand in their own resources, scripts in their ConfigMaps. */
function summary(args: OnPremisesClusterArgs): pulumi.Inputs {
    const { name, machineType, fabric, costs, hosts, servers } = args.site;
    return {
        environment: args.environment,
        site: {
            name,
            pool: poolName(args.site),
            machineType,
            fabric,
            costs,
            nodes: hosts.length,
            servers: servers.length,
        },
        teams: args.teams,
        budget: args.budget,
    };
}
