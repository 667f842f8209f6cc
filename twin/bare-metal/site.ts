/** The racks of one twin: which hosts stand there, and where their files lie. */
import { join } from "node:path";
import { tmpdir } from "node:os";
import { twinHome } from "../places";
import { digest } from "../providers/cloud-store";
import { readStored } from "../providers/stored";

/** A host as the program declares it. */
export interface DeclaredHost {
    name: string;
    /** Address that the program connects to. The twin answers for it on loopback. */
    address: string;
    /** SSH port that the program connects to. */
    port: number;
    /** Public key that the program pins, `ssh-ed25519 AAAA…`. */
    hostKey: string;
    /** Machine type of the catalogue; undefined for hosts without GPUs. */
    machineType?: string;
    /** RDMA devices that training uses. */
    devices: string[];
    /** What those devices speak. */
    linkLayer: "infiniband" | "ethernet";
}

/** A file that hosts download, with the hash that the program gives. */
export interface DeclaredArtifact {
    url: string;
    sha256: string;
}

/** What a program needs of the machines around it. */
export interface DeclaredSite {
    hosts: DeclaredHost[];
    artifacts: DeclaredArtifact[];
    /** SHA-256 of the scripts that a host runs: any other command is refused, because it would run on the user's machine. */
    scripts: string[];
}

/** A host of the twin. */
export interface TwinHost extends DeclaredHost {
    /** Loopback port of its SSH server. */
    listen: number;
    /** Public key of its SSH server: nobody has the private half of the declared one. */
    twinKey: string;
}

/** The site as it was last built. */
export interface TwinSite {
    hosts: TwinHost[];
    scripts: string[];
    /** Path of the real kubectl, which hosts of the control plane run. */
    kubectl: string;
}

/** The control plane as its first server made it. */
export interface SiteCluster {
    /** What agents must bring. */
    token: string;
    /** Names and addresses that the API server's certificate holds. */
    names: string[];
    /** Kubernetes version of the RKE2 that the first server runs, `v1.35.3+rke2r3`. */
    version: string;
}

/** Files of the whole site. */
export interface SitePlaces {
    home: string;
    /** `TwinSite`. */
    record: string;
    /** `SiteCluster`; absent while no server runs. */
    cluster: string;
    /** Private key of whoever operates the site; the agent holds it. */
    operatorKey: string;
    agentSocket: string;
    /** Holds the path of the agent's socket, for the twin's `ssh`. */
    agentSocketFile: string;
    /** `address port listen` a line: what the `ssh` of the twin reads instead of asking DNS. */
    routes: string;
    /** sed script: the pinned key of a declared host becomes the key of the twin's host. */
    hostKeys: string;
    /** Keys of the twin's hosts by declared address, for a user's own `ssh`. */
    knownHosts: string;
    /** Downloads: `url file` a line, and a sed script from declared hashes to those of the twin's files. */
    downloads: string;
    hashes: string;
    /** Files that hosts download. */
    artifacts: string;
    /** Commands of the hosts, first on their PATH. */
    commands: string;
    /** Where hosts say what happened to their services. */
    events: string;
    /** Recorded answers of hardware commands, one folder a machine type. */
    answers: string;
    /** Written by the process that serves SSH once it listens. */
    ready: string;
}

/** Longest path of a Unix socket that every system takes. */
const longestSocketPath = 100;

export function sitePlaces(environment: string): SitePlaces {
    const home = join(twinHome(environment), "site");
    const at = (...path: string[]): string => join(home, ...path);
    const agent = at("agent");
    return {
        home,
        record: at("site.json"),
        cluster: at("cluster.json"),
        operatorKey: at("operator"),
        agentSocket: agent.length <= longestSocketPath ? agent : join(tmpdir(), `kilogpu-${digest(agent, 16)}.agent`),
        agentSocketFile: at("agent-socket"),
        routes: at("routes"),
        hostKeys: at("host-keys.sed"),
        knownHosts: at("known_hosts"),
        downloads: at("downloads"),
        hashes: at("hashes.sed"),
        artifacts: at("artifacts"),
        commands: at("commands"),
        events: at("events"),
        answers: at("answers"),
        ready: at("ready"),
    };
}

/** Files of one host. */
export interface HostPlaces {
    home: string;
    /** What the host sees as `/`. */
    root: string;
    /** Answers that differ from those of its machine type: how a test, or a person, breaks one host. */
    answers: string;
    /** Every hardware command that was called, one a line. */
    calls: string;
    /** Private key of its SSH server. */
    hostKey: string;
    temporary: string;
    /** There while the host has been told to reboot and has not yet. */
    rebooting: string;
}

export function hostPlaces(environment: string, host: string): HostPlaces {
    const home = join(sitePlaces(environment).home, "hosts", host);
    const at = (...path: string[]): string => join(home, ...path);
    return {
        home,
        root: at("root"),
        answers: at("answers"),
        calls: at("calls.log"),
        hostKey: at("host_key"),
        temporary: at("tmp"),
        rebooting: at("rebooting"),
    };
}

/** Undefined where the environment has no hosts of its own. */
export function readSite(environment: string): TwinSite | undefined {
    return readStored<TwinSite>(sitePlaces(environment).record);
}

/** Undefined while no server of a control plane runs. */
export function readSiteCluster(environment: string): SiteCluster | undefined {
    return readStored<SiteCluster>(sitePlaces(environment).cluster);
}

/** A public key without its comment, to be compared. */
export function bareKey(key: string): string {
    return key.trim().split(/\s+/).slice(0, 2).join(" ");
}

/** The host that answers for an address and port of the program. */
export function hostAt(site: TwinSite, address: string, port: number): TwinHost | undefined {
    return site.hosts.find((host) => host.address === address && host.port === port);
}
