/** Lock, bills of materials, mirror list, GitOps files and picture of the real environments: one evaluation each, many readers. */
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { findRelease } from "../../catalog";
import { mirrorItems } from "../../cli/delivery/mirror";
import { GitOps, renderFiles } from "../../cli/delivery/render";
import { environmentBill, packageBill } from "../../cli/lock/bill-of-materials";
import { lockOf, type Lock } from "../../cli/lock/lock";
import { freezeAt, upgradeSteps } from "../../cli/lock/upgrade";
import { sceneOf } from "../../cli/picture/scene";
import { renderSvg } from "../../cli/picture/svg";
import type { Plan } from "../../cli/plan/contract";
import { plan } from "../../cli/plan/plan";
import { readProject } from "../../cli/plan/project";
import { collisions, textBoxes } from "./svg-boxes";

const project = readProject(path.join(__dirname, "..", ".."));
const names = ["dev", "prod", "scale"];
const racks = ["onprem-ib", "onprem-roce"];
const plans = new Map<string, Plan>();

beforeAll(async () => {
    for (const name of [...names, ...racks]) {
        plans.set(name, await plan(project, name));
    }
});

function planOf(name: string): Plan {
    const found = plans.get(name);
    if (found === undefined) {
        throw new Error(`no plan of ${name}`);
    }
    return found;
}

/** A copy of a lock with changes. */
function changed(lock: Lock, change: (copy: Lock) => void): Lock {
    const copy = structuredClone(lock);
    change(copy);
    return copy;
}

describe("the lock", () => {
    it.each(names)("of %s is the same for the same plan, and fits", (name) => {
        const lock = lockOf(planOf(name));
        expect(lockOf(structuredClone(planOf(name)))).toEqual(lock);
        expect(lock.incompatibilities).toEqual([]);
        expect(lock.kubernetes).toMatch(/^1\.\d+$/);
        expect(lock.charts.map(({ chart }) => chart)).toEqual(
            expect.arrayContaining(["kueue", "jobset", "kubeflow-trainer", "gpu-operator"]),
        );
        expect(lock.addons.map(({ name: addon }) => addon)).toContain("vpc-cni");
    });

    it("has the digest of an image that is written or that its vendor publishes, and null for every other", () => {
        const digests = new Map(lockOf(planOf("prod")).images.map(({ reference, digest }) => [reference, digest]));
        const published = findRelease("gpu-operator")?.inside?.digests ?? {};
        expect(Object.keys(published).length).toBeGreaterThan(0);
        for (const [image, digest] of Object.entries(published)) {
            expect(digests.get(image), image).toBe(digest);
        }
        const known = [...digests].filter(([, digest]) => digest !== null).map(([reference]) => reference);
        expect(known.filter((reference) => published[reference] === undefined && !reference.includes("@"))).toEqual([]);
    });

    it("does not depend on the order of the plan's resources", () => {
        const shuffled = { ...planOf("prod"), resources: [...planOf("prod").resources].reverse() };
        expect(lockOf(shuffled)).toEqual(lockOf(planOf("prod")));
    });

    it("finds what does not fit once one version of the trio moves", () => {
        const moved = structuredClone(planOf("prod"));
        const kueue = moved.resources.find(
            ({ type, inputs }) => type === "kubernetes:helm.sh/v3:Release" && inputs["name"] === "kueue",
        );
        if (kueue !== undefined) {
            kueue.inputs["version"] = "0.16.0";
        }
        expect(lockOf(moved).incompatibilities.map(({ message }) => message)).toEqual([
            "kubeflow-trainer 2.2.0 needs kueue >=0.17.0 <0.20.0, got 0.16.0",
        ]);
    });
});

