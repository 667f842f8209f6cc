// The recorder itself: if it lost an option or a secret, every component test above it would prove less than it says.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { UNKNOWN, evaluate, isSecret, valueOf } from "./mocks";

class Box extends pulumi.ComponentResource {
    readonly arn: pulumi.Output<string>;

    constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
        super("test:index:Box", name, { size: 2 }, opts);
        const first = new Thing(`${name}-first`, { size: 1 }, { parent: this });
        new Thing(
            `${name}-second`,
            { size: 2, from: first.arn, password: pulumi.secret("hush") },
            { parent: this, ignoreChanges: ["size"], protect: true, customTimeouts: { create: "5m" } },
        );
        this.arn = first.arn;
        this.registerOutputs({ arn: this.arn });
    }
}

class Thing extends pulumi.CustomResource {
    declare readonly arn: pulumi.Output<string>;

    constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
        super("aws:test/thing:Thing", name, { arn: undefined, ...args }, opts);
    }
}

describe("evaluate", () => {
    it("records children with parents, options, dependencies and secrets", async () => {
        const run = await evaluate(() => new Box("box"));
        expect(run.inventory()).toEqual(["aws:test/thing:Thing box-first", "aws:test/thing:Thing box-second"]);
        const second = run.named("box-second");
        expect(second).toMatchObject({
            parentName: "box",
            protect: true,
            ignoreChanges: ["size"],
            customTimeouts: { create: "5m" },
            dependencies: ["box-first"],
            propertyDependencies: { from: ["box-first"] },
            secretInputs: ["password"],
            inputs: { size: 2, password: "hush", from: "arn:aws:mock:::Thing/box-first" },
        });
        expect(await valueOf(run.result.arn)).toBe("arn:aws:mock:::Thing/box-first");
        expect(await isSecret(run.result.arn)).toBe(false);
    });

    it("leaves computed values unknown in a preview", async () => {
        const run = await evaluate(() => new Box("box"), { preview: true });
        expect(run.named("box-second").inputs["from"]).toBe(UNKNOWN);
        expect(await valueOf(run.result.arn)).toBeUndefined();
    });

    it("names what is registered when a name is missing", async () => {
        const run = await evaluate(() => new Box("box"));
        expect(() => run.named("bax")).toThrow(/0 resources are named bax[\s\S]*test:index:Box box/);
    });
});
