import { describe, expect, it } from "vitest";
import { CheckpointStorage, checkCheckpointStorage } from "../../../components/checkpoint-storage";
import type { CheckpointStorageArgs } from "../../../components/checkpoint-storage";
import { sentence } from "../../../components/input";
import { cluster } from "../../support/cluster";
import { evaluate, messageOf, valueOf } from "../../support/mocks";

const args: CheckpointStorageArgs = {
    cluster,
    writers: [
        { namespace: "team-pretrain", serviceAccount: "trainer" },
        { namespace: "team-research", serviceAccount: "trainer", prefix: "research/runs" },
    ],
};
const lustre = { capacityGib: 4800, throughputPerTib: 1000, efa: true, clientSecurityGroupIds: ["sg-efa"] };
const computed = {
    computed: (type: string) => (type === "aws:s3/bucket:Bucket" ? { bucket: "checkpoints-1a2b" } : {}),
};

interface Policy {
    Statement: { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown }[];
}

describe("CheckpointStorage", () => {
    it("creates exactly these resources, all its own children", async () => {
        const run = await evaluate(() => new CheckpointStorage("ckpt", args), computed);
        expect(run.inventory()).toEqual([
            ...["ckpt-team-pretrain-trainer", "ckpt-team-research-trainer"].map(
                (name) => `aws:eks/podIdentityAssociation:PodIdentityAssociation ${name}`,
            ),
            "aws:iam/role:Role ckpt-team-pretrain-trainer",
            "aws:iam/role:Role ckpt-team-research-trainer",
            "aws:iam/rolePolicy:RolePolicy ckpt-team-pretrain-trainer",
            "aws:iam/rolePolicy:RolePolicy ckpt-team-research-trainer",
            "aws:s3/bucket:Bucket ckpt-bucket",
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration ckpt-lifecycle",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls ckpt-ownership",
            "aws:s3/bucketPolicy:BucketPolicy ckpt-tls",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ckpt-private",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration ckpt-encryption",
            "aws:s3/bucketVersioning:BucketVersioning ckpt-versions",
        ]);
        expect(run.custom.every((resource) => resource.parentName === "ckpt")).toBe(true);
    });

    it("keeps the bucket private, encrypted, versioned and off plain HTTP", async () => {
        const run = await evaluate(() => new CheckpointStorage("ckpt", args), computed);
        expect(run.named("ckpt-private").inputs).toMatchObject({
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
            restrictPublicBuckets: true,
        });
        expect(run.named("ckpt-encryption").inputs["rules"]).toEqual([
            {
                applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: cluster.kmsKeyArn },
                bucketKeyEnabled: true,
            },
        ]);
        expect(run.named("ckpt-versions").inputs["versioningConfiguration"]).toEqual({ status: "Enabled" });
        const policy = JSON.parse(String(run.named("ckpt-tls").inputs["policy"])) as Policy;
        expect(policy.Statement).toEqual([
            expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]);
    });

    it("lets each service account into its own prefix, without a wildcard action", async () => {
        const run = await evaluate(() => new CheckpointStorage("ckpt", args), computed);
        const policy = JSON.parse(
            String(run.named("ckpt-team-research-trainer", "aws:iam/rolePolicy:RolePolicy").inputs["policy"]),
        ) as Policy;
        expect(policy.Statement.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
        expect(policy.Statement.map(({ Resource }) => Resource)).toEqual([
            "arn:aws:mock:::Bucket/ckpt-bucket",
            "arn:aws:mock:::Bucket/ckpt-bucket/research/runs/*",
            cluster.kmsKeyArn,
        ]);
        const association = run.named(
            "ckpt-team-research-trainer",
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        );
        expect(association.inputs).toMatchObject({
            clusterName: "train-test",
            namespace: "team-research",
            serviceAccount: "trainer",
        });
        // Nobody may write before the bucket is what it promises to be.
        expect(association.dependencies).toEqual(
            expect.arrayContaining(["ckpt-encryption", "ckpt-private", "ckpt-tls", "ckpt-versions"]),
        );
    });

    it("tells jobs where to write", async () => {
        const run = await evaluate(() => new CheckpointStorage("ckpt", args), computed);
        const { place } = run.result;
        expect(place.folders.map(({ namespace, prefix }) => [namespace, prefix])).toEqual([
            ["team-pretrain", "team-pretrain/"],
            ["team-research", "research/runs/"],
        ]);
        expect(await valueOf(place.folders[1]?.url ?? "")).toBe("s3://checkpoints-1a2b/research/runs/");
        expect(place.lustre).toBeUndefined();
    });

    it("clears away what is left over, and old checkpoints on request", async () => {
        const idsOf = async (change: Partial<CheckpointStorageArgs>) => {
            const run = await evaluate(() => new CheckpointStorage("ckpt", { ...args, ...change }), computed);
            return run.named("ckpt-lifecycle").inputs["rules"] as { id: string; expiration?: unknown }[];
        };
        expect((await idsOf({})).map(({ id }) => id)).toEqual(["abort-unfinished-uploads", "forget-overwritten"]);
        const rules = await idsOf({ expireAfterDays: 90, recoveryDays: 14 });
        expect(rules[1]).toMatchObject({ noncurrentVersionExpiration: { noncurrentDays: 14 } });
        expect(rules[2]).toMatchObject({ id: "expire-old-checkpoints", expiration: { days: 90 } });
    });

    it("puts Lustre beside the GPUs, reachable over EFA by its clients alone", async () => {
        const run = await evaluate(() => new CheckpointStorage("ckpt", { ...args, lustre }), computed);
        expect(run.named("ckpt-lustre", "aws:fsx/lustreFileSystem:LustreFileSystem").inputs).toMatchObject({
            deploymentType: "PERSISTENT_2",
            storageCapacity: 4800,
            perUnitStorageThroughput: 1000,
            efaEnabled: true,
            metadataConfiguration: { mode: "AUTOMATIC" },
            kmsKeyId: cluster.kmsKeyArn,
            subnetIds: "subnet-b",
            securityGroupIds: ["ckpt-lustre-id"],
        });
        const pairs = (direction: "Ingress" | "Egress") =>
            run
                .ofType(`aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`)
                .map(({ inputs }) =>
                    [inputs["securityGroupId"], inputs["referencedSecurityGroupId"], inputs["ipProtocol"]].join(" "),
                )
                .sort();
        // EFA needs a rule that names the other group, on both sides and in both directions.
        const expected = [
            "ckpt-lustre-id ckpt-lustre-id -1",
            "ckpt-lustre-id sg-cluster -1",
            "ckpt-lustre-id sg-efa -1",
            "sg-efa ckpt-lustre-id -1",
        ];
        expect(pairs("Ingress")).toEqual(expected);
        expect(pairs("Egress")).toEqual(expected);
        expect(run.result.place.lustre).toMatchObject({ capacityGib: 4800, throughputMBs: 4687, efa: true });
    });

    it("opens Lustre's own ports only where there is no EFA", async () => {
        const run = await evaluate(
            () => new CheckpointStorage("ckpt", { ...args, lustre: { capacityGib: 1200, throughputPerTib: 250 } }),
            computed,
        );
        expect(run.named("ckpt-lustre-client-0-0-in").inputs).toMatchObject({
            ipProtocol: "tcp",
            fromPort: 988,
            toPort: 988,
        });
        expect(run.named("ckpt-lustre-client-0-1-in").inputs).toMatchObject({ fromPort: 1018, toPort: 1023 });
    });

    it("registers the same children in a preview", async () => {
        const up = await evaluate(() => new CheckpointStorage("ckpt", { ...args, lustre }), computed);
        const preview = await evaluate(() => new CheckpointStorage("ckpt", { ...args, lustre }), { preview: true });
        expect(preview.inventory()).toEqual(up.inventory());
        expect(await valueOf(preview.result.place.folders[0]?.url ?? "")).toBeUndefined();
    });
});

