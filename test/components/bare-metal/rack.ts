/** A rack for tests: hosts of four to a rack, 32 to a unit, wired by rail. */
import { FabricKind } from "../../../components/fabric";
import type { BareMetalClusterArgs, BareMetalNodePoolArgs } from "../../../components/bare-metal";
import type { InventoryHost } from "../../../components/inventory";
import * as pulumi from "@pulumi/pulumi";

export const key = (seed: number): string =>
    `ssh-ed25519 ${Buffer.from(`host-key-${String(seed).padStart(24, "0")}`).toString("base64")}`;

export function hosts(count: number): InventoryHost[] {
    return Array.from({ length: count }, (_, node) => ({
        name: `gpu-${String(node + 1).padStart(3, "0")}`,
        address: `10.0.0.${node + 10}`,
        hostKey: key(node),
        rack: `r${String(Math.floor(node / 4) + 1).padStart(2, "0")}`,
        pod: "p1",
        nics: Array.from({ length: 8 }, (__, rail) => ({
            device: `mlx5_${rail}`,
            rail,
            leaf: `leaf-u${Math.floor(node / 32) + 1}-r${rail + 1}`,
        })),
    }));
}

const servers = [1, 2, 3].map((index): InventoryHost => ({
    name: `cp-${index}`,
    address: `10.0.1.${index}`,
    hostKey: key(1000 + index),
    rack: "m01",
    nics: [],
}));

export const clusterArgs: BareMetalClusterArgs = {
    servers,
    kubernetesVersion: "1.35",
    rke2: { version: "v1.35.4+rke2r1", sha256: "a".repeat(64) },
    endpoint: "k8s.example",
};

/** `secret` is planted where the join token goes. */
export const poolArgs = (count: number, secret = "K10planted-secret"): BareMetalNodePoolArgs => ({
    cluster: {
        kubernetesVersion: "1.35",
        rke2: clusterArgs.rke2,
        ssh: {},
        server: servers[0] ?? ({} as InventoryHost),
        joinUrl: "https://k8s.example:9345",
        joinToken: pulumi.secret(secret),
        kubeconfig: pulumi.secret("kubeconfig"),
    },
    hosts: hosts(count),
    machineType: "hgx-h100",
    fabric: FabricKind.Infiniband,
    site: "dc1",
});
