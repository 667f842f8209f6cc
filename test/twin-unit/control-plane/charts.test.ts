import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { KubernetesObject } from "../../../twin/control-plane/api-client";
import { sameObject } from "../../../twin/control-plane/charts/apply";
import { configurationFor, controllersOf, type Controller } from "../../../twin/control-plane/charts/controllers";
import { onLoopback, webhookServices } from "../../../twin/control-plane/charts/loopback";
import { parseObjects } from "../../../twin/control-plane/charts/render";

const place = { namespace: "ks", ports: { health: 1, metrics: 2, webhook: 3 }, certificates: "/certs" };

function chart(configuration: object, args: string[]): KubernetesObject[] {
    return [
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "manager-config", namespace: "ks" },
            data: { "controller_manager_config.yaml": stringify(configuration) },
        },
        {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "manager", namespace: "ks" },
            spec: {
                template: {
                    spec: {
                        serviceAccountName: "manager-account",
                        containers: [
                            {
                                args: ["--config=/controller_manager_config.yaml", ...args],
                                env: [{ name: "A", value: "b" }],
                            },
                        ],
                        volumes: [
                            { secret: { secretName: "webhook-server-cert" } },
                            { configMap: { name: "manager-config" } },
                        ],
                    },
                },
            },
        },
        {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "dashboard", namespace: "ks" },
            spec: { template: { spec: { containers: [{}] } } },
        },
    ];
}

const kueue = {
    apiVersion: "config.kueue.x-k8s.io/v1beta2",
    kind: "Configuration",
    health: { healthProbeBindAddress: ":8081" },
    metrics: { bindAddress: ":8443", enableClusterQueueResources: true },
    webhook: { port: 9443 },
    leaderElection: { leaderElect: true, resourceName: "x" },
    waitForPodsReady: { timeout: "5m" },
    fairSharing: { preemptionStrategies: ["LessThanInitialShare"] },
    internalCertManagement: { enable: false, webhookSecretName: "webhook-server-cert" },
    featureGates: { TopologyAwareScheduling: true },
};

function only(objects: KubernetesObject[]): Controller {
    const { controllers } = controllersOf(objects);
    expect(controllers).toHaveLength(1);
    return controllers[0] as Controller;
}

describe("a controller of a chart", () => {
    it("is recognised by its configuration, with its account, environment and Secret; other Deployments are named", () => {
        const { controllers, others } = controllersOf(chart(kueue, ["--zap-log-level=2"]));
        expect(controllers.map(({ name }) => name)).toEqual(["kueue"]);
        expect(controllers[0]).toMatchObject({
            serviceAccount: "manager-account",
            certificateSecret: "webhook-server-cert",
            args: ["--zap-log-level=2"],
            env: { A: "b" },
        });
        expect(others.map(({ metadata }) => metadata.name)).toEqual(["dashboard"]);
    });

    it("keeps what the user set and gets loopback addresses only", () => {
        const configured = configurationFor(only(chart(kueue, [])), place);
        expect(configured).toMatchObject({
            waitForPodsReady: kueue.waitForPodsReady,
            fairSharing: kueue.fairSharing,
            metrics: { bindAddress: "127.0.0.1:2", enableClusterQueueResources: true },
            health: { healthProbeBindAddress: "127.0.0.1:1" },
            webhook: { host: "127.0.0.1", port: 3, certDir: "/certs" },
            leaderElection: { leaderElect: false, resourceName: "x" },
            internalCertManagement: { enable: true, webhookSecretName: "webhook-server-cert" },
            featureGates: { TopologyAwareScheduling: true, VisibilityOnDemand: false },
            namespace: "ks",
        });
    });

    it("gets its gate where the user's gates are: Kueue refuses gates in both places", () => {
        const { featureGates, ...withoutGates } = kueue;
        expect(featureGates).toBeDefined();
        const controller = only(chart(withoutGates, ["--feature-gates=ElasticJobs=true"]));
        expect(controller.args).toEqual(["--feature-gates=ElasticJobs=true,VisibilityOnDemand=false"]);
        expect(configurationFor(controller, place)["featureGates"]).toBeUndefined();
    });

    it("runs Trainer without its status server, which needs a pod's own token, and with the user's other gates", () => {
        const apiVersion = "config.trainer.kubeflow.org/v1alpha1";
        const gates = { TrainJobStatus: true, Other: true };
        expect(
            configurationFor(only(chart({ ...kueue, apiVersion, featureGates: gates }, [])), place)["featureGates"],
        ).toEqual({ TrainJobStatus: false, Other: true });
        const { featureGates, ...withoutGates } = kueue;
        expect(featureGates).toBeDefined();
        expect(configurationFor(only(chart({ ...withoutGates, apiVersion }, [])), place)).not.toHaveProperty(
            "featureGates",
        );
    });

    it.each([
        ["config.jobset.x-k8s.io/v1alpha1", "jobset", "internalCertManagement"],
        ["config.trainer.kubeflow.org/v1alpha1", "trainer", "certManagement"],
    ])("of %s brings its own certificates", (apiVersion, name, section) => {
        const controller = only(chart({ ...kueue, apiVersion }, []));
        expect(controller.name).toBe(name);
        expect(configurationFor(controller, place)).toMatchObject({ [section]: { enable: false } });
    });
});