describe("an upgrade from one lock to another", () => {
    it("has no steps where nothing moved", () => {
        const lock = lockOf(planOf("prod"));
        expect(upgradeSteps(lock, structuredClone(lock))).toEqual([]);
    });

    it("says what restarts, drains or is replaced, the gravest first", () => {
        const before = lockOf(planOf("prod"));
        const after = changed(before, (lock) => {
            lock.kubernetes = "1.36";
            lock.drivers["nvidia-driver"] = "600.1";
            lock.drivers["nccl"] = "v3";
            lock.addons = lock.addons.map((addon) => (addon.name === "vpc-cni" ? { ...addon, version: "v2" } : addon));
            lock.charts = lock.charts.map((chart) =>
                chart.chart === "kueue" ? { ...chart, version: "0.19.2" } : chart,
            );
        });
        const steps = upgradeSteps(before, after);
        const step = (what: string) => steps.find((each) => each.what === what);
        expect(steps.map(({ what }) => what).sort()).toEqual([
            "Kubernetes",
            "add-on vpc-cni",
            "chart kueue",
            "driver nccl",
            "driver nvidia-driver",
        ]);
        expect(step("Kubernetes")).toMatchObject({ from: before.kubernetes, to: "1.36", disruption: "replace" });
        expect(step("Kubernetes")?.effect).toMatch(/drained and replaced/);
        expect(step("driver nvidia-driver")).toMatchObject({ disruption: "replace" });
        expect(step("driver nccl")).toMatchObject({ disruption: "restart" });
        expect(step("add-on vpc-cni")).toMatchObject({ disruption: "in place" });
        expect(step("chart kueue")?.disruption).not.toBe("replace");
        const order = ["replace", "restart", "in place", "none"];
        const gravity = steps.map(({ disruption }) => order.indexOf(disruption));
        expect(gravity).toEqual([...gravity].sort((a, b) => a - b));
    });

    it("is inside a freeze from its start and no longer at its end", () => {
        const lock = changed(lockOf(planOf("prod")), (copy) => {
            copy.freezes = [{ start: "2026-12-20T00:00:00Z", end: "2027-01-04T00:00:00Z", reason: "holidays" }];
        });
        expect(freezeAt(lock, new Date("2026-12-19T23:59:59Z"))).toBeUndefined();
        expect(freezeAt(lock, new Date("2026-12-20T00:00:00Z"))?.reason).toBe("holidays");
        expect(freezeAt(lock, new Date("2027-01-03T23:59:59Z"))?.reason).toBe("holidays");
        expect(freezeAt(lock, new Date("2027-01-04T00:00:00Z"))).toBeUndefined();
    });

    it("takes its freezes from the program", () => {
        const frozen = structuredClone(planOf("prod"));
        const whole = frozen.resources.find(({ type }) => type === "kilogpu:index:TrainingCluster");
        if (whole !== undefined) {
            whole.inputs["freezeWindows"] = [{ start: "2026-12-20T00:00:00Z", end: "2027-01-04T00:00:00Z" }];
        }
        expect(freezeAt(lockOf(frozen), new Date("2026-12-25T00:00:00Z"))).toBeDefined();
    });
});

describe("bills of materials", () => {
    it.each(names)("of %s hold every chart, add-on and image once", (name) => {
        const lock = lockOf(planOf(name));
        const bill = environmentBill(lock);
        const references = bill.components.map((component) => component["bom-ref"]);
        expect(new Set(references).size).toBe(references.length);
        expect(references.filter((reference) => reference.startsWith("helm:"))).toHaveLength(lock.charts.length);
        expect(references.filter((reference) => reference.startsWith("eks-addon:"))).toHaveLength(lock.addons.length);
        expect(references.filter((reference) => reference.startsWith("image:"))).toHaveLength(lock.images.length);
        for (const { purl } of bill.components.filter((component) => component.purl !== undefined)) {
            expect(purl).toMatch(/^pkg:(helm|oci|npm)\/[^@?\s]+(@[^?\s]+)?(\?[^\s]+)?$/);
        }
    });

    it("of the package hold what it depends on, with hashes, and no development tool", () => {
        const bill = packageBill();
        expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
        const found = bill.components.map((component) => component.name);
        expect(found).toEqual(expect.arrayContaining(["commander", "yaml", "@grpc/grpc-js"]));
        expect(found).not.toContain("vitest");
        expect(
            bill.components.every(
                (component) => component.hashes?.every(({ content }) => /^[0-9a-f]{128}$/.test(content)) ?? false,
            ),
        ).toBe(true);
    });
});

describe("the mirror's list", () => {
    it.each(names)("of %s covers every chart and image, and says where images stand only in a chart", (name) => {
        const lock = lockOf(planOf(name));
        const items = mirrorItems(lock, planOf(name).resources);
        const of = (kind: string): string[] => items.filter((item) => item.kind === kind).map((item) => item.to);
        expect(of("chart").sort()).toEqual(
            [
                ...new Set(lock.charts.map(({ chart, version }) => `charts/${chart}-${version.replace(/^v/, "")}.tgz`)),
            ].sort(),
        );
        expect(of("image")).toHaveLength(new Set(lock.images.map(({ reference }) => reference)).size);
        for (const { chart } of lock.charts) {
            const listed = (findRelease(chart)?.inside?.images ?? []).length > 0;
            const asked = items.some((item) => item.kind === "images-of" && item.from.includes(chart));
            expect(listed || asked || chart === "prometheus-operator-crds", chart).toBe(true);
        }
        expect(items.every((item) => /^(helm|crane|printf) .*\$MIRROR/.test(item.command))).toBe(true);
    });
});

