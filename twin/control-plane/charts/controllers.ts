/**
 * How a Deployment of a rendered chart becomes a process: the same program under the same ServiceAccount with the configuration that the chart
 * rendered. Only what a process on a laptop cannot share is overridden: addresses, certificate folders, leader election.
 */
import { join } from "node:path";
import { parse } from "yaml";
import { ToolName } from "../../toolchain/types";
import type { KubernetesObject } from "../api-client";

type Configuration = { [key: string]: unknown };

/** What a controller listens on, all on loopback. */
export interface ControllerPorts {
    health: number;
    metrics: number;
    webhook: number;
}

export interface ControllerRecipe {
    tool: ToolName;
    /** API group of the configuration file, by which a Deployment is recognised. */
    configGroup: string;
    /** Common name of the webhook's certificate authority, which the rotator inside the controller looks for. */
    authority: string;
    /** The chart's configuration with the overrides. */
    configure: (configuration: Configuration, place: ControllerPlace) => Configuration;
    /** Arguments of the container, `--config` left out, with the overrides. */
    arguments: (args: string[]) => string[];
}

/** Where one controller runs. */
export interface ControllerPlace {
    namespace: string;
    ports: ControllerPorts;
    /** Holds tls.crt and tls.key. */
    certificates: string;
}

/** A Deployment whose program the twin has. */
export interface Controller {
    /** The tool's name; also the process's. */
    name: string;
    recipe: ControllerRecipe;
    namespace: string;
    serviceAccount: string;
    /** As the chart rendered it. */
    configuration: Configuration;
    args: string[];
    env: { [name: string]: string };
    /** Secret with the webhook's certificate. */
    certificateSecret: string;
}

/** controller-runtime reads the webhook's certificate from here, below $TMPDIR, where a controller has no setting for it. */
export const defaultCertificates = join("k8s-webhook-server", "serving-certs");

const recipes: ControllerRecipe[] = [
    {
        tool: ToolName.Kueue,
        configGroup: "config.kueue.x-k8s.io",
        authority: "kueue-ca",
        configure: (configuration, { namespace, ports, certificates }) => ({
            namespace,
            ...common(configuration, ports),
            webhook: {
                ...section(configuration, "webhook"),
                host: "127.0.0.1",
                port: ports.webhook,
                certDir: certificates,
            },
            // Off, it would want the metrics' certificate in a folder of the root user.
            internalCertManagement: { ...section(configuration, "internalCertManagement"), enable: true },
            featureGates: configuration["featureGates"],
        }),
        // The visibility server has one port for all of a machine and is reached through the aggregation layer only.
        arguments: (args) => {
            const gates = args.find((arg) => arg.startsWith("--feature-gates="));
            return gates === undefined
                ? args
                : [...args.filter((arg) => arg !== gates), `${gates},VisibilityOnDemand=false`];
        },
    },
    {
        tool: ToolName.Jobset,
        configGroup: "config.jobset.x-k8s.io",
        authority: "jobset-ca",
        configure: (configuration, { ports, certificates }) => ({
            ...common(configuration, ports),
            metrics: {
                ...section(configuration, "metrics"),
                bindAddress: `127.0.0.1:${ports.metrics}`,
                certDir: certificates,
            },
            webhook: {
                ...section(configuration, "webhook"),
                host: "127.0.0.1",
                port: ports.webhook,
                certDir: certificates,
            },
            internalCertManagement: { ...section(configuration, "internalCertManagement"), enable: false },
        }),
        arguments: (args) => args,
    },
    {
        tool: ToolName.Trainer,
        configGroup: "config.trainer.kubeflow.org",
        authority: "kubeflow-trainer-ca",
        configure: (configuration, { ports }) => ({
            ...common(configuration, ports),
            webhook: { ...section(configuration, "webhook"), host: "127.0.0.1", port: ports.webhook },
            certManagement: { ...section(configuration, "certManagement"), enable: false },
            // The status server reads its pod's own token from a path of the root user and asks the issuer by a name that only a cluster resolves.
            ...(configuration["featureGates"] === undefined
                ? {}
                : { featureGates: { ...section(configuration, "featureGates"), TrainJobStatus: false } }),
        }),
        arguments: (args) => args,
    },
];

/** The controllers among the objects of a chart, and the Deployments whose programs the twin has not. */
export function controllersOf(objects: KubernetesObject[]): { controllers: Controller[]; others: KubernetesObject[] } {
    const controllers: Controller[] = [];
    const others: KubernetesObject[] = [];
    for (const deployment of objects.filter(({ kind }) => kind === "Deployment")) {
        const controller = controllerOf(deployment, objects);
        if (controller === undefined) {
            others.push(deployment);
        } else {
            controllers.push(controller);
        }
    }
    return { controllers, others };
}

/** With the gate in the configuration where it is not on the command line: Kueue refuses both at once. */
export function configurationFor(controller: Controller, place: ControllerPlace): Configuration {
    const configuration = controller.recipe.configure(controller.configuration, place);
    const onCommandLine = controller.args.some((arg) => arg.startsWith("--feature-gates="));
    if (controller.recipe.tool === ToolName.Kueue && !onCommandLine) {
        configuration["featureGates"] = { ...section(configuration, "featureGates"), VisibilityOnDemand: false };
    }
    return configuration;
}

interface PodSpec {
    serviceAccountName?: string;
    containers: { args?: string[]; env?: { name: string; value?: string }[] }[];
    volumes?: { configMap?: { name: string }; secret?: { secretName: string } }[];
}

function controllerOf(deployment: KubernetesObject, objects: KubernetesObject[]): Controller | undefined {
    const { template } = deployment["spec"] as { template: { spec: PodSpec } };
    const volumes = template.spec.volumes ?? [];
    for (const { configMap } of volumes) {
        const map = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === configMap?.name);
        for (const text of Object.values((map?.["data"] ?? {}) as { [file: string]: string })) {
            const configuration = parse(text) as Configuration;
            const group = String(configuration["apiVersion"]).split("/")[0];
            const recipe = recipes.find(({ configGroup }) => configGroup === group);
            const container = template.spec.containers[0];
            if (recipe !== undefined && container !== undefined) {
                const secrets = volumes.map(({ secret }) => secret?.secretName).filter((name) => name !== undefined);
                return {
                    name: recipe.tool,
                    recipe,
                    namespace: deployment.metadata.namespace ?? "default",
                    serviceAccount: template.spec.serviceAccountName ?? "default",
                    configuration,
                    args: recipe.arguments((container.args ?? []).filter((arg) => !arg.startsWith("--config="))),
                    env: Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ""])),
                    certificateSecret: secrets.find((name) => name.includes("webhook")) ?? secrets[0] ?? "",
                };
            }
        }
    }
    return undefined;
}

function common(configuration: Configuration, ports: ControllerPorts): Configuration {
    return {
        ...configuration,
        health: { ...section(configuration, "health"), healthProbeBindAddress: `127.0.0.1:${ports.health}` },
        metrics: { ...section(configuration, "metrics"), bindAddress: `127.0.0.1:${ports.metrics}` },
        leaderElection: { ...section(configuration, "leaderElection"), leaderElect: false },
    };
}

function section(configuration: Configuration, key: string): Configuration {
    return (configuration[key] ?? {}) as Configuration;
}
