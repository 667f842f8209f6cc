/** What a plan declares that the twin must match: the Kubernetes minor, and the racks of servers that it reaches over SSH. */
import { defaultKubernetesMinor } from "../../catalog";
import type { DeclaredArtifact, DeclaredHost, DeclaredSite } from "../../twin/bare-metal/site";
import type { Plan } from "../plan/contract";

/** Inputs of BareMetalCluster and BareMetalNodePool, as far as they say what machines there are. */
interface HostInputs {
    name: string;
    address: string;
    hostKey?: string;
    nics?: { device: string; rail: number }[];
}

interface JumpInputs {
    host: string;
    port?: number;
    hostKey: string;
}

interface SshInputs {
    port?: number;
    jumpHost?: JumpInputs;
}

interface ClusterInputs {
    kubernetesVersion: string;
    servers: HostInputs[];
    ssh?: SshInputs;
}

interface PoolInputs {
    cluster: { ssh: SshInputs };
    hosts: HostInputs[];
    machineType: string;
    fabric: string;
}

const bareMetalCluster = "kilogpu:index:BareMetalCluster";
const bareMetalNodePool = "kilogpu:index:BareMetalNodePool";

/** The inputs of every component of a type. Their shape is the component's own, whose check has passed. */
function inputsOf<T>({ resources }: Plan, type: string): T[] {
    return resources.filter((resource) => resource.type === type).map(({ inputs }) => inputs as unknown as T);
}

/** Kubernetes minor of the declared cluster; the catalogue's default where the program declares none. */
export function declaredMinor(plan: Plan): string {
    const version = plan.resources.find(({ type }) => type === "aws:eks/cluster:Cluster")?.inputs["version"];
    const [rack] = inputsOf<ClusterInputs>(plan, bareMetalCluster);
    return typeof version === "string" ? version : (rack?.kubernetesVersion ?? defaultKubernetesMinor);
}

/** Hosts of the program's bare-metal clusters and pools, and what they download; undefined where it has none. */
export async function declaredSite(plan: Plan): Promise<DeclaredSite | undefined> {
    const clusters = inputsOf<ClusterInputs>(plan, bareMetalCluster);
    const pools = inputsOf<PoolInputs>(plan, bareMetalNodePool);
    if (clusters.length === 0 && pools.length === 0) {
        return undefined;
    }
    const hosts = [
        ...clusters.flatMap(({ servers, ssh }) => [
            ...servers.map((server) => declaredHost(server, ssh)),
            ...jumpHosts(ssh),
        ]),
        ...pools.flatMap(({ hosts: members, cluster: { ssh }, machineType, fabric }) =>
            members.map((host) => ({
                ...declaredHost(host, ssh),
                machineType,
                devices: [...(host.nics ?? [])].sort((a, b) => a.rail - b.rail).map(({ device }) => device),
                linkLayer: fabric === "infiniband" ? ("infiniband" as const) : ("ethernet" as const),
            })),
        ),
    ];
    // Loaded here: the components bring the whole SDK, which environments without racks do not need.
    const { scriptHashes } = await import("../../components/bare-metal/scripts.js");
    return {
        hosts: [...new Map(hosts.map((host) => [host.name, host])).values()],
        artifacts: artifactsOf(plan),
        scripts: scriptHashes(),
    };
}

function declaredHost({ name, address, hostKey = "" }: HostInputs, ssh: SshInputs | undefined): DeclaredHost {
    return { name, address, port: ssh?.port ?? 22, hostKey, devices: [], linkLayer: "ethernet" };
}

function jumpHosts(ssh: SshInputs | undefined): DeclaredHost[] {
    const jump = ssh?.jumpHost;
    return jump === undefined
        ? []
        : [
              {
                  name: `jump-${jump.host.replaceAll(/[^A-Za-z0-9-]/g, "-")}`,
                  address: jump.host,
                  port: jump.port ?? 22,
                  hostKey: jump.hostKey,
                  devices: [],
                  linkLayer: "ethernet",
              },
          ];
}

/** Downloads with their hashes, as the commands' settings name them: `RKE2_URL='…' RKE2_SHA256='…'`. */
function artifactsOf({ resources }: Plan): DeclaredArtifact[] {
    const found = new Map<string, string>();
    for (const { inputs } of resources.filter(({ type }) => type === "command:remote:Command")) {
        const command = typeof inputs["create"] === "string" ? inputs["create"] : "";
        for (const [, url, sha256] of command.matchAll(
            /\b[A-Z0-9]+_URL='([^']+)' [A-Z0-9]+_SHA256='([0-9a-f]{64})'/g,
        )) {
            found.set(url ?? "", sha256 ?? "");
        }
    }
    return [...found].map(([url, sha256]) => ({ url, sha256 }));
}
