/** How each process of the control plane is started: its flags, with the reason for every one that is not a file or a port. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { ToolName, type Toolchain } from "../toolchain/types";
import { layoutOf } from "./layout";
import type { Pki } from "./pki";
import type { ProcessSpec } from "./processes";
import { packageFile } from "../places";

/** `<process>.<purpose>` of every port that the control plane listens on. */
export const listeners = [
    "etcd.client",
    "etcd.peer",
    "kube-apiserver.https",
    "kube-scheduler.https",
    "kube-controller-manager.https",
    "kwok.http",
] as const;

export interface ComponentContext {
    environment: string;
    toolchain: Toolchain;
    pki: Pki;
    ports: { [listener: string]: number };
    /** PEM. */
    certificateAuthority: string;
    heartbeat: Heartbeat;
    kubeconfigs: { scheduler: string; controllerManager: string; kwok: string };
}

/** How often a kubelet says that it lives, and after how much silence its node is NotReady. Seconds. */
export interface Heartbeat {
    lease: number;
    grace: number;
}

/**
 * A drill on a dead node must not last minutes, so up to 256 nodes are NotReady after 24 s of silence. Of more than that each heartbeat costs a
 * machine with two cores too much: there it is 75 s. A kubelet renews its lease after a quarter of the lease's duration.
 */
export function heartbeatFor(nodes: number): Heartbeat {
    return nodes <= 256 ? { lease: 40, grace: 24 } : { lease: 120, grace: 75 };
}

export function etcd(context: ComponentContext): ProcessSpec {
    const { pki } = context;
    const [client, peer] = [port(context, "etcd.client"), port(context, "etcd.peer")];
    const clientUrl = `https://127.0.0.1:${client}`;
    const peerUrl = `https://127.0.0.1:${peer}`;
    return {
        name: "etcd",
        command: context.toolchain.path(ToolName.Etcd),
        args: [
            `--data-dir=${layoutOf(context.environment).etcdData}`,
            `--listen-client-urls=${clientUrl}`,
            `--advertise-client-urls=${clientUrl}`,
            `--listen-peer-urls=${peerUrl}`,
            `--initial-advertise-peer-urls=${peerUrl}`,
            `--initial-cluster=default=${peerUrl}`,
            `--cert-file=${pki.server.certificate}`,
            `--key-file=${pki.server.key}`,
            `--trusted-ca-file=${pki.ca.certificate}`,
            // Without it every user of the machine could read the secrets.
            "--client-cert-auth",
            `--peer-cert-file=${pki.server.certificate}`,
            `--peer-key-file=${pki.server.key}`,
            `--peer-trusted-ca-file=${pki.ca.certificate}`,
            "--peer-client-cert-auth",
            // What a killed process wrote is in the page cache still; only a power cut loses it, and a twin may be lost to that.
            "--unsafe-no-fsync",
            "--quota-backend-bytes=8589934592",
            "--log-level=warn",
        ],
        ports: { client, peer },
        ready: () => https(`${clientUrl}/health`, context, pki.etcdClient).then((code) => code === 200),
    };
}

export function apiServer(context: ComponentContext): ProcessSpec {
    const { pki } = context;
    const securePort = port(context, "kube-apiserver.https");
    return {
        name: "kube-apiserver",
        command: context.toolchain.path(ToolName.ApiServer),
        args: [
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            // Endpoints may not name a loopback address, so nobody reconciles those of the service `kubernetes`.
            "--endpoint-reconciler-type=none",
            `--secure-port=${securePort}`,
            `--tls-cert-file=${pki.server.certificate}`,
            `--tls-private-key-file=${pki.server.key}`,
            `--client-ca-file=${pki.ca.certificate}`,
            `--token-auth-file=${pki.tokenFile}`,
            // Nobody has that certificate; without the setting the scheduler and the controller manager complain every 10 s.
            `--requestheader-client-ca-file=${pki.ca.certificate}`,
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            `--service-account-key-file=${pki.serviceAccountKey}`,
            `--service-account-signing-key-file=${pki.serviceAccountKey}`,
            "--service-cluster-ip-range=10.96.0.0/16",
            `--etcd-servers=https://127.0.0.1:${port(context, "etcd.client")}`,
            `--etcd-cafile=${pki.ca.certificate}`,
            `--etcd-certfile=${pki.etcdClient.certificate}`,
            `--etcd-keyfile=${pki.etcdClient.key}`,
            "--authorization-mode=Node,RBAC",
            // Device plugins and the like are privileged pods.
            "--allow-privileged=true",
            // Five minutes in life. The nodes' grace is cut in the same way, and a drill on a dead node must not last minutes.
            "--default-not-ready-toleration-seconds=10",
            "--default-unreachable-toleration-seconds=10",
            // One machine plays a thousand kubelets: the default limits are those of a small cluster.
            "--max-requests-inflight=3000",
            "--max-mutating-requests-inflight=1500",
            "--profiling=false",
        ],
        ports: { https: securePort },
        ready: () => https(`https://127.0.0.1:${securePort}/readyz`, context, pki.kwok).then((code) => code === 200),
        readyTimeoutMs: 300_000,
    };
}

