/** What each gRPC server of the twin has in common. */
import * as grpc from "@grpc/grpc-js";

/** The engine's own limit, 400 MiB: a stack policy receives the whole stack in one message. */
export const messageLimits = {
    "grpc.max_receive_message_length": 400 * 1024 * 1024,
    "grpc.max_send_message_length": 400 * 1024 * 1024,
};

/** Binds to a free loopback port. */
export function bind(server: grpc.Server): Promise<number> {
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
            if (error === null) {
                resolve(port);
            } else {
                reject(error);
            }
        });
    });
}
