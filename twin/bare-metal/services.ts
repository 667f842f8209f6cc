/** What starts and stops on hosts: RKE2's servers and agents, which make the host a node of the twin's control plane. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { issue } from "../control-plane/certificates";
import { layoutOf, writeWhole } from "../control-plane/layout";
import { createNodes, deadKubelet } from "../control-plane/nodes";
import type { ControlPlane } from "../control-plane/types";
import { reachNodes } from "../providers/device-plugins";
import { rackNode, type Rke2Config } from "./rack-node";
import { hostPlaces, readSiteCluster, sitePlaces, type SiteCluster, type TwinHost } from "./site";

/** Port of RKE2's supervisor, to which hosts join. */
const supervisorPort = "9345";

/** Services of a host by unit name: how each starts. Others start without an effect. */
export class RackServices {
    constructor(
        private readonly environment: string,
        private readonly plane: () => ControlPlane,
    ) {}

    /** A unit starts. Empty, or why it could not. */
    async started(host: TwinHost, unit: string): Promise<string> {
        return unit === "rke2-server" || unit === "rke2-agent" ? this.join(host, unit === "rke2-server") : "";
    }

    /** A unit ended: without its kubelet a node falls silent. */
    async stopped(host: TwinHost, unit: string): Promise<string> {
        if (unit === "rke2-server" || unit === "rke2-agent") {
            await deadKubelet(this.plane().api, this.nodeName(host));
        }
        return "";
    }

    /** A node's labels changed: operators may reach it now. */
    async labelled(node: string): Promise<string> {
        await reachNodes(this.environment, this.plane().api, [node]);
        return "";
    }

    private async join(host: TwinHost, server: boolean): Promise<string> {
        const config = this.config(host);
        const version = this.file(host, "/var/lib/kilogpu/rke2-version")?.trim() ?? "";
        const first = server && config.server === undefined;
        const cluster = first ? this.initialise(host, config, version) : readSiteCluster(this.environment);
        const refusal = first ? undefined : this.refusal(host, config, cluster);
        const minor = (text: string): string => text.replace(/^v/, "").split(".").slice(0, 2).join(".");
        if (refusal !== undefined) {
            return refusal;
        }
        if (minor(version) !== minor(this.plane().version)) {
            return `RKE2 ${version} is not the Kubernetes minor of the twin's control plane, ${this.plane().version}: kilogpu twin down ${this.environment}, then up`;
        }
        if (server) {
            await this.writeKubeconfig(host);
        }
        const pages = /^HugePages_Total:\s+(\d+)$/m.exec(this.file(host, "/proc/meminfo") ?? "")?.[1] ?? "0";
        const node = rackNode(host, config, Number(pages), server);
        const { api } = this.plane();
        await createNodes(api, [node]);
        await reachNodes(this.environment, api, [node.name]);
        return "";
    }

    /** Makes the cluster's token, or finds the one that it has. */
    private initialise(host: TwinHost, config: Rke2Config, version: string): SiteCluster {
        const { cluster: path } = sitePlaces(this.environment);
        const authority = createHash("sha256").update(this.plane().certificateAuthority).digest("hex");
        const cluster: SiteCluster = {
            token:
                readSiteCluster(this.environment)?.token ??
                `K10${authority}::server:${randomBytes(16).toString("hex")}`,
            names: [...new Set([host.address, ...(config["tls-san"] ?? [])])],
            version,
        };
        writeWhole(path, `${JSON.stringify(cluster, undefined, 4)}\n`);
        this.write(host, "/var/lib/rancher/rke2/server/node-token", `${cluster.token}\n`);
        return cluster;
    }

    /** Why RKE2 does not join; undefined where it does. */
    private refusal(host: TwinHost, config: Rke2Config, cluster: SiteCluster | undefined): string | undefined {
        const url = config.server ?? "";
        const target = URL.canParse(url) ? new URL(url) : undefined;
        if (cluster === undefined || target?.port !== supervisorPort) {
            return `failed to get CA certs: Get "${url}/cacerts": connection refused`;
        }
        if (!cluster.names.includes(target.hostname)) {
            return `failed to validate connection to cluster at ${url}: x509: certificate is valid for ${cluster.names.join(", ")}, not ${target.hostname}`;
        }
        return this.file(host, config["token-file"] ?? "")?.trim() === cluster.token
            ? undefined
            : "failed to validate token: not authorized";
    }

    /** The administrator's kubeconfig, as RKE2 writes it: for the server itself, by client certificate. */
    private async writeKubeconfig(host: TwinHost): Promise<void> {
        const { pki } = layoutOf(this.environment);
        const authority = {
            certificate: readFileSync(join(pki, "ca.crt"), "utf8"),
            key: readFileSync(join(pki, "ca.key"), "utf8"),
        };
        const path = "/etc/rancher/rke2/rke2.yaml";
        if (this.file(host, path) !== undefined) {
            return;
        }
        const admin = await issue(authority, { commonName: "system:admin", organizations: ["system:masters"] });
        const base64 = (text: string): string => Buffer.from(text).toString("base64");
        this.write(
            host,
            path,
            `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(authority.certificate)}
    server: https://127.0.0.1:6443
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {}
users:
- name: default
  user:
    client-certificate-data: ${base64(admin.certificate)}
    client-key-data: ${base64(admin.key)}
`,
        );
    }

    private nodeName(host: TwinHost): string {
        return this.config(host)["node-name"] ?? host.name;
    }

    private config(host: TwinHost): Rke2Config {
        return (parse(this.file(host, "/etc/rancher/rke2/config.yaml") ?? "") ?? {}) as Rke2Config;
    }

    /** A file of the host; undefined where there is none. */
    private file(host: TwinHost, path: string): string | undefined {
        try {
            return readFileSync(join(hostPlaces(this.environment, host.name).root, path), "utf8");
        } catch {
            return undefined;
        }
    }

    private write(host: TwinHost, path: string, content: string): void {
        writeWhole(join(hostPlaces(this.environment, host.name).root, path), content);
    }
}
