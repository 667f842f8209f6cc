/** A chart's life on the control plane: install with values, the same again, other values, a lost record, a taken port, removal. */
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
    ControllerChart,
    health,
    installChart,
    installedCharts,
    isNotFound,
    readControlPlane,
    requireControlPlane,
    startControlPlane,
    stopControlPlane,
    uninstallChart,
    upgradeChart,
    type ControlPlane,
    type ControlPlaneOptions,
} from "../../twin/control-plane";
import { strays } from "../../twin/control-plane/processes";
import { silentProgress, type Progress } from "../../twin/progress";
import { twinHome } from "../../twin/places";
import { ensureTools, type Toolchain } from "../../twin/toolchain";
import { controlPlaneTools } from "./control-plane-objects";
import { exposedSockets } from "./control-plane-sockets";

const environment = `suite-charts-${process.pid}`;
const kubernetesVersion = "1.35";

let toolchain: Toolchain;
let plane: ControlPlane;
let options: ControlPlaneOptions;

const settings = (timeout: string): { [key: string]: unknown } => ({
    managerConfig: {
        controllerManagerConfigYaml: [
            "apiVersion: config.kueue.x-k8s.io/v1beta2",
            "kind: Configuration",
            "health: {healthProbeBindAddress: ':8081'}",
            "metrics: {bindAddress: ':8443', enableClusterQueueResources: true}",
            "webhook: {port: 9443}",
            "leaderElection: {leaderElect: true, resourceName: c1f6bfd2.kueue.x-k8s.io}",
            `waitForPodsReady: {timeout: ${timeout}}`,
            "integrations: {frameworks: [batch/job, pod]}",
        ].join("\n"),
    },
});

function kueue(
    values: { [key: string]: unknown },
    progress: Progress = silentProgress,
): Parameters<typeof installChart>[2] {
    return { namespace: "kueue-system", releaseName: "kueue", values, toolchain, progress };
}

function pidOf(name: string): number | undefined {
    return health(environment).processes.find((candidate) => candidate.name === name && candidate.alive)?.pid;
}

function configurationOf(chart: string): string {
    const argument = installedCharts(environment)
        .get(chart)
        ?.controllers[0]?.args.find((arg) => arg.startsWith("--config="));
    return readFileSync(argument?.slice("--config=".length) ?? "", "utf8");
}

beforeAll(async () => {
    toolchain = await ensureTools(controlPlaneTools, { kubernetesVersion, progress: silentProgress });
    options = { environment, toolchain, kubernetesVersion, progress: silentProgress };
    expect(() => requireControlPlane(environment)).toThrow(/was never started\. Run: kilogpu twin up/);
    plane = await startControlPlane(options);
});

afterAll(async () => {
    await stopControlPlane(environment);
    expect(strays(environment)).toEqual([]);
    expect(readControlPlane(environment)).toBeUndefined();
});

it("installs with the user's values and no listener beyond loopback", async () => {
    await installChart(environment, ControllerChart.Kueue, kueue(settings("3m")));
    expect(JSON.parse(configurationOf("kueue"))).toMatchObject({ waitForPodsReady: { timeout: "3m" } });
    for (const { name, pid } of health(environment).processes) {
        expect({ name, exposed: exposedSockets(pid as number) }).toEqual({ name, exposed: [] });
    }
});

it("runs the controller under the chart's own ServiceAccount", async () => {
    const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
            user: "system:serviceaccount:kueue-system:kueue-controller-manager",
            resourceAttributes: { verb: "create", resource: "nodes" },
        },
    };
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const answer = await plane.api.raw({ method: "POST", path, body: JSON.stringify(review) });
    expect(answer).toMatchObject({ status: { allowed: false } });
    const kubeconfig = installedCharts(environment).get("kueue")?.controllers[0]?.args[0] ?? "";
    const { users } = JSON.parse(readFileSync(kubeconfig.slice("--kubeconfig=".length), "utf8")) as {
        users: { user: { token: string } }[];
    };
    const claims = Buffer.from(users[0]?.user.token.split(".")[1] ?? "", "base64url").toString();
    expect(claims).toContain("system:serviceaccount:kueue-system:kueue-controller-manager");
});

