import { X509Certificate, createPrivateKey } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthority, issue, type CertificatePair } from "../../../twin/control-plane/certificates";

let authority: CertificatePair;

beforeAll(async () => {
    authority = await createAuthority("kueue-ca", ["kueue-ca"]);
});

describe("the authority", () => {
    it("is what Kueue's rotator accepts: a CA whose names hold its own, with a PKCS#1 key", () => {
        const certificate = new X509Certificate(authority.certificate);
        expect(certificate.ca).toBe(true);
        expect(certificate.subjectAltName).toBe("DNS:kueue-ca");
        expect(authority.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
        expect(certificate.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
    });
});

describe("a certificate", () => {
    it("is signed by the authority, valid now, and names its hosts", async () => {
        const pair = await issue(authority, { commonName: "server", hosts: ["127.0.0.1", "a.b.svc"] });
        const certificate = new X509Certificate(pair.certificate);
        expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
        expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
        expect(certificate.checkHost("a.b.svc")).toBe("a.b.svc");
        expect(certificate.checkHost("a.c.svc")).toBeUndefined();
        expect(certificate.ca).toBe(false);
        expect(new Date(certificate.validFrom).getTime()).toBeLessThan(Date.now());
        expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(Date.now() + 365 * 86_400_000);
        expect(certificate.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
    });

    it("of a client carries user and groups as Kubernetes reads them", async () => {
        const pair = await issue(authority, { commonName: "system:kube-scheduler", organizations: ["one", "two"] });
        const { subject } = new X509Certificate(pair.certificate);
        expect(subject.split("\n")).toEqual(["CN=system:kube-scheduler", "O=one", "O=two"]);
    });

    it("of another authority is not accepted", async () => {
        const other = await createAuthority("other");
        const pair = await issue(other, { commonName: "server" });
        const { publicKey } = new X509Certificate(authority.certificate);
        expect(new X509Certificate(pair.certificate).verify(publicKey)).toBe(false);
    });
});
