import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ApiClient, type KubernetesObject } from "../../../twin/control-plane/api-client";
import { ApiError, ApiUnreachableError, isNotFound } from "../../../twin/control-plane/api-error";
import { createAuthority, issue } from "../../../twin/control-plane/certificates";
import { conditionStatus, waitForObject, WaitTimeoutError } from "../../../twin/control-plane/wait";

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

const coreResources = {
    resources: [
        { name: "pods", kind: "Pod", namespaced: true, verbs: ["get"] },
        { name: "pods/status", kind: "Pod", namespaced: true, verbs: ["get"] },
        { name: "nodes", kind: "Node", namespaced: false, verbs: ["get"] },
    ],
};

let server: Server;
let client: ApiClient;
let handler: Handler;
const seen: { method: string; url: string; body: string; type?: string }[] = [];

beforeAll(async () => {
    const authority = await createAuthority("test");
    const leaf = await issue(authority, { commonName: "server", hosts: ["127.0.0.1"] });
    server = createServer({ cert: leaf.certificate, key: leaf.key }, (request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
            seen.push({
                method: request.method ?? "",
                url: request.url ?? "",
                body,
                type: request.headers["content-type"],
            });
            if (request.url === "/api/v1") {
                response.end(JSON.stringify(coreResources));
            } else {
                handler(request, body, response);
            }
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = { server: `https://127.0.0.1:${port}`, certificateAuthority: authority.certificate, token: "t" };
    client = new ApiClient(endpoint, 4);
});

afterEach(() => {
    seen.length = 0;
});

afterAll(async () => {
    client.close();
    await new Promise((resolve) => server.close(resolve));
});

const pod = (name: string): KubernetesObject => ({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "a" } });

function status(response: ServerResponse, code: number, message: string, reason: string): void {
    response.statusCode = code;
    response.end(JSON.stringify({ kind: "Status", code, message, reason }));
}

describe("a request", () => {
    it("to apply validates fields strictly and names its manager", async () => {
        handler = (_, body, response) => response.end(body);
        await client.serverSideApply(pod("p"), { fieldManager: "suite", force: true });
        expect(seen.at(-1)).toMatchObject({
            method: "PATCH",
            url: "/api/v1/namespaces/a/pods/p?fieldManager=suite&fieldValidation=Strict&force=true",
            type: "application/apply-patch+yaml",
        });
    });

    it("goes to the cluster scope where the kind has no namespaces", async () => {
        handler = (_, __, response) => response.end("{}");
        await client.get({ apiVersion: "v1", kind: "Node", name: "n", namespace: "ignored" });
        expect(seen.at(-1)?.url).toBe("/api/v1/nodes/n");
    });

    it("that is refused carries the server's own sentence and its Status", async () => {
        handler = (_, __, response) => {
            status(response, 422, 'Pod "p" is invalid: spec.containers: Required value', "Invalid");
        };
        const error = await client.create(pod("p")).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ApiError);
        expect(error).toMatchObject({
            code: 422,
            reason: "Invalid",
            message: 'Pod "p" is invalid: spec.containers: Required value',
        });
    });

    it("for a kind that is not served is Not Found, and is found once it is served", async () => {
        handler = (_, __, response) => response.end("{}");
        const widget = { apiVersion: "v1", kind: "Widget", name: "w" };
        expect(isNotFound(await client.get(widget).catch((error: unknown) => error))).toBe(true);
        coreResources.resources.push({ name: "widgets", kind: "Widget", namespaced: false, verbs: ["get"] });
        await client.get(widget);
        expect(seen.at(-1)?.url).toBe("/api/v1/widgets/w");
    });

    it("comes back when the server says that it is busy", async () => {
        let calls = 0;
        handler = (_, __, response) => {
            if (++calls < 3) {
                response.setHeader("retry-after", "0");
                status(response, 429, "busy", "TooManyRequests");
            } else {
                response.end("{}");
            }
        };
        await client.get({ apiVersion: "v1", kind: "Node", name: "n" });
        expect(calls).toBe(3);
    });

    it("is sent again over a new connection when the kept one was closed under it", async () => {
        handler = (_, __, response) => response.end("{}");
        await client.get({ apiVersion: "v1", kind: "Node", name: "n" });
        let dropped = false;
        handler = (request, _, response) => {
            if (dropped) {
                response.end("{}");
            } else {
                dropped = true;
                request.socket.destroy();
            }
        };
        await client.get({ apiVersion: "v1", kind: "Node", name: "n" });
        expect(dropped).toBe(true);
    });

    it("to nobody names the server", async () => {
        const nobody = new ApiClient({ ...client.endpoint, server: "https://127.0.0.1:9" });
        const error = await nobody.raw({ method: "GET", path: "/version" }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ApiUnreachableError);
        expect((error as Error).message).toContain("https://127.0.0.1:9 does not answer");
    });

    it("to delete what is not there says so without an error", async () => {
        handler = (_, __, response) => {
            status(response, 404, "gone", "NotFound");
        };
        expect(await client.delete({ apiVersion: "v1", kind: "Pod", name: "p", namespace: "a" })).toBe(false);
    });
});

