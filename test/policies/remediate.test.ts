// Rules that mend: what they add, through the plan and through the policy SDK, and what they leave alone.
import { unknownCheckingProxy, type ResourceValidationArgs } from "@pulumi/policy";
import { describe, expect, it } from "vitest";
import { checkPolicies } from "../../cli/plan/check-policies";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { rules } from "../../policies/rules";
import type { ResourceRule } from "../../policies/rule";
import { UNKNOWN } from "../mutants/names";
import { apply, program, set, type Edit } from "./program";

const throwing = unknownCheckingProxy as unknown as (props: object) => { [key: string]: unknown };
const mending = rules.filter((rule): rule is ResourceRule => "appliesTo" in rule && rule.add !== undefined);
const cluster = "Cluster#train-eks-cluster";
const key = "Key#train-eks-key";
const ALL = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

async function changed(edit: Edit): Promise<RegisteredResource[]> {
    return apply(await program("prod"), [edit]);
}

function found(resources: RegisteredResource[], rule: string, level: string): { level: string; message: string }[] {
    return checkPolicies(resources, rules, { [rule]: { level, settings: {} } })
        .filter(({ policy }) => policy === rule)
        .map(({ level: shown, message }) => ({ level: shown, message }));
}

/** What the SDK would send back to the engine; undefined where the rule mends nothing. */
async function bySdk(rule: string, inputs: object, type: string): Promise<unknown> {
    const args = {
        type,
        name: "x",
        urn: "urn",
        props: throwing(inputs),
        opts: { protect: false },
        getConfig: () => ({}),
    };
    const mended: unknown = await mending
        .find(({ name }) => name === rule)
        ?.remediateResource?.(args as unknown as ResourceValidationArgs);
    return mended === undefined ? undefined : inputs;
}

describe("rules that mend", () => {
    it("are these two", () => {
        expect(mending.map(({ name }) => name).sort()).toEqual(["cluster-logs-are-complete", "keys-rotate"]);
    });

    it.each([
        ["cluster-logs-are-complete", set(cluster, ["enabledClusterLogTypes"], ["audit"]), "enabledClusterLogTypes"],
        ["cluster-logs-are-complete", set(cluster, ["enabledClusterLogTypes"], undefined), "enabledClusterLogTypes"],
        ["keys-rotate", set(key, ["enableKeyRotation"], undefined), "enableKeyRotation"],
    ])("%s stops a plan by itself, and only says what it adds at the level remediate", async (rule, edit, input) => {
        const resources = await changed(edit);
        const [stopped] = found(resources, rule, "mandatory");
        expect(stopped?.level).toBe("mandatory");
        expect(found(resources, rule, "remediate")).toEqual([
            { level: "advisory", message: `${stopped?.message ?? ""} Remediated: the engine sets ${input}.` },
        ]);
    });

    it("does not change what somebody wrote: that stays a violation", async () => {
        const resources = await changed(set(key, ["enableKeyRotation"], false));
        expect(found(resources, "keys-rotate", "remediate").map(({ level }) => level)).toEqual(["mandatory"]);
    });

    it("adds through the SDK beside values that are unknown at preview, and keeps these", async () => {
        expect(
            await bySdk(
                "cluster-logs-are-complete",
                { roleArn: UNKNOWN, enabledClusterLogTypes: ["audit"] },
                "aws:eks/cluster:Cluster",
            ),
        ).toEqual({ roleArn: UNKNOWN, enabledClusterLogTypes: ["audit", ...ALL.filter((type) => type !== "audit")] });
        expect(await bySdk("keys-rotate", { policy: UNKNOWN }, "aws:kms/key:Key")).toEqual({
            policy: UNKNOWN,
            enableKeyRotation: true,
        });
    });

    it.each([
        ["keys-rotate", { enableKeyRotation: true }, "aws:kms/key:Key"],
        ["keys-rotate", { enableKeyRotation: UNKNOWN }, "aws:kms/key:Key"],
        ["keys-rotate", { customerMasterKeySpec: "RSA_4096" }, "aws:kms/key:Key"],
        ["keys-rotate", { customerMasterKeySpec: UNKNOWN }, "aws:kms/key:Key"],
        ["keys-rotate", {}, "aws:s3/bucket:Bucket"],
        ["cluster-logs-are-complete", { enabledClusterLogTypes: ALL }, "aws:eks/cluster:Cluster"],
        ["cluster-logs-are-complete", { enabledClusterLogTypes: UNKNOWN }, "aws:eks/cluster:Cluster"],
        ["cluster-logs-are-complete", { enabledClusterLogTypes: [UNKNOWN] }, "aws:eks/cluster:Cluster"],
    ])("%s adds nothing to %j of %s", async (rule, inputs, type) => {
        expect(await bySdk(rule, inputs, type)).toBeUndefined();
    });
});
