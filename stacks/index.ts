/** The program of every environment: they differ by their YAML only. */
import * as pulumi from "@pulumi/pulumi";
import { OnPremisesCluster, TrainingCluster } from "../components";
import { isOnPremises, readEnvironment, readSite } from "./config";

const onPremises = isOnPremises();
const cluster = onPremises
    ? new OnPremisesCluster("train", readSite())
    : new TrainingCluster("train", readEnvironment());

/** Name of the cluster; in AWS for `aws eks update-kubeconfig --name`. */
export const clusterName = cluster.clusterName;
/** A kubeconfig, secret: `pulumi stack output kubeconfig --show-secrets`. */
export const kubeconfig = cluster.kubeconfig;
/** Pools with their nodes and the node groups behind them. */
export const pools = cluster.pools.map((pool) => ({
    name: pool.name,
    instanceType: pool.instanceType,
    nodes: pool.nodes,
    gpus: pool.nodes * pool.gpusPerNode,
    nodeGroup: pool.nodeGroupName,
}));
/** GPUs of all pools while their windows are open. */
export const gpus = cluster.pools.reduce((total, pool) => total + pool.nodes * pool.gpusPerNode, 0);
/** TrainJobs of the environment. */
export const jobs = cluster.jobs;
/** What to type next. */
export const next = onPremises
    ? "pulumi stack output kubeconfig --show-secrets >kubeconfig && kubectl --kubeconfig kubeconfig get nodes,trainjobs -A"
    : pulumi.interpolate`aws eks update-kubeconfig --name ${cluster.clusterName} && kubectl get nodes,trainjobs -A`;
