/** Starts the program of a chart's Deployment as a process of the twin: its certificate, its token, its configuration, its ports. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Toolchain } from "../../toolchain/types";
import type { ApiClient, KubernetesObject } from "../api-client";
import { createAuthority, issue } from "../certificates";
import { writeKubeconfig } from "../kubeconfig";
import { layoutOf, readJson, writeWhole } from "../layout";
import { portsFor } from "../ports";
import { ensureProcess, type ProcessSpec } from "../processes";
import { configurationFor, defaultCertificates, type Controller, type ControllerPorts } from "./controllers";
import type { WebhookPlace } from "./loopback";

/** A prepared controller: everything but the token, which needs the applied ServiceAccount. */
export interface PreparedController {
    controller: Controller;
    folder: string;
    ports: ControllerPorts;
    webhook: WebhookPlace;
    /** The webhook's certificate as the Secret that the chart mounts. */
    secret: KubernetesObject;
}

/** What starts the controller again after a kill; kept in the chart's record. */
export type StoredController = Omit<ProcessSpec, "ready" | "beforeStart"> & { readyUrl: string };

interface Certificates {
    authority: { certificate: string; key: string };
    server: { certificate: string; key: string };
    /** Names in the server's certificate. */
    hosts: string[];
}

/** Chooses ports and makes certificates; `services` are the names of the Services that lead to its webhook. */
export async function prepareController(
    environment: string,
    controller: Controller,
    services: string[],
): Promise<PreparedController> {
    const folder = join(layoutOf(environment).charts, controller.name);
    const listeners = ["health", "metrics", "webhook"].map((purpose) => `${controller.name}.${purpose}`);
    const kept = await portsFor(environment, listeners);
    const [health, metrics, webhook] = listeners.map((listener) => kept[listener] as number);
    const ports = { health: health as number, metrics: metrics as number, webhook: webhook as number };
    const hosts = services.flatMap((name) => [
        `${name}.${controller.namespace}.svc`,
        `${name}.${controller.namespace}.svc.cluster.local`,
    ]);
    const { authority, server } = await ensureCertificates(folder, controller, hosts);
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    return {
        controller,
        folder,
        ports,
        webhook: { port: ports.webhook, certificateAuthority: authority.certificate },
        secret: {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: controller.certificateSecret, namespace: controller.namespace },
            data: {
                "ca.crt": base64(authority.certificate),
                "ca.key": base64(authority.key),
                "tls.crt": base64(server.certificate),
                "tls.key": base64(server.key),
            },
        },
    };
}

/** Starts the controller unless it runs with this very configuration, and waits until it is ready. */
export async function startController(
    environment: string,
    prepared: PreparedController,
    toolchain: Toolchain,
    api: ApiClient,
): Promise<StoredController> {
    const { controller, folder, ports } = prepared;
    const kubeconfig = await ensureServiceAccountKubeconfig(prepared, api);
    const certificates = join(folder, defaultCertificates);
    const place = { namespace: controller.namespace, ports, certificates };
    const configuration = JSON.stringify(configurationFor(controller, place), undefined, 2);
    // Named by its content, so that another configuration is another command line and the process is started anew.
    const file = join(folder, `configuration-${shortHash(configuration)}.json`);
    writeWhole(file, configuration);
    const stored: StoredController = {
        name: controller.name,
        command: toolchain.path(controller.recipe.tool),
        args: [`--kubeconfig=${kubeconfig}`, `--config=${file}`, ...controller.args],
        // Unset, controller-runtime looks for the webhook's certificate in the machine's own /tmp.
        env: { ...controller.env, TMPDIR: folder, POD_NAMESPACE: controller.namespace },
        ports: { ...ports },
        readyUrl: `http://127.0.0.1:${ports.health}/readyz`,
    };
    await ensureController(environment, stored);
    return stored;
}

/** Starts a stored controller unless it runs. True where it was started. */
export function ensureController(environment: string, stored: StoredController): Promise<boolean> {
    const { readyUrl, ...spec } = stored;
    return ensureProcess(environment, {
        ...spec,
        ready: async () => (await fetch(readyUrl, { signal: AbortSignal.timeout(2000) })).ok,
        readyTimeoutMs: 300_000,
    });
}

async function ensureCertificates(folder: string, controller: Controller, hosts: string[]): Promise<Certificates> {
    const path = join(folder, "certificates.json");
    const serving = join(folder, defaultCertificates);
    let certificates = readJson(path) as Certificates | undefined;
    if (certificates === undefined || certificates.hosts.join() !== hosts.join()) {
        const { authority: name } = controller.recipe;
        const authority = await createAuthority(name, [name]);
        const server = await issue(authority, { commonName: hosts[0] ?? controller.name, hosts });
        certificates = { authority, server, hosts };
        writeWhole(path, JSON.stringify(certificates));
    }
    mkdirSync(serving, { recursive: true, mode: 0o700 });
    writeWhole(join(serving, "tls.crt"), certificates.server.certificate);
    writeWhole(join(serving, "tls.key"), certificates.server.key);
    writeWhole(join(serving, "ca.crt"), certificates.authority.certificate);
    writeWhole(join(serving, "ca.key"), certificates.authority.key);
    return certificates;
}

/** A kubeconfig with a token of the controller's ServiceAccount: its RBAC is the chart's and is put to the test. */
async function ensureServiceAccountKubeconfig(prepared: PreparedController, api: ApiClient): Promise<string> {
    const { controller, folder } = prepared;
    const { namespace, serviceAccount } = controller;
    const account = await api.get({ apiVersion: "v1", kind: "ServiceAccount", name: serviceAccount, namespace });
    // A token is bound to the account's uid: an account that was made anew needs another.
    const path = join(folder, `kubeconfig-${account.metadata.uid ?? ""}`);
    const { server } = api.endpoint;
    if (existsSync(path) && readFileSync(path, "utf8").includes(server)) {
        return path;
    }
    const request = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 10 * 365 * 24 * 3600 },
    };
    const answer = (await api.raw({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
        body: JSON.stringify(request),
    })) as { status: { token: string } };
    writeKubeconfig(path, serviceAccount, server, api.endpoint.certificateAuthority, { token: answer.status.token });
    return path;
}

function shortHash(text: string): string {
    return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
