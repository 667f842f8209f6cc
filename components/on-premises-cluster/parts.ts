/** From the composition's arguments to those of its parts. Pure: the checks and the constructor use the same functions. */
import { defaultKubernetesMinor } from "../../catalog/releases";
import type { BareMetalAccessArgs, BareMetalClusterArgs, BareMetalNodePoolArgs } from "../bare-metal";
import { bareMetalFacts } from "../bare-metal";
import type { FabricFactsArgs, RdmaFabricArgs } from "../fabric";
import { FabricMode, profilesOf } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool";
import { chartValues, mirrorsOf } from "../training-platform";
import type { OnPremisesClusterArgs, SiteArgs } from "./on-premises-cluster-args";

/** The control plane's arguments. */
export function controlPlaneArgs(site: SiteArgs): BareMetalClusterArgs {
    return {
        servers: site.servers,
        kubernetesVersion: site.kubernetesVersion ?? defaultKubernetesMinor,
        rke2: site.rke2,
        ssh: site.ssh,
        endpoint: site.endpoint,
    };
}

/** Name of the pool, and of everything that belongs to it. */
export function poolName(site: SiteArgs): string {
    return site.pool ?? site.machineType;
}

/** The pool's arguments. */
export function hostPoolArgs(site: SiteArgs, cluster: BareMetalAccessArgs): BareMetalNodePoolArgs {
    const { hosts, machineType, fabric, rollout, tuning, scratch, labels, taints, detectDrift } = site;
    const { gpuDirect, pkey } = site.rack ?? {};
    // Ports of virtual functions get their partition with the function, from UFM.
    const ofPorts = site.rack?.mode === FabricMode.Sriov ? undefined : pkey;
    return {
        cluster,
        hosts,
        machineType,
        fabric,
        site: site.name,
        rollout,
        tuning,
        scratch,
        expect: { gpuDirect, pkey: ofPorts, ...site.expect },
        labels,
        taints,
        detectDrift,
    };
}

/** The control plane's record as it will be. */
export function plannedHostAccess(site: SiteArgs): BareMetalAccessArgs {
    const { servers, kubernetesVersion, rke2, ssh } = controlPlaneArgs(site);
    const [server] = servers;
    return {
        kubernetesVersion,
        rke2,
        ssh: ssh ?? {},
        server: server ?? { name: "", address: "", rack: "", nics: [] },
        joinUrl: "planned",
        joinToken: "planned",
        kubeconfig: "planned",
    };
}

/** The pool's record as it will be. Call it on a site that has been checked. */
export function plannedHostPool(site: SiteArgs): NodePoolArgs {
    return {
        ...bareMetalFacts(poolName(site), hostPoolArgs(site, plannedHostAccess(site))),
        nodeGroupName: "planned",
    };
}

/** The fabric's arguments. */
export function hostFabricArgs(args: OnPremisesClusterArgs, pool: NodePoolArgs): RdmaFabricArgs {
    return {
        kind: args.site.fabric,
        pools: [pool],
        rack: args.site.rack,
        ...mirrorsOf(args),
        values: chartValues(args, "network-operator"),
    };
}

/** The fabric's record as it will be. */
export function plannedHostFabric(site: SiteArgs, pool: NodePoolArgs): FabricFactsArgs {
    return { kind: site.fabric, groups: profilesOf(site.fabric, [pool], site.rack), ready: site.fabric };
}