describe("mistakes in checkpoint storage", () => {
    it.each<[string, Partial<CheckpointStorageArgs>, string, string]>([
        ["no writer", { writers: [] }, "writers", "nobody writes to"],
        [
            "a wildcard for a name",
            { writers: [{ namespace: "team-*", serviceAccount: "a" }] },
            "writers[0].namespace",
            "wildcard",
        ],
        [
            "a prefix with a wildcard",
            { writers: [{ namespace: "a", serviceAccount: "b", prefix: "*" }] },
            "writers[0].prefix",
            "without wildcards",
        ],
        [
            "a writer named twice",
            { writers: [1, 2].map(() => ({ namespace: "a", serviceAccount: "b" })) },
            "writers[1]",
            "one role",
        ],
        [
            "a prefix inside another team's",
            {
                writers: [
                    { namespace: "a", serviceAccount: "x" },
                    { namespace: "b", serviceAccount: "x", prefix: "a/b" },
                ],
            },
            "writers[1].prefix",
            "reaches everything below a/",
        ],
        [
            "an EFA file system too small",
            { lustre: { ...lustre, throughputPerTib: 125 } },
            "lustre.capacityGib",
            "Give 38400",
        ],
        [
            "a capacity that FSx has not",
            { lustre: { capacityGib: 3000, throughputPerTib: 250 } },
            "lustre.capacityGib",
            "Give 4800",
        ],
        [
            "a throughput that FSx has not",
            { lustre: { ...lustre, throughputPerTib: 200 } },
            "lustre.throughputPerTib",
            "125, 250, 500, 1000",
        ],
        ["no day of recovery", { recoveryDays: 0 }, "recoveryDays", "from 1 to 365"],
    ])("%s", (_title, change, path, words) => {
        const problems = checkCheckpointStorage({ ...args, ...change });
        expect(problems.map((problem) => problem.path)).toContain(path);
        expect(problems.map(sentence).join()).toContain(words);
    });

    it("are thrown before anything is registered", async () => {
        const run = await evaluate(() => messageOf(() => new CheckpointStorage("ckpt", { ...args, writers: [] })));
        expect(run.result).toContain('CheckpointStorage "ckpt": writers: got none');
        expect(run.resources).toEqual([]);
    });
});
