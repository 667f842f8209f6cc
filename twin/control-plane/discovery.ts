/** Which path serves a kind: the API server's own discovery, cached for one API group version at a time. */
import { ApiError } from "./api-error";

/** How the API server serves one kind. */
export interface ApiResource {
    apiVersion: string;
    kind: string;
    plural: string;
    namespaced: boolean;
    verbs: string[];
    /** True where the kind has a `/status` subresource. */
    hasStatus: boolean;
}

interface ApiResourceList {
    resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

/** `/api/v1` or `/apis/<group>/<version>`. */
export function groupVersionPath(apiVersion: string): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Discovery with a cache. A kind that is unknown is asked for again, since its CRD may have been established meanwhile. */
export class Discovery {
    private readonly groupVersions = new Map<string, Promise<Map<string, ApiResource>>>();

    constructor(private readonly fetch: (path: string) => Promise<unknown>) {}

    /** Throws ApiError 404 where the server serves no such kind. */
    async find(apiVersion: string, kind: string): Promise<ApiResource> {
        const cached = this.groupVersions.get(apiVersion);
        const known = cached === undefined ? undefined : (await cached.catch(() => undefined))?.get(kind);
        const found = known ?? (await this.load(apiVersion)).get(kind);
        if (found === undefined) {
            const message = `no kind ${kind} in ${apiVersion}: is its CustomResourceDefinition installed?`;
            throw new ApiError(404, { message, reason: "NotFound", code: 404 }, `discovery of ${apiVersion}`);
        }
        return found;
    }

    /** Every kind of one group version. */
    async list(apiVersion: string): Promise<ApiResource[]> {
        return [...(await this.load(apiVersion)).values()];
    }

    forget(): void {
        this.groupVersions.clear();
    }

    private load(apiVersion: string): Promise<Map<string, ApiResource>> {
        const loading = this.fetch(groupVersionPath(apiVersion)).then((body) => {
            const { resources } = body as ApiResourceList;
            const withStatus = new Set(
                resources.filter((r) => r.name.endsWith("/status")).map((r) => r.name.slice(0, -"/status".length)),
            );
            return new Map(
                resources
                    .filter((r) => !r.name.includes("/"))
                    .map(({ name, kind, namespaced, verbs }) => [
                        kind,
                        { apiVersion, kind, plural: name, namespaced, verbs, hasStatus: withStatus.has(name) },
                    ]),
            );
        });
        this.groupVersions.set(apiVersion, loading);
        return loading;
    }
}
