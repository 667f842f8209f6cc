/**
 * One HTTPS exchange with the API server over kept connections, with the two retries that are always safe: a kept connection that the
 * server had closed before it read the request, and "too many requests", which says when to come back.
 */
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { ApiError, ApiUnreachableError, type ApiStatus } from "./api-error";

export interface Endpoint {
    /** `https://host:port`. */
    server: string;
    /** PEM. */
    certificateAuthority: string;
    /** Bearer token; absent where a certificate says who it is. */
    token?: string;
    /** Client certificate, PEM. */
    clientCertificate?: { certificate: string; key: string };
}

export interface Exchange {
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    /** Absolute path with its query. */
    path: string;
    body?: string;
    contentType?: string;
    /** Milliseconds of silence after which the exchange fails. Defaults to 60,000. */
    timeoutMs?: number;
    signal?: AbortSignal;
    /** Called with each warning header of the API server (deprecated API, unknown field). */
    onWarning?: (text: string) => void;
}

/** Sends requests to one API server. Connections are kept and bounded, so that a thousand objects do not open a thousand sockets. */
export class HttpChannel {
    readonly endpoint: Endpoint;
    readonly agent: Agent;

    constructor(endpoint: Endpoint, maxSockets: number) {
        this.endpoint = endpoint;
        const { certificateAuthority: ca, clientCertificate } = endpoint;
        const { certificate: cert, key } = clientCertificate ?? {};
        this.agent = new Agent({ keepAlive: true, maxSockets, ca, cert, key });
    }

    /** The whole answer as text. Throws ApiError from HTTP 400 on, ApiUnreachableError where nothing answers. */
    async send(exchange: Exchange): Promise<string> {
        for (let attempt = 1; ; attempt++) {
            const response = await this.open(exchange);
            const text = await readAll(response, this.endpoint.server, exchange);
            const code = response.statusCode ?? 0;
            if (code < 400) {
                for (const warning of warningsOf(response)) {
                    exchange.onWarning?.(warning);
                }
                return text;
            }
            const retryAfter = Number(response.headers["retry-after"]);
            if (code === 429 && retryAfter >= 0 && attempt < 10) {
                await new Promise((resolve) => setTimeout(resolve, Math.max(0.1, retryAfter) * 1000));
                continue;
            }
            throw new ApiError(code, parseStatus(text), `${exchange.method} ${exchange.path}`);
        }
    }

    /** The answer's head; its body is still to be read. */
    async open(exchange: Exchange): Promise<IncomingMessage> {
        for (let attempt = 1; ; attempt++) {
            try {
                return await this.openOnce(exchange);
            } catch (error) {
                if (error instanceof StaleConnection && attempt < 5) {
                    continue;
                }
                throw error instanceof StaleConnection
                    ? new ApiUnreachableError(this.endpoint.server, `${exchange.method} ${exchange.path}`, error)
                    : error;
            }
        }
    }

    close(): void {
        this.agent.destroy();
    }

    private openOnce(exchange: Exchange): Promise<IncomingMessage> {
        const headers: { [name: string]: string | number } = {
            ...(this.endpoint.token === undefined ? {} : { authorization: `Bearer ${this.endpoint.token}` }),
            accept: "application/json",
        };
        if (exchange.body !== undefined) {
            headers["content-type"] = exchange.contentType ?? "application/json";
            headers["content-length"] = Buffer.byteLength(exchange.body);
        }
        return new Promise((resolve, reject) => {
            const request = httpsRequest(
                this.endpoint.server + exchange.path,
                { method: exchange.method, headers, agent: this.agent, signal: exchange.signal },
                resolve,
            );
            request.setTimeout(exchange.timeoutMs ?? 60_000, () => {
                request.destroy(new Error(`no answer for ${(exchange.timeoutMs ?? 60_000) / 1000} s`));
            });
            request.on("error", (error: NodeJS.ErrnoException) => {
                if (exchange.signal?.aborted === true) {
                    reject(error);
                } else if (request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE")) {
                    reject(new StaleConnection(error.message));
                } else {
                    const what = `${exchange.method} ${exchange.path}`;
                    reject(new ApiUnreachableError(this.endpoint.server, what, error));
                }
            });
            request.end(exchange.body);
        });
    }
}

/** A kept connection turned out to be closed. */
class StaleConnection extends Error {}

async function readAll(response: IncomingMessage, server: string, exchange: Exchange): Promise<string> {
    const chunks: Buffer[] = [];
    try {
        for await (const chunk of response) {
            chunks.push(chunk as Buffer);
        }
    } catch (error) {
        throw new ApiUnreachableError(server, `${exchange.method} ${exchange.path}`, error as Error);
    }
    return Buffer.concat(chunks).toString("utf8");
}

function parseStatus(text: string): ApiStatus {
    try {
        const parsed = JSON.parse(text) as ApiStatus;
        return parsed.kind === "Status" ? parsed : { message: text };
    } catch {
        return { message: text.trim() === "" ? undefined : text.trim() };
    }
}

/** Texts of `Warning: 299 - "text"` headers. */
function warningsOf(response: IncomingMessage): string[] {
    const header = response.headers["warning"];
    if (header === undefined) {
        return [];
    }
    return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) =>
        (match[1] ?? "").replaceAll(/\\(.)/g, "$1"),
    );
}
