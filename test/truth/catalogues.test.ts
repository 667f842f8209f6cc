/** The coverage table of docs/policies.md against the lists themselves, read out of the pinned packages of cdk-nag and kube-bench. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import catalogues from "../policies/catalogues.json";
import { cisCoverage } from "../policies/coverage-cis";
import { nagCoverage } from "../policies/coverage-nag";
import { goModule } from "../support/go-modules";
import { packageText } from "../support/npm-packages";

const twice = (ids: readonly string[]): string[] => ids.filter((id, index) => ids.indexOf(id) !== index);

describe("cdk-nag", () => {
    const { version, services } = catalogues["cdk-nag"];
    /** Names of rules with their ids in AwsSolutions, where they have one: `EKSClusterControlPlaneLogs:EKS2`. */
    let asked: string[] = [];
    let names: string[] = [];

    beforeAll(() => {
        const lib = join(packageText("cdk-nag", version), "lib");
        names = services.flatMap((service) =>
            readdirSync(join(lib, "rules", service))
                .filter((file) => file.endsWith(".js") && file !== "index.js")
                .map((file) => file.slice(0, -".js".length)),
        );
        const pack = readFileSync(join(lib, "packs/aws-solutions.js"), "utf8");
        const suffixes = new Map(
            [...pack.matchAll(/this\.applyRule\(\{([\s\S]*?)\}\);/g)].map(([, call = ""]) => [
                /rule: \w+\.(\w+)/.exec(call)?.[1] ?? "",
                /ruleSuffixOverride: '(\w+)'/.exec(call)?.[1] ?? "",
            ]),
        );
        asked = names.map((name) => (suffixes.has(name) ? `${name}:${suffixes.get(name) ?? ""}` : name));
    });

    it("has what this test reads", () => {
        expect(names.length).toBeGreaterThan(40);
        expect(asked).toContain("EKSClusterControlPlaneLogs:EKS2");
        expect(asked).toContain("EC2IMDSv2Enabled");
    });

    it("is answered rule by rule, in every pack, and asks for nothing else", () => {
        const answered = nagCoverage.flatMap(({ ids }) => ids);
        expect(answered.sort()).toEqual(asked.sort());
        expect(twice(answered)).toEqual([]);
    });
});

describe("CIS Amazon EKS Benchmark", () => {
    const { module, version, benchmark } = catalogues["kube-bench"];
    let asked: string[] = [];
    let editions: string[] = [];

    beforeAll(() => {
        const folder = join(goModule(module, version), "cfg");
        editions = readdirSync(folder).filter((name) => /^eks-\d/.test(name));
        asked = readdirSync(join(folder, benchmark)).flatMap((file) => {
            const page = parse(readFileSync(join(folder, benchmark, file), "utf8")) as {
                groups?: { checks?: { id: string }[] }[];
            };
            return (page.groups ?? []).flatMap(({ checks }) => (checks ?? []).map(({ id }) => id));
        });
    });

    it("is the newest edition that the pinned kube-bench has", () => {
        const newest = editions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
        expect(benchmark).toBe(newest);
    });

    it("is answered recommendation by recommendation, and asks for nothing else", () => {
        expect(asked.length).toBeGreaterThan(40);
        const answered = cisCoverage.flatMap(({ ids }) => ids);
        expect(answered.sort()).toEqual(asked.sort());
        expect(twice(answered)).toEqual([]);
    });
});
