/** Which commands a simulated host runs: nothing that could leave its folder. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostScript, launcher } from "../../../components/bare-metal";
import { scriptHashes } from "../../../components/bare-metal/scripts";
import { commandOf } from "../../../twin/bare-metal/session";

const scripts = scriptHashes();
const tuning = hostScript("tuning");

describe("a simulated host", () => {
    it("runs the package's own steps, with any settings, as root and by sudo", () => {
        fc.assert(
            fc.property(
                fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/), fc.string()),
                fc.constantFrom("root", "ops"),
                fc.constantFrom("apply", "check", "reset"),
                (settings, user, mode) => {
                    expect(commandOf(launcher(tuning, mode, settings, user), scripts)).toEqual({
                        kind: "step",
                        sha256: tuning.sha256,
                    });
                },
            ),
        );
    });

    it("reads a file of its own", () => {
        expect(commandOf("sudo -n cat /etc/rancher/rke2/rke2.yaml", scripts)).toEqual({
            kind: "read",
            path: "/etc/rancher/rke2/rke2.yaml",
        });
    });

    it.each([
        ["another command", "rm -rf /"],
        ["a command behind a known one", "true; rm -rf /"],
        ["a path out of its root", "cat /etc/../../secret"],
        ["two files", "cat /etc/hosts /etc/passwd"],
        ["a script of another release", launcher({ ...tuning, sha256: "0".repeat(64) }, "apply", {}, "root")],
        ["a launcher with a line more", `${launcher(tuning, "apply", {}, "root")}\nrm -rf /`],
        [
            "a launcher without its hash check",
            launcher(tuning, "apply", {}, "root").replace(/^printf '%s {2}%s.*$/m, ""),
        ],
        ["a setting that leaves its quotes", launcher(tuning, "apply", {}, "root").replace("env ", "env A=$(id) ")],
    ])("refuses %s", (_, command) => {
        expect(commandOf(command, scripts).kind).toBe("refused");
    });
});