describe("webhooks on loopback", () => {
    const service: KubernetesObject = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "webhook", namespace: "ks" },
        spec: { type: "ClusterIP", selector: { a: "b" }, ports: [{ port: 443 }] },
    };
    const configuration: KubernetesObject = {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        metadata: { name: "m" },
        webhooks: [
            { clientConfig: { service: { name: "webhook", namespace: "ks", path: "/a" } } },
            { clientConfig: { service: { name: "other", namespace: "ks", path: "/b" } } },
        ],
    };
    const crd: KubernetesObject = {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "c" },
        spec: { conversion: { webhook: { clientConfig: { service: { name: "webhook", namespace: "ks" } } } } },
    };
    const placeOf = (name: string): { port: number; certificateAuthority: string } | undefined =>
        name === "ks/webhook" ? { port: 4711, certificateAuthority: "PEM" } : undefined;

    it("are found in webhook configurations and in conversions", () => {
        expect([...webhookServices([service, configuration, crd])]).toEqual(["ks/webhook", "ks/other"]);
    });

    it("lead to the controller's port through an ExternalName, with its authority; others stay as they are", () => {
        const [newService, newConfiguration, newCrd] = onLoopback([service, configuration, crd], placeOf);
        expect(newService?.["spec"]).toEqual({
            type: "ExternalName",
            externalName: "127.0.0.1",
            ports: [{ port: 443 }],
        });
        const caBundle = Buffer.from("PEM").toString("base64");
        expect(newConfiguration?.["webhooks"]).toEqual([
            { clientConfig: { service: { name: "webhook", namespace: "ks", path: "/a", port: 4711 }, caBundle } },
            { clientConfig: { service: { name: "other", namespace: "ks", path: "/b" } } },
        ]);
        expect(JSON.stringify(newCrd)).toContain('"port":4711');
        // The rendered objects are compared with the next rendering: they must not have changed.
        expect(JSON.stringify(crd)).not.toContain("4711");
    });
});

describe("rendered text", () => {
    it("is split into objects; empty documents and comments are none", () => {
        const text = "---\n# Source: a\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n---\n";
        expect(parseObjects(text).map(({ kind }) => kind)).toEqual(["Secret"]);
    });

    it("names the same object under another version of its API", () => {
        const a = { apiVersion: "x.dev/v1", kind: "A", name: "n" };
        expect(sameObject(a, { ...a, apiVersion: "x.dev/v2" })).toBe(true);
        expect(sameObject(a, { ...a, apiVersion: "y.dev/v1" })).toBe(false);
        expect(sameObject(a, { ...a, namespace: "other" })).toBe(false);
    });
});
