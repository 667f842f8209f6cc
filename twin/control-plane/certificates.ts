/**
 * The twin's certificate authority and what it signs. Node's crypto reads certificates but signs none, hence @peculiar/x509. Keys are RSA,
 * since the certificate rotator inside Kueue and JobSet reads the authority's key as PKCS#1 only.
 */
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
};

/** Ten years: a twin is thrown away long before. */
const lifetimeMs = 10 * 365 * 24 * 3_600_000;

/** PEM texts. */
export interface CertificatePair {
    certificate: string;
    /** PKCS#1. */
    key: string;
}

export interface LeafOptions {
    commonName: string;
    /** Kubernetes groups, where it is a client's. */
    organizations?: string[];
    /** Host names and addresses, where it is a server's. */
    hosts?: string[];
}

/** An authority whose certificate names `hosts` too, as the rotator of Kueue demands of its own. */
export async function createAuthority(commonName: string, hosts: string[] = []): Promise<CertificatePair> {
    x509.cryptoProvider.set(webcrypto);
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        ...validity(),
        name: [{ CN: [commonName] }, { O: ["kilogpu twin"] }],
        signingAlgorithm: algorithm,
        keys: keys,
        extensions: [
            new x509.BasicConstraintsExtension(true, undefined, true),
            new x509.KeyUsagesExtension(
                x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
                true,
            ),
            ...(hosts.length === 0 ? [] : [alternativeNames(hosts)]),
            await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
    });
    return { certificate: certificate.toString("pem"), key: await pkcs1(keys.privateKey) };
}

/** A certificate for a server, a client, or both. */
export async function issue(authority: CertificatePair, options: LeafOptions): Promise<CertificatePair> {
    x509.cryptoProvider.set(webcrypto);
    const issuer = new x509.X509Certificate(authority.certificate);
    const pkcs8 = createPrivateKey(authority.key).export({ type: "pkcs8", format: "der" });
    const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
        ...validity(),
        subject: [{ CN: [options.commonName] }, ...(options.organizations ?? []).map((name) => ({ O: [name] }))],
        issuer: issuer.subject,
        signingAlgorithm: algorithm,
        signingKey: signingKey,
        publicKey: keys.publicKey,
        extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
            new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
            ...(options.hosts === undefined ? [] : [alternativeNames(options.hosts)]),
            await x509.AuthorityKeyIdentifierExtension.create(issuer),
        ],
    });
    return { certificate: certificate.toString("pem"), key: await pkcs1(keys.privateKey) };
}

function validity(): { serialNumber: string; notBefore: Date; notAfter: Date } {
    const now = Date.now();
    // A serial number is positive: the first byte's high bit is clear. An hour back, for clocks that differ.
    const serial = randomBytes(16);
    serial[0] = (serial[0] ?? 0) & 0x7f || 1;
    return {
        serialNumber: serial.toString("hex"),
        notBefore: new Date(now - 3_600_000),
        notAfter: new Date(now + lifetimeMs),
    };
}

function alternativeNames(hosts: string[]): x509.SubjectAlternativeNameExtension {
    return new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => (isIP(host) === 0 ? { type: "dns", value: host } : { type: "ip", value: host })),
    );
}

async function pkcs1(key: webcrypto.CryptoKey): Promise<string> {
    const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
        .export({ type: "pkcs1", format: "pem" })
        .toString();
}