export function scheduler(context: ComponentContext): ProcessSpec {
    const securePort = port(context, "kube-scheduler.https");
    return {
        name: "kube-scheduler",
        command: context.toolchain.path(ToolName.Scheduler),
        args: [...clientArguments(context, context.kubeconfigs.scheduler, securePort)],
        ports: { https: securePort },
        ready: () => https(`https://127.0.0.1:${securePort}/healthz`, context).then((code) => code === 200),
    };
}

export function controllerManager(context: ComponentContext): ProcessSpec {
    const { pki } = context;
    const securePort = port(context, "kube-controller-manager.https");
    return {
        name: "kube-controller-manager",
        command: context.toolchain.path(ToolName.ControllerManager),
        args: [
            ...clientArguments(context, context.kubeconfigs.controllerManager, securePort),
            "--use-service-account-credentials=true",
            `--service-account-private-key-file=${pki.serviceAccountKey}`,
            `--root-ca-file=${pki.ca.certificate}`,
            `--cluster-signing-cert-file=${pki.ca.certificate}`,
            `--cluster-signing-key-file=${pki.ca.key}`,
            `--node-monitor-grace-period=${context.heartbeat.grace}s`,
            "--node-monitor-period=2s",
            // A gang of a thousand pods is one Job: its own pods are created one batch after another, several jobs at once.
            "--concurrent-job-syncs=10",
        ],
        ports: { https: securePort },
        ready: () => https(`https://127.0.0.1:${securePort}/healthz`, context).then((code) => code === 200),
    };
}

export function kwok(context: ComponentContext): ProcessSpec {
    const http = port(context, "kwok.http");
    return {
        name: "kwok",
        command: context.toolchain.path(ToolName.Kwok),
        args: [
            `--kubeconfig=${context.kubeconfigs.kwok}`,
            `--config=${packageFile("twin", "control-plane", "stages", "stages.yaml")}`,
            "--manage-all-nodes=false",
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            `--node-lease-duration-seconds=${context.heartbeat.lease}`,
            // Pods of all nodes draw from it.
            "--cidr=10.128.0.0/9",
            "--node-ip=127.0.0.1",
            `--server-address=127.0.0.1:${http}`,
            // At INFO it writes a line for each pod and heartbeat.
            "--v=WARN",
        ],
        ports: { http },
        ready: async () => (await fetch(`http://127.0.0.1:${http}/healthz`)).ok,
    };
}

function clientArguments(context: ComponentContext, kubeconfig: string, securePort: number): string[] {
    return [
        `--kubeconfig=${kubeconfig}`,
        `--authentication-kubeconfig=${kubeconfig}`,
        `--authorization-kubeconfig=${kubeconfig}`,
        "--bind-address=127.0.0.1",
        `--secure-port=${securePort}`,
        `--tls-cert-file=${context.pki.server.certificate}`,
        `--tls-private-key-file=${context.pki.server.key}`,
        // There is one of each; an election would only delay a restart.
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ];
}

function port(context: ComponentContext, listener: (typeof listeners)[number]): number {
    const found = context.ports[listener];
    if (found === undefined) {
        throw new Error(`no port for ${listener}`);
    }
    return found;
}

/** HTTP status of a GET. */
function https(url: string, context: ComponentContext, client?: { certificate: string; key: string }): Promise<number> {
    return new Promise((resolve, reject) => {
        const get = request(
            url,
            {
                ca: context.certificateAuthority,
                cert: client === undefined ? undefined : readFileSync(client.certificate),
                key: client === undefined ? undefined : readFileSync(client.key),
                agent: false,
                timeout: 2000,
            },
            (response) => {
                response.resume();
                resolve(response.statusCode ?? 0);
            },
        );
        get.on("timeout", () => get.destroy(new Error("timeout")));
        get.on("error", reject);
        get.end();
    });
}
