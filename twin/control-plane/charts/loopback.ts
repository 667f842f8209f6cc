/**
 * Makes the webhooks of a chart reachable. There is no pod network: the Service of a webhook becomes an ExternalName of 127.0.0.1, and the
 * reference to it names the controller's port. The API server still verifies `<service>.<namespace>.svc`, as in a cluster.
 */
import type { KubernetesObject } from "../api-client";

interface ClientConfig {
    service?: { name: string; namespace: string; path?: string; port?: number };
    caBundle?: string;
}

export interface WebhookPlace {
    port: number;
    /** PEM. */
    certificateAuthority: string;
}

/** Names of the Services that webhooks and conversions of these objects call, as `<namespace>/<name>`. */
export function webhookServices(objects: KubernetesObject[]): Set<string> {
    return new Set(
        objects
            .flatMap(clientConfigs)
            .flatMap(({ service }) => (service === undefined ? [] : [`${service.namespace}/${service.name}`])),
    );
}

/** The objects with their webhooks led to `placeOf(<namespace>/<name> of the Service)`; those of other Services stay as they are. */
export function onLoopback(
    objects: KubernetesObject[],
    placeOf: (service: string) => WebhookPlace | undefined,
): KubernetesObject[] {
    return objects.map((original) => {
        const object = structuredClone(original);
        for (const config of clientConfigs(object)) {
            const place = config.service && placeOf(`${config.service.namespace}/${config.service.name}`);
            if (config.service !== undefined && place !== undefined) {
                config.service.port = place.port;
                config.caBundle = Buffer.from(place.certificateAuthority).toString("base64");
            }
        }
        const place = placeOf(`${object.metadata.namespace ?? ""}/${object.metadata.name}`);
        if (object.kind === "Service" && place !== undefined) {
            const { ports } = object["spec"] as { ports?: unknown };
            object["spec"] = { type: "ExternalName", externalName: "127.0.0.1", ports };
        }
        return object;
    });
}

function clientConfigs(object: KubernetesObject): ClientConfig[] {
    if (object.kind === "MutatingWebhookConfiguration" || object.kind === "ValidatingWebhookConfiguration") {
        return ((object["webhooks"] ?? []) as { clientConfig: ClientConfig }[]).map(({ clientConfig }) => clientConfig);
    }
    if (object.kind === "CustomResourceDefinition") {
        const { conversion } = object["spec"] as { conversion?: { webhook?: { clientConfig?: ClientConfig } } };
        return conversion?.webhook?.clientConfig === undefined ? [] : [conversion.webhook.clientConfig];
    }
    return [];
}
