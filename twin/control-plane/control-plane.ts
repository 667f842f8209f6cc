/** Starts, finds, mends and ends the Kubernetes control plane of one environment. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../lock";
import { ApiClient } from "./api-client";
import { reviveControllers } from "./charts/record";
import {
    apiServer,
    controllerManager,
    etcd,
    heartbeatFor,
    kwok,
    listeners,
    scheduler,
    type ComponentContext,
} from "./components";
import { writeKubeconfig } from "./kubeconfig";
import { layoutOf } from "./layout";
import { ensurePki } from "./pki";
import { forgetPort, portsFor, readTwinRecord, writeTwinRecord } from "./ports";
import { ensureProcess, isProcessRunning, PortTakenError, processesOf, stopAllProcesses } from "./processes";
import type { ControlPlane, ControlPlaneOptions, Health } from "./types";

/** Something went wrong between the twin and its control plane; the message says what to do. */
export class ControlPlaneError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "ControlPlaneError";
    }
}

/** Attaches to what runs and serves, starts what does not. Safe to call from several processes at once. */
export function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
    return withLock(
        layoutOf(options.environment).lock,
        () => startLocked(options),
        (pid) => {
            options.progress.note(`process ${pid} works on the twin of ${options.environment}; waiting for it`);
        },
    );
}

/** The control plane as recorded, whether it runs or not; undefined where none was ever started. */
export function readControlPlane(environment: string): ControlPlane | undefined {
    const layout = layoutOf(environment);
    const record = readTwinRecord(environment);
    const port = record.ports["kube-apiserver.https"];
    if (record.version === undefined || port === undefined || !existsSync(layout.kubeconfig)) {
        return undefined;
    }
    const server = `https://127.0.0.1:${port}`;
    const certificateAuthority = readFileSync(join(layout.pki, "ca.crt"), "utf8");
    const token = readFileSync(join(layout.pki, "tokens.csv"), "utf8").split(",")[0] ?? "";
    return {
        server,
        certificateAuthority,
        kubeconfig: layout.kubeconfig,
        token,
        api: new ApiClient({ server, certificateAuthority, token }),
        version: record.version,
    };
}

/** Ends every process and removes every file of the control plane. */
export function stopControlPlane(environment: string): Promise<void> {
    const layout = layoutOf(environment);
    return withLock(layout.lock, async () => {
        // The data go too, so nothing needs time to say good-bye.
        await stopAllProcesses(environment, 500);
        for (const path of [layout.pki, layout.etcdData, layout.logs, layout.processes, layout.charts]) {
            rmSync(path, { recursive: true, force: true });
        }
        for (const file of [layout.record, layout.kubeconfig, join(layout.home, "kubeconfigs")]) {
            rmSync(file, { recursive: true, force: true });
        }
        // Others of the twin may keep files here.
        if (existsSync(layout.home) && readdirSync(layout.home).length === 0) {
            rmdirSync(layout.home);
        }
    });
}

/** What runs, from the table of processes; asks none of them. */
export function health(environment: string): Health {
    const processes = processesOf(environment);
    return { processes, rssBytes: processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0) };
}

async function startLocked(options: ControlPlaneOptions): Promise<ControlPlane> {
    const { environment, progress } = options;
    const step = progress.step("Kubernetes control plane");
    try {
        const pki = await ensurePki(environment);
        for (let attempt = 1; ; attempt++) {
            try {
                const plane = await startComponents(options, await contextOf(options, pki), (detail) => {
                    step.update(detail);
                });
                step.done(`${plane.version} at ${plane.server}`);
                return plane;
            } catch (error) {
                const ours =
                    error instanceof PortTakenError && listeners.some((listener) => listener === error.listener);
                if (!ours || attempt > 3) {
                    throw error;
                }
                forgetPort(environment, error.listener);
                progress.note(`${error.message}; another port is chosen`);
            }
        }
    } catch (error) {
        step.fail((error as Error).message.split("\n")[0] ?? "");
        throw error;
    }
}

