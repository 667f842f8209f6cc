/** Builds the racks of a twin from what a program declares: keys, roots as freshly installed, answers, downloads, routes. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { utils } from "ssh2";
import { writeWhole } from "../control-plane/layout";
import { portsFor } from "../control-plane/ports";
import { packageFile } from "../places";
import { digest } from "../providers/cloud-store";
import { answerFile, freshRoot, machineAnswers, type Files } from "./machine";
import {
    bareKey,
    hostPlaces,
    readSite,
    sitePlaces,
    type DeclaredArtifact,
    type DeclaredHost,
    type DeclaredSite,
    type SitePlaces,
    type TwinHost,
    type TwinSite,
} from "./site";

/** Commands whose answers are recorded; each is `commands/answer` under its name. */
const recorded = [
    "blkid",
    "chronyc",
    "df",
    "dmesg",
    "lsblk",
    "lspci",
    "mkfs.xfs",
    "nvidia-smi",
    "sysctl",
    "systemd-tmpfiles",
    "uname",
    "update-grub",
];

/** Answers of hosts without a machine type. */
const SERVER = "server";

/** Makes or refreshes the site. Hosts keep their roots and keys; machines that are no longer declared stay in the racks. */
export async function buildSite(environment: string, declared: DeclaredSite, kubectl: string): Promise<TwinSite> {
    const places = sitePlaces(environment);
    mkdirSync(places.home, { recursive: true, mode: 0o700 });
    const names = new Set(declared.hosts.map(({ name }) => name));
    const left = (readSite(environment)?.hosts ?? []).filter(({ name }) => !names.has(name));
    const ports = await portsFor(
        environment,
        declared.hosts.map(({ name }) => `host.${name}`),
    );
    const hosts = [
        ...declared.hosts.map((host) => buildHost(environment, host, ports[`host.${host.name}`] ?? 0)),
        ...left,
    ];
    if (!existsSync(places.operatorKey)) {
        writeWhole(places.operatorKey, privateKey(`operator of the twin ${environment}`));
    }
    writeAnswers(places, hosts);
    writeCommands(places);
    writeDownloads(places, declared.artifacts);
    writeRoutes(places, hosts);
    const site: TwinSite = { hosts, scripts: declared.scripts, kubectl };
    writeWhole(places.record, `${JSON.stringify(site, undefined, 4)}\n`);
    return site;
}

function buildHost(environment: string, host: DeclaredHost, listen: number): TwinHost {
    const places = hostPlaces(environment, host.name);
    mkdirSync(places.temporary, { recursive: true, mode: 0o700 });
    if (!existsSync(places.hostKey)) {
        writeWhole(places.hostKey, privateKey(host.name));
    }
    if (!existsSync(places.root)) {
        const aside = `${places.root}.new`;
        rmSync(aside, { recursive: true, force: true });
        writeFiles(aside, freshRoot(host, crypto.randomUUID()));
        renameSync(aside, places.root);
    }
    writeFiles(places.answers, { [answerFile("uname", "-n")]: `${host.name}\n` });
    return { ...host, listen, twinKey: publicKey(places.hostKey) };
}

/** A new private key. Three in a thousand come in a form that their own reader refuses (ssh2 1.17.0): those are made again. */
function privateKey(comment: string): string {
    for (;;) {
        const { private: key } = utils.generateKeyPairSync("ed25519", { comment });
        if (!(utils.parseKey(key) instanceof Error)) {
            return key;
        }
    }
}

/** `ssh-ed25519 AAAA…` of a private key. */
function publicKey(path: string): string {
    const key = utils.parseKey(readFileSync(path, "utf8"));
    if (key instanceof Error || Array.isArray(key)) {
        throw new Error(`${path} is no key; remove it, and the next kilogpu twin up makes another`);
    }
    return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}

function writeFiles(folder: string, files: Files): void {
    for (const [path, content] of Object.entries(files)) {
        const file = join(folder, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
    }
}

function writeAnswers(places: SitePlaces, hosts: readonly TwinHost[]): void {
    for (const type of new Set(hosts.map(({ machineType }) => machineType))) {
        writeFiles(join(places.answers, type ?? SERVER), machineAnswers(type));
    }
}

function writeCommands(places: SitePlaces): void {
    const source = packageFile("twin", "bare-metal", "commands");
    mkdirSync(places.commands, { recursive: true });
    const copy = (from: string, to: string): void => {
        copyFileSync(join(source, from), join(places.commands, to));
        chmodSync(join(places.commands, to), 0o755);
    };
    readdirSync(source).forEach((name) => {
        copy(name, name);
    });
    recorded.forEach((name) => {
        copy("answer", name);
    });
    // On the hosts' PATH it would be each host's own; it is the user's.
    rmSync(join(places.commands, "ssh"));
}

/** Each download of the program gets a file of the twin's: an archive with what the steps look for in it, or a few bytes. */
function writeDownloads(places: SitePlaces, artifacts: readonly DeclaredArtifact[]): void {
    mkdirSync(places.artifacts, { recursive: true });
    const files = artifacts.map(({ url, sha256 }) => {
        const file = join(places.artifacts, digest(url, 20));
        if (!existsSync(file)) {
            if (/\.(tar\.gz|tgz)$/.test(url)) {
                writeArchive(file);
            } else {
                writeFileSync(file, `Stands in a twin for ${url}\n`);
            }
        }
        return { url, file, declared: sha256, actual: createHash("sha256").update(readFileSync(file)).digest("hex") };
    });
    writeWhole(places.downloads, files.map(({ url, file }) => `${url} ${file}\n`).join(""));
    writeWhole(places.hashes, files.map(({ declared, actual }) => `s/^${declared} /${actual} /\n`).join(""));
}

/** RKE2's archive, as far as the steps use it. */
function writeArchive(file: string): void {
    const folder = mkdtempSync(`${file}-`);
    writeFiles(folder, {
        "bin/rke2": "#!/bin/sh\necho 'a twin runs no RKE2; its control plane is real Kubernetes'\n",
        "bin/rke2-killall.sh": "#!/bin/sh\n# Nothing of RKE2 runs on a simulated host.\n",
    });
    chmodSync(join(folder, "bin/rke2"), 0o755);
    chmodSync(join(folder, "bin/rke2-killall.sh"), 0o755);
    const result = spawnSync("tar", ["-czf", `${file}.new`, "-C", folder, "."], { encoding: "utf8" });
    rmSync(folder, { recursive: true, force: true });
    if (result.status !== 0) {
        throw new Error(`tar is needed to make the racks' downloads: ${result.error?.message ?? result.stderr}`);
    }
    renameSync(`${file}.new`, file);
}

function writeRoutes(places: SitePlaces, hosts: readonly TwinHost[]): void {
    const lines = (line: (host: TwinHost) => string): string => hosts.map((host) => `${line(host)}\n`).join("");
    const name = ({ address, port }: TwinHost): string => (port === 22 ? address : `[${address}]:${port}`);
    writeWhole(
        places.routes,
        lines(({ address, port, listen }) => `${address} ${port} ${listen}`),
    );
    // The key's type goes with it: it need not be the declared one's.
    writeWhole(
        places.hostKeys,
        lines(({ hostKey, twinKey }) => `s|${bareKey(hostKey)}|${twinKey}|`),
    );
    writeWhole(
        places.knownHosts,
        lines((host) => `${name(host)} ${host.twinKey}`),
    );
    writeWhole(places.agentSocketFile, places.agentSocket);
}
