/** `kilogpu fabric check --ssh`: what is asked of whom, with pinned keys; the client alone is replaced, which answers as the devices would. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { FabricCheck } from "../../../cli/fabric/check";
import { kilogpu } from "./command";
import { inventory, inventoryFile, readings, repository } from "./site";

const key = (seed: string): string => `ssh-ed25519 ${Buffer.from(seed.padStart(32, "0")).toString("base64")}`;
let folder = "";
let fake = "";
let path: string | undefined;

/** Takes the pinned key, the target and the command from its arguments; gpu-005 refuses, gpu-006 sends a file of another host. */
const CLIENT = `#!/bin/bash
for word in "$@"; do
    case $word in
        UserKnownHostsFile=*) known=\${word#*=} ;;
        *@*) target=$word ;;
    esac
    command=$word
done
grep -q StrictHostKeyChecking=yes <<<"$*" && grep -q BatchMode=yes <<<"$*" || exit 9
printf '%s | %s | %s\\n' "$target" "$command" "$(cat "$known")" >>"$FAKE/log"
host=$(sed -n "s/.*sh -s -- '\\(.*\\)'/\\1/p" <<<"$command")
case $host in
    gpu-005) echo 'ops@10.0.0.5: Permission denied (publickey).' >&2; exit 255 ;;
    gpu-006) cat >/dev/null; mkdir -p "$FAKE/evil/hosts/gpu-007"; echo evil >"$FAKE/evil/hosts/gpu-007/sysfs.txt"; tar -c -C "$FAKE/evil" hosts ;;
    '') cat "$READINGS/switches/\${target#*@}".* ;;
    *) cat >"$FAKE/script"; tar -c -C "$READINGS" "hosts/$host" ;;
esac
`;

beforeAll(async () => {
    folder = await readings();
    fake = mkdtempSync(join(tmpdir(), "kilogpu-fake-ssh-"));
    mkdirSync(join(fake, "bin"));
    writeFileSync(join(fake, "bin", "ssh"), CLIENT);
    chmodSync(join(fake, "bin", "ssh"), 0o755);
    const leaves = readdirSync(join(folder, "switches")).map((file) => ({
        name: file.replace(/\.\w+$/, ""),
        // The fake finds its answer by the address.
        address: file.replace(/\.\w+$/, ""),
        hostKey: key(file),
        dialect: { yaml: "nvue", json: "sonic", conf: "eos" }[file.split(".").at(-1) ?? ""],
    }));
    writeFileSync(join(fake, "switches.yaml"), stringify(leaves));
    path = process.env["PATH"];
    process.env["PATH"] = `${join(fake, "bin")}${delimiter}${path ?? ""}`;
    process.env["FAKE"] = fake;
    process.env["READINGS"] = folder;
});
afterAll(() => {
    process.env["PATH"] = path;
    rmSync(fake, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
});

const words = ["fabric", "check", "onprem-roce", "--cwd", repository, "--switch", "SN5600", "--ssh", "--json"];

describe("fabric check --ssh", () => {
    it("asks every host and switch by its pinned key, and says of each that did not answer why", async () => {
        const kept = join(fake, "kept");
        const ran = await kilogpu(...words, "--switches", join(fake, "switches.yaml"), "--from", kept);
        const result = JSON.parse(ran.out) as FabricCheck;
        expect(result.disagreements).toEqual([]);
        expect(result.unread).toEqual([
            { path: "hosts/gpu-005", reason: "ops@10.0.0.5: Permission denied (publickey)." },
            { path: "hosts/gpu-006", reason: "answered with nothing that is a reading of its own" },
        ]);
        expect(ran.code).toBe(3);
        // A host can't write over another's readings.
        expect(readFileSync(join(kept, "hosts", "gpu-007", "sysfs.txt"), "utf8")).not.toContain("evil");
        expect(readFileSync(join(fake, "script"), "utf8")).toContain("Changes nothing.");

        const log = readFileSync(join(fake, "log"), "utf8").trim().split("\n");
        expect(log).toHaveLength(inventory.hosts.length + readdirSync(join(folder, "switches")).length);
        for (const { name, address, hostKey } of inventory.hosts) {
            expect(log).toContain(`ops@${address} | sudo -n sh -s -- '${name}' | ${address} ${hostKey ?? ""}`);
        }
        expect(log.find((line) => line.startsWith("admin@leaf-u1-r1 "))).toMatch(
            /\| (nv config show|show running\S* ?\w*) \| leaf-u1-r1 ssh-ed25519 /,
        );
    });

    it("refuses hosts and switches that nobody has identified", async () => {
        const without = join(fake, "inventory.yaml");
        writeFileSync(without, readFileSync(inventoryFile, "utf8").replace(/\n\s*hostKey: .*/, ""));
        const hosts = await kilogpu("fabric", "check", without, "--switch", "SN5600", "--ssh");
        expect(hosts).toMatchObject({
            code: 2,
            err: expect.stringMatching(/hosts\[0\]\.hostKey: got nothing/) as string,
        });
        const unnamed = join(fake, "unnamed.yaml");
        writeFileSync(unnamed, stringify([{ name: "leaf-u1-r1", address: "10.0.0.1", dialect: "nvu" }]));
        const switches = await kilogpu(...words.slice(0, -1), "--switches", unnamed);
        expect(switches).toMatchObject({ code: 2, err: expect.stringMatching(/dialect: got "nvu"/) as string });
        const neither = await kilogpu("fabric", "check", "onprem-roce", "--cwd", repository);
        expect(neither).toMatchObject({ code: 2, err: expect.stringMatching(/--ssh/) as string });
    });
});
