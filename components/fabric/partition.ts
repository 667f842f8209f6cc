/**
 * Virtual functions in an InfiniBand partition of their own: UFM gives each function's GUID the partition, told by ib-kubernetes, which reads
 * the partition from the network. SriovIBNetwork has no field for it, so the network is a NetworkAttachmentDefinition of ours. Pure.
 */
import type { FabricObject } from "./network-operator";

/** GUIDs that ib-kubernetes gives away: locally administered, as in the network operator's own example (example/crs, v26.4.1). */
const GUIDS = { first: "02:00:00:00:00:00:00:00", last: "02:FF:FF:FF:FF:FF:FF:FF" };

/** NicClusterPolicy's section. */
export function ibKubernetes(image: object, ufmSecret: string): { [field: string]: unknown } {
    return { ...image, pKeyGUIDPoolRangeStart: GUIDS.first, pKeyGUIDPoolRangeEnd: GUIDS.last, ufmSecret };
}

/** A partition key as InfiniBand's tools write it, with the bit of full membership. */
export function fullMember(pkey: number): string {
    return `0x${(pkey + 0x8000).toString(16)}`;
}

/** The network of the virtual functions. */
export function partitionNetwork(name: string, resource: string, pkey: number): FabricObject {
    return {
        apiVersion: "k8s.cni.cncf.io/v1",
        kind: "NetworkAttachmentDefinition",
        metadata: {
            name,
            namespace: "default",
            annotations: { "k8s.v1.cni.cncf.io/resourceName": resource },
        },
        spec: {
            config: JSON.stringify({
                cniVersion: "0.3.1",
                name,
                type: "ib-sriov",
                pkey: `0x${pkey.toString(16)}`,
                link_state: "enable",
                ibKubernetesEnabled: true,
                ipam: { type: "nv-ipam", poolName: name },
            }),
        },
    };
}
