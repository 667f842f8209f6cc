/** Which plugins a program needs, as its node_modules say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { programDependencies, requiredPlugins } from "../../../twin/language-host/packages";
import { nodeArguments, runtimeConfigKey, typescriptEnvironment } from "../../../twin/language-host/run-program";

let root: string;

function install(folder: string, name: string, manifest: object): void {
    const path = join(folder, "node_modules", name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), JSON.stringify({ name, ...manifest }));
}

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kilogpu-packages-"));
});

afterEach(() => {
    rmSync(root, { recursive: true, force: true });
});

describe("packages of a program", () => {
    it("finds resource packages, the nearest version first, and nothing else", () => {
        const inner = join(root, "stacks");
        install(root, "@pulumi/aws", { version: "6.0.0", pulumi: { resource: true, name: "aws" } });
        install(root, "lodash", { version: "4.0.0" });
        install(inner, "@pulumi/aws", { version: "7.1.0", pulumi: { resource: true, name: "aws", version: "7.1.0" } });
        // Folders above the temporary one may hold packages too.
        const found = requiredPlugins(inner).filter(({ name }) => name === "aws" || name === "lodash");
        expect(found).toEqual([{ name: "aws", version: "v7.1.0", server: "" }]);
    });

    it("lists direct dependencies with what is installed", () => {
        writeFileSync(join(root, "package.json"), JSON.stringify({ dependencies: { lodash: "^4", missing: "1" } }));
        install(root, "lodash", { version: "4.17.0" });
        install(root, "other", { version: "1.0.0" });
        expect(programDependencies(root, false)).toEqual([{ name: "lodash", version: "4.17.0" }]);
        expect(programDependencies(root, true)).toContainEqual({ name: "other", version: "1.0.0" });
    });
});

describe("what the runner is given", () => {
    it("has configuration keys as the SDK reads them", () => {
        expect(runtimeConfigKey("aws:region")).toBe("aws:config:region");
        expect(runtimeConfigKey("aws:config:region")).toBe("aws:config:region");
    });

    it("takes the options of Pulumi.yaml", () => {
        expect(typescriptEnvironment({ tsconfig: "../tsconfig.json" })).toEqual({
            PULUMI_NODEJS_TYPESCRIPT: "true",
            PULUMI_NODEJS_TSCONFIG_PATH: "../tsconfig.json",
        });
        expect(typescriptEnvironment({ typescript: false })).toEqual({ PULUMI_NODEJS_TYPESCRIPT: "false" });
        expect(nodeArguments({ nodeargs: "--max-old-space-size=4096  --trace-warnings" })).toHaveLength(2);
    });
});
