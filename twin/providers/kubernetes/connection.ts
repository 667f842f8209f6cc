/** From a kubeconfig, as text or as a file, to a client of its API server. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { parse } from "yaml";
import { ApiClient } from "../../control-plane/api-client";
import { isObject } from "../runtime/values";

const run = promisify(execFile);

interface Cluster {
    server: string;
    "certificate-authority-data"?: string;
    "certificate-authority"?: string;
}

interface User {
    token?: string;
    "client-certificate-data"?: string;
    "client-certificate"?: string;
    "client-key-data"?: string;
    "client-key"?: string;
    exec?: { command: string; args?: string[]; env?: { name: string; value: string }[] | null };
}

interface Kubeconfig {
    "current-context"?: string;
    contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
    clusters?: { name: string; cluster: Cluster }[];
    users?: { name: string; user: User }[];
}

/** A connection with the namespace that its context names. */
export interface Connection {
    api: ApiClient;
    server: string;
    namespace?: string;
}

/** The text of a kubeconfig; a value that names a file is read. Throws where there is none. */
export function kubeconfigText(given: string | undefined): string {
    const source = given ?? process.env["KUBECONFIG"] ?? "";
    if (source.includes("\n") || source.trimStart().startsWith("{")) {
        return source;
    }
    if (source === "" || !existsSync(source)) {
        throw new Error(
            `no kubeconfig: ${source === "" ? "none given and KUBECONFIG is not set" : `${source} does not exist`}`,
        );
    }
    return readFileSync(source, "utf8");
}

/** Connects as the kubeconfig says, its exec credential included. `route` finds the server where its name is the twin's own. */
export async function connect(
    text: string,
    context?: string,
    route: (server: string) => string = (server) => server,
): Promise<Connection> {
    const config = parse(text) as Kubeconfig;
    const wanted = context ?? config["current-context"];
    const found = config.contexts?.find(({ name }) => name === wanted)?.context;
    const cluster = config.clusters?.find(({ name }) => name === found?.cluster)?.cluster;
    const user = config.users?.find(({ name }) => name === found?.user)?.user ?? {};
    if (cluster === undefined) {
        throw new Error(`the kubeconfig has no cluster for its context ${wanted ?? "(none)"}`);
    }
    const authority = decoded(cluster["certificate-authority-data"], cluster["certificate-authority"]);
    const certificate = decoded(user["client-certificate-data"], user["client-certificate"]);
    const key = decoded(user["client-key-data"], user["client-key"]);
    const clientCertificate = certificate === undefined || key === undefined ? undefined : { certificate, key };
    const token = user.token ?? (user.exec === undefined ? undefined : await execToken(user.exec));
    if (token === undefined && clientCertificate === undefined) {
        throw new Error(
            `the kubeconfig's user of context ${wanted ?? ""} has neither a token, a credential command nor a client certificate: the twin's API server knows no other`,
        );
    }
    const server = route(cluster.server);
    const api = new ApiClient({ server, certificateAuthority: authority ?? "", token, clientCertificate });
    return { api, server: cluster.server, namespace: found?.namespace };
}

function decoded(data: string | undefined, file: string | undefined): string | undefined {
    if (data !== undefined) {
        return Buffer.from(data, "base64").toString("utf8");
    }
    return file === undefined ? undefined : readFileSync(file, "utf8");
}

/** Runs the credential plugin of a kubeconfig, as kubectl does. */
async function execToken(exec: NonNullable<User["exec"]>): Promise<string> {
    const env = { ...process.env, ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])) };
    try {
        const { stdout } = await run(exec.command, exec.args ?? [], { env });
        const credential = JSON.parse(stdout) as unknown;
        const status = isObject(credential) ? credential["status"] : undefined;
        const token = isObject(status) ? status["token"] : undefined;
        if (typeof token !== "string") {
            throw new Error("it printed no token");
        }
        return token;
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
            `the kubeconfig's credential command failed: ${exec.command} ${(exec.args ?? []).join(" ")}: ${reason}`,
            {
                cause: error,
            },
        );
    }
}
