/** What the API server answers when it refuses: its Status object, kept whole. */

/** `metav1.Status`, as far as it is read. */
export interface ApiStatus {
    kind?: string;
    status?: string;
    message?: string;
    reason?: string;
    code?: number;
    details?: {
        name?: string;
        kind?: string;
        group?: string;
        causes?: { reason?: string; message?: string; field?: string }[];
        retryAfterSeconds?: number;
    };
}

/** A refusal of the API server. The message is the server's own sentence. */
export class ApiError extends Error {
    readonly code: number;
    readonly reason: string;
    readonly status: ApiStatus;

    constructor(code: number, status: ApiStatus, request: string) {
        super(status.message ?? `${request}: HTTP ${code}`);
        this.name = "ApiError";
        this.code = code;
        this.reason = status.reason ?? "";
        this.status = status;
    }
}

/** The API server did not answer at all: not running, starting, or killed in the middle of a request. */
export class ApiUnreachableError extends Error {
    constructor(server: string, request: string, cause: Error) {
        super(`The twin's API server at ${server} does not answer (${request}: ${cause.message}).`, { cause });
        this.name = "ApiUnreachableError";
    }
}

/** True for the answer 404 Not Found of an object or a resource type. */
export function isNotFound(error: unknown): boolean {
    return error instanceof ApiError && error.code === 404;
}

/** True for 409 Conflict: another writer's resource version, or another field manager's fields. */
export function isConflict(error: unknown): boolean {
    return error instanceof ApiError && error.code === 409 && error.reason === "Conflict";
}

/** True for 409 AlreadyExists. */
export function isAlreadyExists(error: unknown): boolean {
    return error instanceof ApiError && error.code === 409 && error.reason === "AlreadyExists";
}