it("refuses by the controller's webhook what the schema lets pass", async () => {
    const selector = { matchExpressions: [{ key: "team", operator: "In" }] };
    const metadata = { name: "q" };
    const queue = {
        apiVersion: "kueue.x-k8s.io/v1beta2",
        kind: "ClusterQueue",
        metadata,
        spec: { namespaceSelector: selector },
    };
    await expect(plane.api.serverSideApply(queue, { fieldManager: "suite" })).rejects.toThrow(
        /admission webhook .* denied the request.*namespaceSelector/s,
    );
});

it("changes nothing with the same values", async () => {
    const before = pidOf("kueue");
    await installChart(environment, ControllerChart.Kueue, kueue(settings("3m")));
    expect(pidOf("kueue")).toBe(before);
});

it("starts the controller anew with other values", async () => {
    const before = pidOf("kueue");
    await upgradeChart(environment, ControllerChart.Kueue, kueue(settings("7m")));
    expect(pidOf("kueue")).not.toBe(before);
    expect(JSON.parse(configurationOf("kueue"))).toMatchObject({ waitForPodsReady: { timeout: "7m" } });
});

it("finds a process whose record was lost, and replaces it", async () => {
    const before = pidOf("kube-scheduler");
    rmSync(join(twinHome(environment), "processes", "kube-scheduler.json"));
    plane = await startControlPlane(options);
    expect(pidOf("kube-scheduler")).not.toBe(before);
    expect(strays(environment, "kube-scheduler")).toHaveLength(1);
});

it("chooses another port when somebody took the kept one while it was down", async () => {
    const scheduler = health(environment).processes.find(({ name }) => name === "kube-scheduler");
    const port = scheduler?.ports["https"] as number;
    process.kill(scheduler?.pid as number, "SIGKILL");
    const thief = createServer();
    while (
        !(await new Promise<boolean>((resolve) =>
            thief
                .once("error", () => {
                    resolve(false);
                })
                .listen(port, "127.0.0.1", () => {
                    resolve(true);
                }),
        ))
    ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const notes: string[] = [];
    plane = await startControlPlane({ ...options, progress: { ...silentProgress, note: (text) => notes.push(text) } });
    thief.close();
    expect(notes.join()).toContain(`port ${port}`);
    expect(health(environment).processes.find(({ name }) => name === "kube-scheduler")?.ports["https"]).not.toBe(port);
    expect(health(environment).processes.every(({ alive }) => alive)).toBe(true);
});

it("is started by several processes at once without a second of anything", async () => {
    process.kill(pidOf("kueue") as number, "SIGKILL");
    await Promise.all(Array.from({ length: 3 }, () => startControlPlane(options)));
    const { processes } = health(environment);
    expect(processes.every(({ alive }) => alive)).toBe(true);
    expect(strays(environment)).toHaveLength(processes.length);
});

it("uninstalls to nothing: no process, no webhook, no definition", async () => {
    const flavor = { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ResourceFlavor", metadata: { name: "left" } };
    await plane.api.serverSideApply(flavor, { fieldManager: "suite" });
    await uninstallChart(environment, ControllerChart.Kueue);
    expect(pidOf("kueue")).toBeUndefined();
    expect(installedCharts(environment).size).toBe(0);
    const kinds = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
    for (const kind of kinds) {
        expect((await plane.api.list("admissionregistration.k8s.io/v1", kind)).items).toEqual([]);
    }
    expect((await plane.api.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")).items).toEqual([]);
    const gone = await plane.api
        .get({ apiVersion: "v1", kind: "ServiceAccount", name: "kueue-controller-manager", namespace: "kueue-system" })
        .catch((error: unknown) => error);
    expect(isNotFound(gone)).toBe(true);
});
