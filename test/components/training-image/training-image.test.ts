import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { release } from "../../../catalog/releases";
import {
    TrainingImage,
    buildPolicy,
    buildSpec,
    checkTrainingImage,
    contentTag,
    dockerfile,
    startBuild,
} from "../../../components/training-image";
import { FabricKind } from "../../../components/fabric";
import { evaluate, messageOf, valueOf } from "../../support/mocks";

const contents = { fabric: FabricKind.Efa, packages: ["wandb==0.22.0"], ncclTests: true };
const args = { fabric: FabricKind.Efa, kmsKeyArn: "arn:aws:kms:us-east-2:111122223333:key/k" };

describe("dockerfile", () => {
    it.each(Object.values(FabricKind))(
        "for %s is pinned, unprivileged and leaves no package lists behind",
        (fabric) => {
            const text = dockerfile({ ...contents, fabric });
            const bases = text.split("\n").filter((line) => line.startsWith("FROM "));
            expect(bases).toHaveLength(2);
            for (const base of bases) {
                expect(base).toMatch(/:[^\s@]*\d/);
                expect(base).not.toContain("latest");
            }
            expect(bases[1]).toMatch(/@sha256:[0-9a-f]{64}$/);
            expect(/^USER (.*)$/m.exec(text)?.[1]).toBe("1000:1000");
            const installs = text.match(/apt-get install/g)?.length ?? 0;
            expect(text.match(/--no-install-recommends/g) ?? []).toHaveLength(installs);
            expect(text.match(/rm -rf [^\n]*\/var\/lib\/apt\/lists/g) ?? []).toHaveLength(installs);
            expect(text).not.toMatch(/^ADD |sudo|curl [^\n]*\| *(ba)?sh/m);
        },
    );

    it("brings what the network needs, and no more", () => {
        const installer = release("efa-installer").location;
        expect(dockerfile(contents)).toContain(installer);
        expect(dockerfile(contents)).toContain("--skip-kmod");
        expect(dockerfile(contents)).toContain("/opt/amazon/ofi-nccl/lib");
        expect(dockerfile({ ...contents, fabric: FabricKind.Roce })).toContain("libibverbs1");
        const tcp = dockerfile({ fabric: FabricKind.Tcp, packages: [], ncclTests: false });
        expect(tcp).not.toMatch(/amazon|ibverbs|apt-get|pip install/);
    });

    it("has a tag that changes with its content only", () => {
        expect(contentTag(dockerfile(contents))).toBe(contentTag(dockerfile({ ...contents })));
        const others = [{ ncclTests: false }, { fabric: FabricKind.Tcp }, { packages: ["wandb==0.22.1"] }];
        const tags = others.map((other) => contentTag(dockerfile({ ...contents, ...other })));
        expect(new Set([contentTag(dockerfile(contents)), ...tags]).size).toBe(4);
    });
});

describe("buildSpec", () => {
    const spec = JSON.parse(buildSpec({ dockerfile: dockerfile(contents), tag: "c-1" })) as {
        phases: { build: { commands: string[] } };
    };
    const script = spec.phases.build.commands.join("\n");

    it("is shell that parses, and carries the Dockerfile whole", () => {
        execFileSync("bash", ["-n"], { input: script });
        execFileSync("sh", ["-n"], { input: startBuild });
        const encoded = /printf %s (\S+) \|/.exec(script)?.[1] ?? "";
        expect(Buffer.from(encoded, "base64").toString("utf8")).toBe(dockerfile(contents));
    });

    it("builds nothing that is there already", () => {
        expect(script.indexOf("imageTag=c-1")).toBeGreaterThan(0);
        expect(script.indexOf("imageTag=c-1")).toBeLessThan(script.indexOf("docker build"));
    });
});

describe("TrainingImage", () => {
    it("keeps images immutable, scanned and encrypted, and rebuilds by content", async () => {
        const run = await evaluate(() => new TrainingImage("image", args), {
            computed: (type) =>
                type === "command:local:Command"
                    ? { stdout: "sha256:ab\n" }
                    : type === "aws:ecr/repository:Repository"
                      ? { repositoryUrl: "111122223333.dkr.ecr.us-east-2.amazonaws.com/image" }
                      : {},
        });
        expect(run.named("image-repository").inputs).toMatchObject({
            imageTagMutability: "IMMUTABLE",
            imageScanningConfiguration: { scanOnPush: true },
            encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.kmsKeyArn }],
        });
        // The policy pack would stop a stack with a log group in the clear.
        expect(run.ofType("aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs["kmsKeyId"])).toEqual([
            args.kmsKeyArn,
        ]);
        const [build] = run.ofType("command:local:Command");
        expect(build?.dependencies).toContain("image-build-policy");
        expect(build?.inputs["triggers"]).toEqual([run.result.tag]);
        expect(await valueOf(run.result.reference)).toBe(
            "111122223333.dkr.ecr.us-east-2.amazonaws.com/image@sha256:ab",
        );
        expect(run.custom.every((resource) => resource.parentName === "image")).toBe(true);
    });

    it("lets the build reach its repository, its log and its key", () => {
        const { Statement } = buildPolicy("repo", "log", "key") as {
            Statement: { Sid: string; Action: string | string[]; Resource: string }[];
        };
        expect(Statement.filter((each) => each.Resource === "*").map((each) => each.Action)).toEqual([
            "ecr:GetAuthorizationToken",
        ]);
        expect(JSON.stringify(Statement.map((each) => each.Action))).not.toContain("*");
    });

    it.each([
        [{ repository: "Training" }, "repository"],
        [{ fabric: "eafa" as FabricKind }, "fabric"],
        [{ packages: ["wandb"] }, "packages[0]"],
        [{ packages: ["a==1", "b==1'; curl evil"] }, "packages[1]"],
        [{ keepImages: 0 }, "keepImages"],
    ])("refuses %j before anything is registered", async (wrong, path) => {
        expect(checkTrainingImage("image", { ...args, ...wrong }).map((problem) => problem.path)).toEqual([path]);
        const run = await evaluate(() => messageOf(() => new TrainingImage("image", { ...args, ...wrong })));
        expect(run.result).toContain(`TrainingImage "image": ${path}: got`);
        expect(run.resources).toEqual([]);
    });
});
