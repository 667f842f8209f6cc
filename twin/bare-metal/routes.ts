/** Where the API server of a site's control plane is really to be found: its names and addresses exist in no DNS. */
import { readControlPlane } from "../control-plane/control-plane";
import { readSiteCluster } from "./site";

/** Port of RKE2's API server. */
const apiPort = "6443";

/**
 * The loopback URL behind the URL of a kubeconfig; the URL itself where it is none of a site's.
 *
 * @throws Error where the site's API server has no such name in its certificate.
 */
export function routeApiServer(environment: string, server: string): string {
    const cluster = readSiteCluster(environment);
    const plane = cluster === undefined ? undefined : readControlPlane(environment);
    const url = URL.canParse(server) ? new URL(server) : undefined;
    if (cluster === undefined || plane === undefined || url?.port !== apiPort) {
        return server;
    }
    if (!cluster.names.includes(url.hostname)) {
        throw new Error(
            `tls: failed to verify certificate: x509: certificate is valid for ${cluster.names.join(", ")}, not ${url.hostname}`,
        );
    }
    return plane.server;
}
