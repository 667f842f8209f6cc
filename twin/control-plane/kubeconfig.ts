/** Kubeconfig files, as JSON: every reader of YAML reads it. */
import { writeWhole } from "./layout";

export interface KubeconfigUser {
    token?: string;
    /** Paths. */
    clientCertificate?: { certificate: string; key: string };
}

/** Writes a kubeconfig with one context, readable by its owner only. */
export function writeKubeconfig(
    path: string,
    name: string,
    server: string,
    certificateAuthority: string,
    user: KubeconfigUser,
): void {
    const config = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            {
                name,
                cluster: {
                    server,
                    "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64"),
                },
            },
        ],
        users: [
            {
                name,
                user: {
                    token: user.token,
                    "client-certificate": user.clientCertificate?.certificate,
                    "client-key": user.clientCertificate?.key,
                },
            },
        ],
        contexts: [{ name, context: { cluster: name, user: name } }],
        "current-context": name,
    };
    writeWhole(path, `${JSON.stringify(config, undefined, 2)}\n`);
}