describe("files for GitOps", () => {
    it.each(names.flatMap((name) => Object.values(GitOps).map((controller) => [name, controller] as const)))(
        "of %s for %s parse, hold every object as planned, in waves, and no secret",
        (name, controller) => {
            const files = renderFiles(planOf(name), controller);
            const kubernetes = planOf(name).resources.filter(
                ({ type, custom }) => custom && type.startsWith("kubernetes:"),
            );
            expect(new Set(files.map((file) => file.path)).size).toBe(files.length);
            expect(files).toHaveLength(kubernetes.length);
            const documents = files.flatMap((file) =>
                parseAllDocuments(file.content).map((document) => {
                    expect(document.errors).toEqual([]);
                    return {
                        path: file.path,
                        object: document.toJS() as {
                            kind: string;
                            metadata: { name: string; annotations?: { [key: string]: string } };
                            spec?: unknown;
                        },
                    };
                }),
            );
            for (const { inputs, type } of kubernetes.filter(
                ({ type: each }) => !each.startsWith("kubernetes:helm.sh/"),
            )) {
                const metadata = inputs["metadata"] as { name: string };
                const same = documents.filter(
                    ({ object }) => object.kind === type.split(":").pop() && object.metadata.name === metadata.name,
                );
                expect(
                    same.some(({ object }) => JSON.stringify(object.spec) === JSON.stringify(inputs["spec"])),
                    `${type} ${metadata.name}`,
                ).toBe(true);
            }
            const waveOf = (kind: string): number =>
                Number(
                    /wave-(\d+)/.exec(documents.find(({ object }) => object.kind === kind)?.path ?? "")?.[1] ?? "-1",
                );
            const release = waveOf(controller === GitOps.Argo ? "Application" : "HelmRelease");
            expect(waveOf("Namespace")).toBeLessThan(release);
            expect(release).toBeLessThan(waveOf("Topology"));
            expect(waveOf("Topology")).toBeLessThan(waveOf("ResourceFlavor"));
            expect(waveOf("ResourceFlavor")).toBeLessThan(waveOf("ClusterQueue"));
            expect(waveOf("ClusterQueue")).toBeLessThan(waveOf("LocalQueue"));
            expect(waveOf("LocalQueue")).toBeLessThan(waveOf("TrainJob"));
            expect(files.map((file) => file.content).join("")).not.toMatch(
                /certificate-authority-data|BEGIN [A-Z ]*PRIVATE KEY/,
            );
        },
    );
});

describe("the picture", () => {
    it.each([...names, ...racks])("of %s is well-formed and no two labels overlap or leave it", (name) => {
        const svg = renderSvg(sceneOf(planOf(name)));
        const boxes = textBoxes(svg);
        expect(boxes.length).toBeGreaterThan(8);
        expect(collisions(boxes)).toEqual([]);
        const height = Number(/ height="([\d.]+)"/.exec(svg)?.[1]);
        for (const box of boxes) {
            expect(box.left >= 0 && box.right <= 1600 && box.top >= 0 && box.bottom <= height, box.text).toBe(true);
        }
        expect((svg.match(/<(text|rect|line|path|g|polyline)[ >]/g) ?? []).length).toBeGreaterThan(20);
        expect((svg.match(/<text/g) ?? []).length).toBe((svg.match(/<\/text>/g) ?? []).length);
        expect(svg.replace(/&(amp|lt|gt|quot);/g, "")).not.toContain("&");
    });

    it("draws as many nodes as there are, or says how many one square stands for", () => {
        const svg = renderSvg(sceneOf(planOf("prod")));
        expect((svg.match(/rx="2"/g) ?? []).length).toBe(128);
        expect(renderSvg(sceneOf(planOf("scale")))).toMatch(/320 nodes/);
    });

    it.each([
        ["onprem-ib", 1024, "InfiniBand", 32, "H100"],
        ["onprem-roce", 256, "RoCE", undefined, "H200"],
    ])("of %s draws ports, rails and layers of the inventory", (name, ports, fabric, racks, gpu) => {
        const svg = renderSvg(sceneOf(planOf(name)));
        expect(svg).toContain(`${ports.toLocaleString("en")} ${fabric} ports`);
        expect(svg).toContain(`8 ${fabric} ports by rail`);
        expect(svg).toContain(`8 × NVIDIA ${gpu}`);
        expect(svg).toContain("NVLink domain of 8 GPUs");
        expect(svg).not.toMatch(/EFA|security group|no RDMA ports|no network layers/);
        const drawn = sceneOf(planOf(name)).groups[0]?.domains ?? [];
        const nodes = planOf(name).totals.nodes;
        for (const domains of drawn) {
            expect(domains.reduce((sum, domain) => sum + domain.nodes, 0)).toBe(nodes);
        }
        expect(drawn.length).toBeGreaterThan(1);
        if (racks !== undefined) {
            expect(drawn.at(-1)).toHaveLength(racks);
        }
    });

    it("would show an overlap", () => {
        const overlapping =
            '<text x="10" y="20" font-size="15" text-anchor="start">pretrain</text><text x="30" y="24" font-size="15" text-anchor="start">research</text>';
        expect(collisions(textBoxes(overlapping))).toEqual(["pretrain / research"]);
    });
});