describe("a list", () => {
    it("is read page by page, and its items carry their kind", async () => {
        handler = (request, _, response) => {
            const second = request.url?.includes("continue=next") === true;
            response.end(
                JSON.stringify({
                    metadata: { resourceVersion: "7", continue: second ? "" : "next" },
                    items: [{ metadata: { name: second ? "b" : "a" } }],
                }),
            );
        };
        const { items, resourceVersion } = await client.list("v1", "Pod", { namespace: "a", labelSelector: "x=y" });
        expect(items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(["Pod a", "Pod b"]);
        expect(resourceVersion).toBe("7");
        expect(seen.filter(({ url }) => url.includes("labelSelector=x%3Dy"))).toHaveLength(2);
    });
});

describe("waiting", () => {
    const node = (ready: string): object => ({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "n" },
        status: { conditions: [{ type: "Ready", status: ready, message: "why" }] },
    });
    const ref = { apiVersion: "v1", kind: "Node", name: "n" };
    const serve =
        (...events: object[]): Handler =>
        (request, _, response) => {
            if (request.url?.includes("watch=true") === true) {
                events.forEach((event) => response.write(`${JSON.stringify(event)}\n`));
            } else {
                response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [node("False")] }));
            }
        };

    it("ends when the watched object gets there", async () => {
        handler = serve({ type: "MODIFIED", object: node("False") }, { type: "MODIFIED", object: node("True") });
        const reached = await waitForObject(client, ref, (object) => conditionStatus(object, "Ready") === "True", {
            what: "Ready",
            timeoutMs: 5000,
        });
        expect(conditionStatus(reached, "Ready")).toBe("True");
    });

    it("says what it saw last when the time is over", async () => {
        handler = serve();
        const waiting = waitForObject(client, ref, () => false, { what: "node n Ready", timeoutMs: 200 });
        await expect(waiting).rejects.toThrow(WaitTimeoutError);
        handler = serve();
        const again = waitForObject(client, ref, () => false, { what: "node n Ready", timeoutMs: 200 });
        await expect(again).rejects.toThrow(/node n Ready: not reached .* Ready=False \(why\)/);
    });

    it("lists again when the version is too old to watch from", async () => {
        let watches = 0;
        handler = (request, _, response) => {
            if (request.url?.includes("watch=true") === true) {
                watches++;
                const gone = { type: "ERROR", object: { kind: "Status", code: 410, message: "too old" } };
                response.end(`${JSON.stringify(gone)}\n`);
            } else {
                const ready = watches === 0 ? "False" : "True";
                response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [node(ready)] }));
            }
        };
        await waitForObject(client, ref, (object) => conditionStatus(object, "Ready") === "True", {
            what: "Ready",
            timeoutMs: 5000,
        });
        expect(watches).toBe(1);
    });
});
