/** The keys and certificates of one control plane, made once and kept. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, issue, type CertificatePair } from "./certificates";
import { layoutOf, writeWhole } from "./layout";

/** Paths, but for the token. */
export interface Pki {
    ca: { certificate: string; key: string };
    /** For every server of the twin: they all listen on loopback. */
    server: { certificate: string; key: string };
    /** Client of etcd. */
    etcdClient: { certificate: string; key: string };
    scheduler: { certificate: string; key: string };
    controllerManager: { certificate: string; key: string };
    kwok: { certificate: string; key: string };
    serviceAccountKey: string;
    tokenFile: string;
    /** Bearer token of the administrator. */
    adminToken: string;
}

/** Makes what is missing. */
export async function ensurePki(environment: string): Promise<Pki> {
    const { pki: folder } = layoutOf(environment);
    const path = (name: string): string => join(folder, name);
    const pair = (name: string): { certificate: string; key: string } => ({
        certificate: path(`${name}.crt`),
        key: path(`${name}.key`),
    });
    const pki: Pki = {
        ca: pair("ca"),
        server: pair("server"),
        etcdClient: pair("etcd-client"),
        scheduler: pair("kube-scheduler"),
        controllerManager: pair("kube-controller-manager"),
        kwok: pair("kwok"),
        serviceAccountKey: path("service-account.key"),
        tokenFile: path("tokens.csv"),
        adminToken: "",
    };
    if (!existsSync(path("complete"))) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        await createAll(pki);
        writeWhole(path("complete"), "");
    }
    pki.adminToken = readFileSync(pki.tokenFile, "utf8").split(",")[0] ?? "";
    return pki;
}

async function createAll(pki: Pki): Promise<void> {
    const authority = await createAuthority("kilogpu-twin");
    keep(pki.ca, authority);
    const hosts = ["localhost", "127.0.0.1", "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    const client = (commonName: string, ...organizations: string[]): Promise<CertificatePair> =>
        issue(authority, { commonName, organizations });
    keep(pki.server, await issue(authority, { commonName: "kilogpu-twin-server", hosts }));
    keep(pki.etcdClient, await client("kube-apiserver-etcd-client"));
    keep(pki.scheduler, await client("system:kube-scheduler"));
    keep(pki.controllerManager, await client("system:kube-controller-manager"));
    // kwok plays every kubelet and deletes pods of any namespace.
    keep(pki.kwok, await client("kwok", "system:masters"));
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeWhole(pki.serviceAccountKey, privateKey.export({ type: "pkcs1", format: "pem" }).toString());
    writeWhole(pki.tokenFile, `${randomBytes(32).toString("hex")},kilogpu-admin,kilogpu-admin,"system:masters"\n`);
}

function keep(at: { certificate: string; key: string }, pair: CertificatePair): void {
    writeWhole(at.certificate, pair.certificate);
    writeWhole(at.key, pair.key);
}
