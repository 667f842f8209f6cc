/** Installs, upgrades and removes the charts whose real controllers run in the twin. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { requireControlPlane } from "../control-plane";
import { layoutOf, readJson, removeFile, writeWhole } from "../layout";
import { stopProcess } from "../processes";
import { refOf, type ApiClient, type KubernetesObject, type ObjectRef } from "../api-client";
import { isNotFound } from "../api-error";
import { waitForDeletion, WaitTimeoutError } from "../wait";
import type { ChartOptions, ControllerChart } from "../types";
import { applyCrds, applyObjects, deleteObjects, sameObject } from "./apply";
import { controllersOf, type Controller } from "./controllers";
import { onLoopback, webhookServices } from "./loopback";
import { renderChart, type RenderedChart } from "./render";
import { prepareController, startController, type PreparedController, type StoredController } from "./start";
import { chartRecordPath, type ChartRecord } from "./record";

/**
 * Renders the chart with the values, applies it, starts its controllers and waits until they are ready. Doing it again with other values
 * changes what follows from them; with the same values it changes nothing and mends what was killed.
 */
export async function installChart(environment: string, chart: ControllerChart, options: ChartOptions): Promise<void> {
    const { api } = requireControlPlane(environment);
    const step = options.progress.step(`chart ${chart}`);
    try {
        const work = join(layoutOf(environment).charts, `${chart}.chart`);
        mkdirSync(work, { recursive: true, mode: 0o700 });
        step.update("rendering");
        const rendered = await renderChart(chart, options, work);
        rendered.notes.forEach((note) => {
            options.progress.note(note);
        });
        step.update("custom resource definitions");
        const record = await install(environment, chart, options, rendered, api, (detail) => {
            step.update(detail);
        });
        const versions = record.controllers.map(({ name }) => name).join(", ");
        step.done(versions === "" ? "no controller" : `${versions} ready`);
    } catch (error) {
        step.fail((error as Error).message.split("\n")[0] ?? "");
        throw error;
    } finally {
        api.close();
    }
}

/** The same as installing again: what the new values lack is removed. */
export const upgradeChart = installChart;

/** Removes what the chart brought but for the CRDs of its `crds` folder, as helm does, and ends its controllers. */
export async function uninstallChart(environment: string, chart: ControllerChart): Promise<void> {
    const path = chartRecordPath(environment, chart);
    const record = readJson(path) as ChartRecord | undefined;
    if (record === undefined) {
        return;
    }
    const { api } = requireControlPlane(environment);
    try {
        const ofKind = (test: (kind: string) => boolean): ObjectRef[] =>
            record.objects.filter(({ kind }) => test(kind));
        // Custom resources first, while their controllers still take finalizers off; then the definitions, which delete all their objects.
        await deleteObjects(api, record.late);
        const crds = ofKind((kind) => kind === "CustomResourceDefinition");
        await deleteObjects(api, crds);
        for (const crd of crds) {
            await waitForDeletion(api, crd, { what: `${crd.name} deleted`, timeoutMs: 20_000 }).catch(
                (error: unknown) =>
                    error instanceof WaitTimeoutError ? dropFinalizers(api, crd) : Promise.reject(error as Error),
            );
        }
        // A webhook without its controller would refuse everything.
        await deleteObjects(
            api,
            ofKind((kind) => kind.endsWith("WebhookConfiguration")),
        );
        await Promise.all(record.controllers.map(({ name }) => stopProcess(environment, name)));
        await deleteObjects(
            api,
            ofKind((kind) => kind !== "CustomResourceDefinition"),
        );
    } finally {
        api.close();
    }
    for (const { name } of record.controllers) {
        rmSync(join(layoutOf(environment).charts, name), { recursive: true, force: true });
    }
    rmSync(join(layoutOf(environment).charts, `${chart}.chart`), { recursive: true, force: true });
    removeFile(path);
}

