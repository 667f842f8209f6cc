/** The SSH agent of a twin: holds the operator's key, which its hosts let in. Keys of the user stay in the user's own agent. */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { AgentProtocol, type ParsedKey } from "ssh2";

/** Requests that the agent knows, by their number in the protocol: list identities, sign. */
const known = new Set([11, 13]);

/** `SSH_AGENT_FAILURE` as a whole message: one byte long. */
const failure = Buffer.from([0, 0, 0, 1, 5]);

/** Serves the key at the socket until it is closed. */
export function serveAgent(socket: string, key: ParsedKey): Promise<Server> {
    rmSync(socket, { force: true });
    const server = createServer((connection) => {
        const protocol = new AgentProtocol(false);
        protocol.on("identities", (request) => {
            protocol.getIdentitiesReply(request, [key]);
        });
        protocol.on("sign", (request, _publicKey, data) => {
            const signature = key.sign(data);
            if (Buffer.isBuffer(signature)) {
                protocol.signReply(request, signature);
            } else {
                protocol.failureReply(request);
            }
        });
        // Whoever asked may go at any time.
        connection.on("error", () => connection.destroy());
        protocol.on("error", () => connection.destroy());
        readRequests(connection, (request) => {
            protocol.write(request);
        });
        protocol.pipe(connection);
    });
    return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(socket, () => {
            resolve(server);
        });
    });
}

/**
 * Passes whole requests on and declines those that the protocol's reader does not know. It answers them too, but takes what they carry for the
 * next request (ssh2 1.17.0), and OpenSSH 8.9 and later begin with one of them, `session-bind`.
 */
function readRequests(connection: Socket, pass: (request: Buffer) => void): void {
    let left = Buffer.alloc(0);
    connection.on("data", (part: Buffer) => {
        left = Buffer.concat([left, part]);
        while (left.length >= 5 && left.length >= 4 + left.readUInt32BE(0)) {
            const length = 4 + left.readUInt32BE(0);
            const request = left.subarray(0, length);
            left = left.subarray(length);
            if (known.has(request[4] ?? 0)) {
                pass(request);
            } else {
                connection.write(failure);
            }
        }
    });
}
