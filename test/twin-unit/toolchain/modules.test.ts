import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kubernetesMinors, versionFor } from "../../../catalog/releases";
import { recipeFor } from "../../../twin/toolchain/recipes";
import { ToolName } from "../../../twin/toolchain/types";
import { pinnedVersion, UnknownMinorError } from "../../../twin/toolchain/versions";
import { deriveGoMod, requiredVersion } from "../../../twin/toolchain/wrapper";

const folder = join(__dirname, "..", "..", "..", "twin", "toolchain", "modules");
const shippedMinor = "1.35";

describe("the wrapper modules", () => {
    it.each(Object.values(ToolName))("%s is required at the version of the release catalogue", (tool) => {
        const { build } = recipeFor(tool);
        const goMod = readFileSync(join(folder, build.wrapper, "go.mod"), "utf8");
        expect(requiredVersion(goMod, build.module)).toBe(pinnedVersion(tool, shippedMinor));
    });

    it.each(Object.values(ToolName))("%s is imported, so that its dependencies stay in go.sum", (tool) => {
        const { build } = recipeFor(tool);
        expect(readFileSync(join(folder, build.wrapper, "tools.go"), "utf8")).toContain(`_ "${build.package}"`);
    });

    it("no wrapper points at a folder of the machine", () => {
        for (const tool of Object.values(ToolName)) {
            const goMod = readFileSync(join(folder, recipeFor(tool).build.wrapper, "go.mod"), "utf8");
            expect(goMod).not.toMatch(/=> \.{0,2}\//);
        }
    });
});

describe("Kubernetes of another minor", () => {
    it("is the patch release that the catalogue names for it", () => {
        for (const minor of kubernetesMinors()) {
            expect(pinnedVersion(ToolName.ApiServer, minor)).toBe(versionFor("kubernetes", minor));
        }
    });

    it("is refused with the minors that there are", () => {
        expect(() => pinnedVersion(ToolName.ApiServer, "1.12")).toThrow(UnknownMinorError);
        expect(() => pinnedVersion(ToolName.ApiServer, "1.12")).toThrow(/got 1\.12; the twin runs .*1\.35/);
    });

    it("turns the staging folders of a release into its published modules", () => {
        const released = [
            "// generated",
            "module k8s.io/kubernetes",
            "",
            "go 1.25.0",
            "require k8s.io/api v0.0.0",
            "replace (",
            "\tk8s.io/api => ./staging/src/k8s.io/api",
            "\tk8s.io/mount-utils => ./staging/src/k8s.io/mount-utils",
            ")",
        ].join("\n");
        const derived = deriveGoMod(released, "v1.34.9");
        expect(derived).toMatch(/^module kilogpu\.twin\/kubernetes$/m);
        expect(derived).toContain("\tk8s.io/api => k8s.io/api v0.34.9\n");
        expect(derived).toContain("\tk8s.io/mount-utils => k8s.io/mount-utils v0.34.9\n");
        expect(derived).not.toContain("staging");
        expect(requiredVersion(derived, "k8s.io/kubernetes")).toBe("v1.34.9");
    });
});

describe("version stamps", () => {
    it("name the API server's version and its parts, which Kueue reads at start", () => {
        const { stamps } = recipeFor(ToolName.ApiServer).build;
        const stamped = stamps("v1.35.4", "2026-04-15T18:01:22Z");
        expect(stamped).toMatchObject({
            "k8s.io/component-base/version.gitVersion": "v1.35.4",
            "k8s.io/component-base/version.gitMajor": "1",
            "k8s.io/component-base/version.gitMinor": "35",
            "k8s.io/component-base/version.buildDate": "2026-04-15T18:01:22Z",
        });
        // go takes all of them as one argument, split at spaces.
        expect(Object.values(stamped).every((value) => !/\s/.test(value))).toBe(true);
    });
});