async function install(
    environment: string,
    chart: ControllerChart,
    options: ChartOptions,
    rendered: RenderedChart,
    api: ApiClient,
    report: (detail: string) => void,
): Promise<ChartRecord> {
    const { namespace, progress } = options;
    const { controllers, others } = controllersOf(rendered.objects);
    for (const deployment of others) {
        progress.note(`${chart}: Deployment ${deployment.metadata.name} is not run in the twin`);
    }
    const services = [...webhookServices([...rendered.crds, ...rendered.objects])];
    const prepared = await Promise.all(
        controllers.map((controller) =>
            prepareController(environment, controller, servicesOf(controller, rendered, services)),
        ),
    );
    const placeOf = (service: string): PreparedController["webhook"] | undefined =>
        prepared.find(({ controller }) =>
            servicesOf(controller, rendered, services).some((name) => `${controller.namespace}/${name}` === service),
        )?.webhook;
    const all = onLoopback([...rendered.crds, ...rendered.objects], placeOf);
    const isCrd = ({ kind }: KubernetesObject): boolean => kind === "CustomResourceDefinition";
    const crds = all.filter(isCrd);
    const fromFolder = new Set(rendered.crds.map(({ metadata }) => metadata.name));
    const crdsToRemove = crds.filter(({ metadata }) => !fromFolder.has(metadata.name));
    const definedHere = new Set(
        crds.map((crd) => {
            const spec = crd["spec"] as { group: string; names: { kind: string } };
            return `${spec.group}/${spec.names.kind}`;
        }),
    );
    // Objects of the chart's own kinds go last: its webhooks have to answer for them.
    const isLate = ({ apiVersion, kind }: KubernetesObject): boolean =>
        definedHere.has(`${apiVersion.split("/")[0] ?? ""}/${kind}`);
    const early = all
        .filter((object) => !isCrd(object) && !isLate(object) && !isLeftOut(object))
        .map((object) => prepared.find(({ secret }) => isSame(secret, object))?.secret ?? object);
    // Known before it is made: an installation that is killed half way is upgraded or removed like a whole one.
    const before = readJson(chartRecordPath(environment, chart)) as ChartRecord | undefined;
    const planned: ChartRecord = {
        namespace,
        releaseName: options.releaseName,
        controllers: before?.controllers ?? [],
        objects: [...(before?.objects ?? []), ...early.map(refOf), ...crdsToRemove.map(refOf)],
        late: [...(before?.late ?? []), ...all.filter(isLate).map(refOf)],
    };
    writeWhole(chartRecordPath(environment, chart), JSON.stringify(planned, undefined, 2));
    await applyCrds(api, crds);
    report("objects");
    const namespaceObject: KubernetesObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    const applied = await applyObjects(api, [namespaceObject, ...early], namespace, progress);
    const stored: StoredController[] = [];
    for (const controller of prepared) {
        report(`starting ${controller.controller.name}`);
        stored.push(await startController(environment, controller, options.toolchain, api));
    }
    const late = await applyObjects(api, all.filter(isLate), namespace, progress);
    const record: ChartRecord = {
        namespace,
        releaseName: options.releaseName,
        controllers: stored,
        // helm leaves namespaces alone, and CRDs that came from a `crds` folder.
        objects: [...applied.filter(({ kind }) => kind !== "Namespace"), ...crdsToRemove.map(refOf)],
        late,
    };
    await removeLeftovers(environment, chart, record, api);
    writeWhole(chartRecordPath(environment, chart), JSON.stringify(record, undefined, 2));
    return record;
}

/** Objects and processes that the last installation had and this one has not. */
async function removeLeftovers(
    environment: string,
    chart: ControllerChart,
    now: ChartRecord,
    api: ApiClient,
): Promise<void> {
    const before = readJson(chartRecordPath(environment, chart)) as ChartRecord | undefined;
    if (before === undefined) {
        return;
    }
    const kept = [...now.objects, ...now.late];
    const gone = [...before.late, ...before.objects].filter((ref) => !kept.some((other) => sameObject(ref, other)));
    await deleteObjects(api, gone);
    for (const { name } of before.controllers.filter(
        (old) => !now.controllers.some((other) => other.name === old.name),
    )) {
        await stopProcess(environment, name);
    }
    // Each configuration has a file of its own; those that nobody runs with are of no use.
    for (const controller of now.controllers) {
        const folder = join(layoutOf(environment).charts, controller.name);
        for (const file of existsSync(folder) ? readdirSync(folder) : []) {
            if (file.startsWith("configuration-") && !controller.args.some((arg) => arg.endsWith(file))) {
                removeFile(join(folder, file));
            }
        }
    }
}

/** Webhook Services whose selector matches the controller's own Deployment; the chart with one controller needs no look at them. */
function servicesOf(controller: Controller, rendered: RenderedChart, webhookServiceNames: string[]): string[] {
    const deployment = rendered.objects.find(
        ({ kind, spec }) =>
            kind === "Deployment" &&
            (spec as { template: { spec: { serviceAccountName?: string } } }).template.spec.serviceAccountName ===
                controller.serviceAccount,
    );
    const labels = (
        deployment?.["spec"] as { template: { metadata: { labels: { [key: string]: string } } } } | undefined
    )?.template.metadata.labels;
    return rendered.objects
        .filter(
            ({ kind, metadata }) =>
                kind === "Service" && webhookServiceNames.includes(`${metadata.namespace ?? ""}/${metadata.name}`),
        )
        .filter(({ spec }) =>
            Object.entries((spec as { selector?: { [key: string]: string } }).selector ?? {}).every(
                ([key, value]) => labels?.[key] === value,
            ),
        )
        .map(({ metadata }) => metadata.name);
}

/** Deployments are the processes themselves; an APIService without its server would make discovery fail and every namespace's deletion hang. */
function isLeftOut({ kind }: KubernetesObject): boolean {
    return kind === "Deployment" || kind === "APIService";
}

function isSame(a: KubernetesObject, b: KubernetesObject): boolean {
    return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

/** The last way out of a definition that hangs: its objects' finalizers are taken off. */
async function dropFinalizers(api: ApiClient, crd: ObjectRef): Promise<void> {
    const definition = await api.find(crd);
    if (definition === undefined) {
        return;
    }
    const { group, names, versions } = definition["spec"] as {
        group: string;
        names: { kind: string };
        versions: { name: string; served: boolean; storage: boolean }[];
    };
    const version = versions.find(({ storage }) => storage)?.name ?? versions[0]?.name ?? "";
    const apiVersion = `${group}/${version}`;
    const { items } = await api.list(apiVersion, names.kind).catch((error: unknown) => {
        if (isNotFound(error)) {
            return { items: [] as KubernetesObject[] };
        }
        throw error;
    });
    for (const item of items) {
        const patch = { metadata: { finalizers: null } };
        await api.patch(refOf(item), patch, { kind: "merge" }).catch((error: unknown) => {
            if (!isNotFound(error)) {
                throw error;
            }
        });
    }
    await waitForDeletion(api, crd, { what: `${crd.name} deleted`, timeoutMs: 20_000 });
}