async function contextOf(options: ControlPlaneOptions, pki: ComponentContext["pki"]): Promise<ComponentContext> {
    const { environment, toolchain } = options;
    const layout = layoutOf(environment);
    const ports = await portsFor(environment, [...listeners]);
    const certificateAuthority = readFileSync(pki.ca.certificate, "utf8");
    const server = `https://127.0.0.1:${ports["kube-apiserver.https"] as number}`;
    const kubeconfigs = {
        scheduler: join(layout.home, "kubeconfigs", "kube-scheduler"),
        controllerManager: join(layout.home, "kubeconfigs", "kube-controller-manager"),
        kwok: join(layout.home, "kubeconfigs", "kwok"),
    };
    for (const who of ["scheduler", "controllerManager", "kwok"] as const) {
        writeKubeconfig(kubeconfigs[who], "twin", server, certificateAuthority, { clientCertificate: pki[who] });
    }
    writeKubeconfig(layout.kubeconfig, `kilogpu-${environment}`, server, certificateAuthority, {
        token: pki.adminToken,
    });
    const expectedNodes = options.expectedNodes ?? readTwinRecord(environment).expectedNodes ?? 128;
    writeTwinRecord(environment, { ...readTwinRecord(environment), expectedNodes });
    const heartbeat = heartbeatFor(expectedNodes);
    return { environment, toolchain, pki, ports, certificateAuthority, heartbeat, kubeconfigs };
}

async function startComponents(
    options: ControlPlaneOptions,
    context: ComponentContext,
    report: (detail: string) => void,
): Promise<ControlPlane> {
    const { environment } = options;
    report("etcd");
    await ensureProcess(environment, etcd(context));
    report("API server");
    await ensureProcess(environment, apiServer(context));
    const server = `https://127.0.0.1:${context.ports["kube-apiserver.https"] as number}`;
    const { certificateAuthority, pki } = context;
    const api = new ApiClient({ server, certificateAuthority, token: pki.adminToken });
    const { gitVersion } = (await api.raw({ method: "GET", path: "/version" })) as { gitVersion: string };
    report("scheduler, controller manager and kwok");
    await Promise.all([
        ensureProcess(environment, scheduler(context)),
        ensureProcess(environment, controllerManager(context)),
        ensureProcess(environment, { ...kwok(context), beforeStart: () => releaseNodes(api) }),
    ]);
    writeTwinRecord(environment, { ...readTwinRecord(environment), version: gitVersion });
    report("controllers of installed charts");
    await reviveControllers(environment);
    const kubeconfig = layoutOf(environment).kubeconfig;
    return { server, certificateAuthority, kubeconfig, token: pki.adminToken, api, version: gitVersion };
}

/**
 * Lets a new kwok take the nodes of the old one. It would wait for the 40 s leases of its predecessor to run out, which is longer than the
 * grace period: every node would go NotReady.
 */
async function releaseNodes(api: ApiClient): Promise<void> {
    await api
        .deleteCollection("coordination.k8s.io/v1", "Lease", { namespace: "kube-node-lease" })
        .catch(() => undefined);
}

/** True where the part of the control plane is there; for messages that name what is missing. */
export function missingParts(environment: string): string[] {
    const parts = ["etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "kwok"];
    return parts.filter((part) => !isProcessRunning(environment, part));
}

/** The running control plane; an error that names the next command where it does not run. */
export function requireControlPlane(environment: string): ControlPlane {
    const plane = readControlPlane(environment);
    const missing = missingParts(environment);
    if (plane === undefined || missing.length > 0) {
        const what = plane === undefined ? "was never started" : `lacks ${missing.join(", ")}`;
        throw new ControlPlaneError(
            `The twin's control plane of "${environment}" ${what}. Run: kilogpu twin up ${environment}`,
        );
    }
    return plane;
}
