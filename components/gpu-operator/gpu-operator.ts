/** NVIDIA's GPU operator. */
import * as pulumi from "@pulumi/pulumi";
import { installChart, securedNamespace } from "../helm-chart";
import { NetworkDriver } from "../fabric";
import { refuse } from "../input";
import { checkGpuOperator } from "./check";
import { DriverOwner } from "./gpu-operator-args";
import type { GpuOperatorArgs } from "./gpu-operator-args";
import { gpuDirectOf, operatorValues, poolTolerations } from "./values";

/**
 * The GPU operator and node-feature-discovery, which turn the GPUs of the pools into `nvidia.com/gpu`: device plugin with
 * time-slicing, MIG layouts, GPU metrics, and the driver where the nodes' image has none. Driver upgrades go node by node, wait
 * for training pods to end, and never drain.
 */
export class GpuOperator extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:GpuOperator";

    /** Resolves to the operator's namespace once it runs. */
    readonly namespace: pulumi.Output<string>;

    constructor(name: string, args: GpuOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`GpuOperator "${name}"`, checkGpuOperator(args));
        super(GpuOperator.__pulumiType, name, args, opts);
        const child = { parent: this };

        const discoveryNamespace = securedNamespace(
            `${name}-feature-discovery-system`,
            "node-feature-discovery",
            // Its worker reads PCI devices from the host's /sys.
            "privileged",
            {},
            child,
        );
        const discovery = installChart(
            `${name}-feature-discovery`,
            {
                release: "node-feature-discovery",
                namespace: discoveryNamespace.metadata.name,
                values: {
                    worker: {
                        tolerations: poolTolerations(args.pools),
                        // GPUs, InfiniBand and Ethernet controllers: the operator looks for exactly these classes.
                        config: {
                            sources: {
                                pci: {
                                    deviceClassWhitelist: ["02", "0200", "0207", "0300", "0302"],
                                    deviceLabelFields: ["vendor"],
                                },
                            },
                        },
                    },
                },
                userValues: args.featureDiscoveryValues,
                chartMirror: args.chartMirror,
                imageMirror: args.imageMirror,
            },
            child,
        );
        const namespace = securedNamespace(
            `${name}-system`,
            "gpu-operator",
            // Device plugin, toolkit and driver reach the host's devices.
            "privileged",
            {},
            child,
        );
        const operator = installChart(
            `${name}-operator`,
            {
                release: "gpu-operator",
                namespace: namespace.metadata.name,
                values: operatorValues(args.pools, {
                    driver: args.driver ?? DriverOwner.Ami,
                    networkDriver: args.networkDriver ?? NetworkDriver.Host,
                    gpuDirect: args.gpuDirect ?? gpuDirectOf(args.pools),
                    serviceMonitor: args.serviceMonitor ?? false,
                    metricsIntervalSeconds: args.metricsIntervalSeconds ?? 15,
                }),
                userValues: args.values,
                chartMirror: args.chartMirror,
                imageMirror: args.imageMirror,
            },
            // It waits for the labels that node-feature-discovery sets.
            { ...child, dependsOn: [discovery] },
        );

        this.namespace = operator.namespace;
        this.registerOutputs({ namespace: this.namespace });
    }
}
