/** The mistakes that a `GpuOperatorArgs` can hold. Pure. */
import { findInstance } from "../../catalog/instances";
import { release } from "../../catalog/releases";
import { nodeLabels } from "../../catalog/topology";
import { checkPools } from "../capacity-group";
import { GpuDirect, NetworkDriver } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import { checkChartMirror, checkImageMirror, checkChartValues } from "../helm-chart";
import type { InputProblem } from "../input";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import { DriverOwner } from "./gpu-operator-args";
import type { GpuOperatorArgs } from "./gpu-operator-args";
import { devicePluginConfigLabel, devicePluginConfigName, timeSlices } from "./sharing";

/** All mistakes of the arguments. */
export function checkGpuOperator(args: GpuOperatorArgs): InputProblem[] {
    const unknown = requirePlain({
        pools: args.pools,
        driver: args.driver,
        networkDriver: args.networkDriver,
        gpuDirect: args.gpuDirect,
        serviceMonitor: args.serviceMonitor,
        metricsIntervalSeconds: args.metricsIntervalSeconds,
        chartMirror: args.chartMirror,
        imageMirror: args.imageMirror,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...checkPools(args.pools),
        ...oneOf("driver", args.driver ?? DriverOwner.Ami, Object.values(DriverOwner)),
        ...oneOf("networkDriver", args.networkDriver ?? NetworkDriver.Host, Object.values(NetworkDriver)),
        ...(args.gpuDirect === undefined ? [] : oneOf("gpuDirect", args.gpuDirect, Object.values(GpuDirect))),
        ...(args.driver === DriverOwner.Operator ? checkOperatorOwns(args.pools) : []),
        ...args.pools.flatMap((pool, index) => checkSharing(`pools[${String(index)}]`, pool, args.pools)),
        ...wholeNumber("metricsIntervalSeconds", args.metricsIntervalSeconds ?? 15, { min: 1, max: 300 }),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release("gpu-operator"), args.values),
        ...checkChartValues("featureDiscoveryValues", release("node-feature-discovery"), args.featureDiscoveryValues),
        ...checkOwnedValues(args),
    ];
}

/** Cloud pools boot an image that brings the driver. */
function checkOperatorOwns(pools: NodePoolArgs[]): InputProblem[] {
    const cloud = pools.find((pool) => pool.capacityKind !== "owned");
    return cloud === undefined
        ? []
        : [
              {
                  path: "driver",
                  got: show(DriverOwner.Operator),
                  legal: `nodes of pool "${cloud.name}" boot ${findInstance(cloud.instanceType)?.amiType ?? "an NVIDIA image"}, which has a driver already`,
                  remedy: `Use driver ${DriverOwner.Ami}.`,
              },
          ];
}

/** Without the label a node would have the default configuration and offer another number of GPUs than was declared. */
function checkSharing(path: string, pool: NodePoolArgs, pools: NodePoolArgs[]): InputProblem[] {
    const problems: InputProblem[] = [];
    const names = new Set(pools.map(devicePluginConfigName));
    if (timeSlices(pool) > 1 && names.size > 1 && pool.labels[devicePluginConfigLabel] === undefined) {
        problems.push({
            path: `${path}.labels`,
            got: `no ${devicePluginConfigLabel}`,
            legal: "pools are sliced differently, so that the label must say how",
            remedy: `Label the nodes ${devicePluginConfigLabel}=${devicePluginConfigName(pool)}.`,
        });
    }
    const layout = pool.labels[nodeLabels.migConfig];
    const profiles = findInstance(pool.instanceType)?.gpus.migProfiles ?? [];
    if (layout !== undefined) {
        problems.push(
            ...(profiles.length > 0
                ? oneOf(`${path}.labels["${nodeLabels.migConfig}"]`, layout, [
                      "all-disabled",
                      // A label value has no plus sign.
                      ...profiles.map((profile) => `all-${profile.replace("+", ".")}`),
                  ])
                : [
                      {
                          path: `${path}.labels["${nodeLabels.migConfig}"]`,
                          got: show(layout),
                          legal: `the GPUs of ${pool.instanceType} have no MIG`,
                          remedy: "Remove the label; share these GPUs by time-slicing.",
                      },
                  ]),
        );
    }
    return problems;
}

/** Values that would undo what the component guarantees. */
function checkOwnedValues(args: GpuOperatorArgs): InputProblem[] {
    const given = (section: string, key: string): unknown =>
        (args.values?.[section] as { [key: string]: unknown } | undefined)?.[key];
    const problems: InputProblem[] = [];
    if (given("nfd", "enabled") === true) {
        problems.push({
            path: "values.nfd.enabled",
            got: "true",
            legal: "node-feature-discovery has one owner, and this component installs it as a release of its own",
            remedy: "Remove the key; give featureDiscoveryValues to change how it is installed.",
        });
    }
    if (given("driver", "enabled") !== undefined) {
        problems.push({
            path: "values.driver.enabled",
            got: show(given("driver", "enabled")),
            legal: "who owns the driver decides a dozen values at once, by the argument driver",
            remedy: "Remove the key and set driver.",
        });
    }
    return problems;
}
