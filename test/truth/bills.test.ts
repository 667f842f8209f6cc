/** Bills of materials against CycloneDX's own JSON schema, strictly, by the validator of its own library; package URLs by their own parser. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { environmentBill, packageBill, type BillOfMaterials } from "../../cli/lock/bill-of-materials";
import { lockOf } from "../../cli/lock/lock";
import { plan } from "../../cli/plan/plan";
import { readProject } from "../../cli/plan/project";
import { installed } from "../support/npm-packages";
import packages from "./cyclonedx-packages.json";
import { names } from "./planned";

interface CycloneDx {
    Spec: { Version: { v1dot6: string } };
    Validation: { JsonStrictValidator: new (version: string) => { validate(data: string): Promise<unknown> } };
}

let validate: (bill: unknown) => Promise<unknown>;
let parsePurl: (purl: string) => { type: string; name: string; version?: string };
const bills = new Map<string, BillOfMaterials>();

beforeAll(async () => {
    const require = createRequire(join(installed(packages), "package.json"));
    const { Spec, Validation } = require("@cyclonedx/cyclonedx-library") as CycloneDx;
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    validate = (bill) => validator.validate(JSON.stringify(bill));
    const { PackageURL } = require("packageurl-js") as { PackageURL: { fromString: typeof parsePurl } };
    parsePurl = (purl) => PackageURL.fromString(purl);
    const project = readProject(join(__dirname, "../.."));
    bills.set("the package", packageBill());
    for (const name of names) {
        bills.set(name, environmentBill(lockOf(await plan(project, name))));
    }
});

const subjects = ["the package", ...names];

function billOf(subject: string): BillOfMaterials {
    const bill = bills.get(subject);
    if (bill === undefined) {
        throw new Error(`no bill of ${subject}`);
    }
    return bill;
}

describe("bills of materials", () => {
    it.each(subjects)("of %s are valid CycloneDX 1.6", async (subject) => {
        expect(await validate(billOf(subject))).toBeNull();
    });

    it.each(subjects)("of %s name every component by a package URL that parses, where they give one", (subject) => {
        const purls = billOf(subject).components.flatMap(({ purl, version }) =>
            purl === undefined ? [] : [{ purl, version }],
        );
        expect(purls.length).toBeGreaterThan(0);
        for (const { purl, version } of purls) {
            const parsed = parsePurl(purl);
            expect(["npm", "helm", "oci"]).toContain(parsed.type);
            // A tag is no version of an image: only a digest is.
            expect(parsed.version ?? "sha256:", purl).toBe(
                parsed.type === "oci" && !version.startsWith("sha256:") ? "sha256:" : version,
            );
        }
    });

    it.each(subjects)(
        "of %s depend on nothing that they do not list, and list nothing that nobody needs",
        (subject) => {
            const bill = billOf(subject);
            const root = bill.metadata.component["bom-ref"];
            const listed = bill.components.map((component) => component["bom-ref"]);
            expect(bill.dependencies.map(({ ref }) => ref).sort()).toEqual([root, ...listed].sort());
            const needs = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
            const reached = new Set<string>();
            const open = [root];
            for (let next = open.pop(); next !== undefined; next = open.pop()) {
                if (!reached.has(next)) {
                    reached.add(next);
                    open.push(...(needs.get(next) ?? []));
                }
            }
            expect([...reached].sort()).toEqual([root, ...listed].sort());
        },
    );

    it.each([
        ["a field that CycloneDX has not", (bill: BillOfMaterials) => ({ ...bill, generated: "today" })],
        [
            "a kind of component that it has not",
            (bill: BillOfMaterials) => ({ ...bill, components: [{ ...bill.components[0], type: "chart" }] }),
        ],
        [
            "a licence that SPDX has not",
            (bill: BillOfMaterials) => ({
                ...bill,
                components: [{ ...bill.components[0], licenses: [{ license: { id: "Apache 2" } }] }],
            }),
        ],
    ])("would not pass with %s", async (_what, spoil) => {
        expect(await validate(spoil(billOf("the package")))).not.toBeNull();
    });
});
