import { describe, expect, it } from "vitest";
import { release } from "../../../catalog/releases";
import { CheckpointStorage, CheckpointVolumes, checkCheckpointVolumes } from "../../../components/checkpoint-storage";
import type { CheckpointPlaceArgs } from "../../../components/checkpoint-storage";
import { checkChartValues } from "../../../components/helm-chart";
import { cluster } from "../../support/cluster";
import { evaluate, messageOf, valueOf } from "../../support/mocks";

const folder = (namespace: string) => ({
    namespace,
    serviceAccount: "training",
    prefix: `${namespace}/`,
    url: `s3://bucket/${namespace}/`,
});
const bucketOnly: CheckpointPlaceArgs = {
    bucket: "bucket",
    region: "us-east-2",
    folders: [folder("pretrain"), folder("research")],
};
const place: CheckpointPlaceArgs = {
    ...bucketOnly,
    lustre: {
        capacityGib: 4800,
        throughputMBs: 2343,
        efa: false,
        fileSystemId: "fs-1",
        dnsName: "fs-1.fsx.us-east-2.amazonaws.com",
        mountName: "abcd",
    },
};

describe("CheckpointVolumes", () => {
    it("gives each namespace a claim on the file system that all nodes may mount, and keeps the data of a deleted claim", async () => {
        const run = await evaluate(() => new CheckpointVolumes("ckpt", { place }));
        const volumes = run.ofType("kubernetes:core/v1:PersistentVolume").map((each) => each.inputs["spec"]);
        expect(volumes).toMatchObject(
            ["pretrain", "research"].map((namespace) => ({
                accessModes: ["ReadWriteMany"],
                persistentVolumeReclaimPolicy: "Retain",
                claimRef: { namespace, name: "checkpoints" },
                csi: {
                    driver: "fsx.csi.aws.com",
                    volumeHandle: `fs-1-${namespace}`,
                    volumeAttributes: { dnsname: "fs-1.fsx.us-east-2.amazonaws.com", mountname: "abcd" },
                },
            })),
        );
        expect(run.ofType("kubernetes:core/v1:PersistentVolumeClaim").map((each) => each.inputs)).toMatchObject(
            ["pretrain", "research"].map((namespace) => ({
                metadata: { name: "checkpoints", namespace },
                // An empty class, or the default one would make an EBS volume for it.
                spec: { storageClassName: "", volumeName: `ckpt-${namespace}`, accessModes: ["ReadWriteMany"] },
            })),
        );
    });

    it("installs the driver's node part only: no pod may create file systems", async () => {
        const run = await evaluate(() => new CheckpointVolumes("ckpt", { place }));
        const values = run.named("ckpt-fsx-csi").inputs["values"] as { [key: string]: unknown };
        expect(values).toEqual({ nodeComponentOnly: true, node: { region: "us-east-2", tolerateAllTaints: true } });
        expect(checkChartValues("values", release("aws-fsx-csi-driver"), values)).toEqual([]);
        expect(run.ofType("kubernetes:core/v1:PersistentVolume")[0]?.dependencies).toContain("ckpt-fsx-csi");
    });

    it("makes service accounts in namespaces that exist, after the role that they take", async () => {
        const run = await evaluate(() => {
            const storage = new CheckpointStorage("s3", {
                cluster,
                writers: [{ namespace: "pretrain", serviceAccount: "training" }],
            });
            return new CheckpointVolumes("ckpt", { place: storage.place });
        });
        const account = run.named("ckpt-pretrain-training");
        expect(account.inputs).toMatchObject({
            metadata: { name: "training", namespace: "pretrain" },
            automountServiceAccountToken: false,
        });
        expect(account.dependencies).toContain("s3-pretrain-training");
        expect(run.ofType("kubernetes:helm.sh/v3:Release")).toEqual([]);
        const [mount] = run.result.mounts.mounts;
        expect(mount?.claim).toBeUndefined();
        expect(await valueOf(mount?.readyServiceAccount)).toBe("training");
    });

    it.each([
        [
            { place: { ...place, folders: [{ ...folder("a"), serviceAccount: "default" }] } },
            "place.folders[0].serviceAccount",
        ],
        [{ place, values: { nodes: {} } }, "values.nodes"],
        [{ place, chartMirror: "./charts" }, "chartMirror"],
    ])("refuses a mistake before anything is registered", async (wrong, path) => {
        expect(checkCheckpointVolumes(wrong).map((problem) => problem.path)).toEqual([path]);
        const run = await evaluate(() => messageOf(() => new CheckpointVolumes("ckpt", wrong)));
        expect(run.result).toContain(`CheckpointVolumes "ckpt": ${path}: got`);
        expect(run.resources).toEqual([]);
    });
});

describe("protection", () => {
    it("covers bucket and file system, and can be taken away", async () => {
        const made = (protect?: boolean) =>
            evaluate(
                () =>
                    new CheckpointStorage("s3", {
                        cluster,
                        writers: [{ namespace: "pretrain", serviceAccount: "training" }],
                        lustre: { capacityGib: 1200, throughputPerTib: 125 },
                        protect,
                    }),
            );
        const held = (run: Awaited<ReturnType<typeof made>>) =>
            run.custom.filter((each) => each.protect).map((each) => each.type);
        expect(held(await made()).sort()).toEqual([
            "aws:fsx/lustreFileSystem:LustreFileSystem",
            "aws:s3/bucket:Bucket",
        ]);
        expect(held(await made(false))).toEqual([]);
    });
});
