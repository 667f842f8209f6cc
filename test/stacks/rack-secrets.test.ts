/** Keys and passwords never reach the program of a rack: what is planted in its YAML is refused unread, and its plan holds none. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { configOf } from "./environment";

const root = path.join(__dirname, "..", "..");
const cli = path.join(root, "dist", "cli", "main.js");
const PLANTED = "planted-secret-4711";
const PRIVATE = `-----BEGIN OPENSSH PRIVATE KEY-----\n${PLANTED}\n-----END OPENSSH PRIVATE KEY-----`;
const FOLDERS = ["catalog", "components", "stacks", "training", "Pulumi.yaml", "package.json", "tsconfig.json"];

let project: string;

beforeAll(() => {
    project = mkdtempSync(path.join(tmpdir(), "kilogpu-secrets-"));
    for (const name of FOLDERS) {
        cpSync(path.join(root, name), path.join(project, name), { recursive: true });
    }
    symlinkSync(path.join(root, "node_modules"), path.join(project, "node_modules"));
});
afterAll(() => {
    rmSync(project, { recursive: true, force: true });
});

type Site = {
    ssh?: { [key: string]: unknown };
    servers: { [key: string]: unknown }[];
    rke2: { [key: string]: unknown };
};

function planWith(change: (site: Site) => void): { status: number | null; said: string } {
    const config = configOf("onprem-roce");
    change(config["kilogpu:site"] as Site);
    writeFileSync(
        path.join(project, "stacks", "Pulumi.onprem-roce.yaml"),
        stringify({ config }, { defaultStringType: "QUOTE_DOUBLE" }),
    );
    const run = spawnSync("node", [cli, "plan", "onprem-roce", "--json"], {
        cwd: project,
        encoding: "utf8",
        maxBuffer: 64 * 2 ** 20,
        env: { ...process.env, SSH_AUTH_SOCK: `/run/${PLANTED}` },
    });
    return { status: run.status, said: run.stdout + run.stderr };
}

describe("a rack's program", () => {
    it.each<[string, (site: Site) => void, string]>([
        ["a private key", (site) => (site.ssh = { ...site.ssh, privateKey: PRIVATE }), "ssh.privateKey"],
        ["a password", (site) => (site.ssh = { ...site.ssh, password: PLANTED }), "ssh.password"],
        [
            "a jump host's password",
            (site) =>
                (site.ssh = { jumpHost: { host: "bastion", hostKey: "ssh-ed25519 AAAAC3Nz", password: PLANTED } }),
            "ssh.jumpHost.password",
        ],
        ["a server's key", (site) => (site.servers[0] = { ...site.servers[0], sshKey: PRIVATE }), "servers[0].sshKey"],
        ["a join token", (site) => (site.rke2 = { ...site.rke2, token: PLANTED }), "rke2.token"],
    ])(
        "refuses %s by its path, and repeats nothing of it",
        (_, change, wrongPath) => {
            const { status, said } = planWith(change);
            expect(status, said).toBe(2);
            const { errors } = JSON.parse(said) as { errors: { path: string }[] };
            expect(errors.map((error) => error.path)).toContain(`site.${wrongPath}`);
            expect(said).not.toContain(PLANTED);
        },
        120_000,
    );

    it("plans connections and join tokens as secrets, and nothing else that a person gave", () => {
        const { status, said } = planWith(() => undefined);
        expect(status, said).toBe(0);
        expect(said).not.toContain(PLANTED);
        expect(said).not.toMatch(/PRIVATE KEY/);
        const { resources } = JSON.parse(said) as {
            resources: { type: string; name: string; inputs: { [input: string]: unknown } }[];
        };
        const commands = resources.filter(({ type }) => type === "command:remote:Command");
        expect(commands.length).toBeGreaterThan(200);
        expect(commands.map(({ inputs }) => inputs["connection"])).toEqual(commands.map(() => "<secret>"));
        // Nothing but a join waits for the token: the agents', and those of the servers after the first.
        const waiting = commands.filter(({ inputs }) => inputs["stdin"] === "<computed>").map(({ name }) => name);
        expect(waiting.every((name) => name.endsWith("-join") && !name.endsWith("cp-1-join"))).toBe(true);
        expect(waiting).toHaveLength(34);
    }, 180_000);
});
