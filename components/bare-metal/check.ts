/** What a bare-metal cluster or pool refuses. Pure. */
import { computeNics, findMachine, machineTypes } from "../../catalog/machines";
import { checkFabricKind } from "../fabric/check";
import { FabricKind } from "../fabric/profile";
import { GpuDirect } from "../fabric/rack-args";
import { checkLabels } from "../gpu-node-pool/check-scheduling";
import { at, oneOf, requirePlain, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { checkInventory } from "../inventory/check";
import type { BareMetalClusterArgs, BareMetalNodePoolArgs, Rke2Args, SshArgs } from "./bare-metal-args";
import { rackMachine } from "./plan";

const HOST_KEY = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,3}( .*)?$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** Names of arguments that would put a secret into the program and its state. */
const SECRETS = ["privateKey", "privateKeyPassword", "password"];

/** Mistakes of the connection: secrets that belong into the agent, a jump host that nobody has identified. */
export function checkSsh(path: string, ssh: SshArgs): InputProblem[] {
    const given = (where: string, value: object): InputProblem[] =>
        SECRETS.filter((name) => name in value).map((name) => ({
            path: `${where}.${name}`,
            got: "a secret",
            legal: "keys stay in the SSH agent: an argument would be in the state and in whoever's logs",
            remedy: "Remove it and run `ssh-add`.",
        }));
    return [
        ...given(path, ssh),
        ...(ssh.jumpHost === undefined
            ? []
            : [
                  ...given(`${path}.jumpHost`, ssh.jumpHost),
                  ...checkHostKey(`${path}.jumpHost.hostKey`, ssh.jumpHost.hostKey, ssh.jumpHost.host),
              ]),
    ];
}

function checkHostKey(path: string, key: string | undefined, host: string): InputProblem[] {
    return key !== undefined && HOST_KEY.test(key)
        ? []
        : [
              {
                  path,
                  got: show(key),
                  legal: "the public host key is needed: without it anybody on the way can be the host",
                  remedy: `Run \`ssh-keyscan -t ed25519 ${host}\` on a network that you trust and copy the part after the name.`,
              },
          ];
}

/** Machines whose host key is missing or none. */
export function checkHosts(path: string, hosts: readonly { address: string; hostKey?: string }[]): InputProblem[] {
    return hosts.flatMap((host, index) =>
        checkHostKey(`${path}[${String(index)}].hostKey`, host.hostKey, host.address),
    );
}

function checkRke2(rke2: Rke2Args, kubernetesVersion: string): InputProblem[] {
    const problems: InputProblem[] = [];
    const hash = (path: string, value: string | undefined): void => {
        if (value === undefined || !SHA256.test(value)) {
            problems.push({
                path,
                got: show(value),
                legal: "64 hexadecimal digits, which every host checks before it unpacks the archive",
                remedy: "Copy the line from the release's sha256sum file.",
            });
        }
    };
    if (!/^v\d+\.\d+\.\d+\+rke2r\d+$/.test(rke2.version) || !rke2.version.startsWith(`v${kubernetesVersion}.`)) {
        problems.push({
            path: "rke2.version",
            got: show(rke2.version),
            legal: `an RKE2 release of Kubernetes ${kubernetesVersion}, v${kubernetesVersion}.N+rke2rN`,
            remedy: "Give a release of that minor, or another kubernetesVersion.",
        });
    }
    hash("rke2.sha256", rke2.sha256);
    if (rke2.imagesUrl !== undefined) {
        hash("rke2.imagesSha256", rke2.imagesSha256);
    }
    return problems;
}

/** All mistakes of a cluster's arguments. */
export function checkBareMetalCluster(args: BareMetalClusterArgs): InputProblem[] {
    const plain = requirePlain({ servers: args.servers, kubernetesVersion: args.kubernetesVersion, rke2: args.rke2 });
    if (plain.length > 0) {
        return plain;
    }
    return [
        ...(args.servers.length % 2 === 1 && args.servers.length <= 7
            ? []
            : [
                  {
                      path: "servers",
                      got: String(args.servers.length),
                      legal: "1, 3, 5 or 7: etcd needs a majority, and an even number stands no more losses than one less",
                      remedy: "Give three servers for high availability.",
                  },
              ]),
        ...(new Set(args.servers.map((server) => server.address)).size === args.servers.length
            ? []
            : [
                  {
                      path: "servers",
                      got: "one address twice",
                      legal: "each server is a host of its own",
                      remedy: "Correct the addresses.",
                  },
              ]),
        ...checkHosts("servers", args.servers),
        ...checkSsh("ssh", args.ssh ?? {}),
        ...checkRke2(args.rke2, args.kubernetesVersion),
    ];
}

/** All mistakes of a pool's arguments. */
export function checkBareMetalNodePool(args: BareMetalNodePoolArgs): InputProblem[] {
    const plain = requirePlain({
        hosts: args.hosts,
        machineType: args.machineType,
        fabric: args.fabric,
        site: args.site,
    });
    if (plain.length > 0) {
        return plain;
    }
    const machine = oneOf("machineType", args.machineType, machineTypes());
    const kind = oneOf("fabric", args.fabric, Object.values(FabricKind));
    if (machine.length > 0 || kind.length > 0) {
        return [...machine, ...kind];
    }
    return [
        ...checkInventory({ name: args.site, machineType: args.machineType, hosts: args.hosts }),
        ...checkHosts("hosts", args.hosts),
        ...checkMachines(args),
        ...checkFabric(args),
        ...checkSsh("cluster.ssh", args.cluster.ssh),
        ...checkLabels(args.labels ?? {}),
        ...wholeNumber("rollout.canaries", args.rollout?.canaries ?? 1, { min: 0, max: 64 }),
        ...wholeNumber("rollout.racks", args.rollout?.racks ?? 1, { min: 1, max: 1024 }),
        ...wholeNumber("rollout.maxUnavailable", args.rollout?.maxUnavailable ?? 4, { min: 1, max: 1024 }),
        ...wholeNumber("expect.diskGib", args.expect?.diskGib ?? 100, { min: 1, max: 1_000_000 }),
        ...wholeNumber("expect.pkey", args.expect?.pkey ?? 1, { min: 1, max: 0x7ffe }),
        ...(args.expect?.gpuDirect === undefined
            ? []
            : oneOf("expect.gpuDirect", args.expect.gpuDirect, Object.values(GpuDirect))),
        ...checkKernelArguments(args.tuning?.kernelArguments ?? []),
        ...wholeNumber("tuning.hugepages", args.tuning?.hugepages ?? 0, { min: 0, max: 1_048_576 }),
        ...(args.scratch === undefined ? [] : checkScratch(args.machineType, args.scratch.disks)),
    ];
}

/** They go through a shell's words and GRUB's quotes. */
function checkKernelArguments(given: readonly string[]): InputProblem[] {
    return given.flatMap((argument, index) =>
        /^[A-Za-z0-9_.,:=@/+-]+$/.test(argument)
            ? []
            : [
                  {
                      path: `tuning.kernelArguments[${String(index)}]`,
                      got: show(argument),
                      legal: "one argument each, of letters, digits and _ . , : = @ / + -",
                      remedy: "Split it at its blanks.",
                  },
              ],
    );
}

function checkMachines(args: BareMetalNodePoolArgs): InputProblem[] {
    return args.hosts.flatMap((host, index) =>
        host.machineType === undefined || host.machineType === args.machineType
            ? []
            : [
                  {
                      path: `hosts[${String(index)}].machineType`,
                      got: show(host.machineType),
                      legal: `this pool's machines are ${args.machineType}: a gang waits for its slowest node`,
                      remedy: "Put the host into a pool of its own type.",
                  },
              ],
    );
}

function checkFabric(args: BareMetalNodePoolArgs): InputProblem[] {
    const entry = findMachine(args.machineType);
    if (entry === undefined || args.fabric === FabricKind.Tcp) {
        return [];
    }
    const layer = args.fabric === FabricKind.Infiniband ? "infiniband" : "ethernet";
    const unfit = computeNics(entry).filter((nic) => !nic.linkTypes.includes(layer));
    if (args.fabric !== FabricKind.Efa && unfit.length > 0) {
        return [
            {
                path: "fabric",
                got: show(args.fabric),
                legal: `${unfit.map((nic) => nic.model).join(", ")} of ${entry.type} can't join it`,
                remedy: "Choose the fabric that the NICs are made for.",
            },
        ];
    }
    return checkFabricKind("fabric", rackMachine(entry, args.fabric, args.hosts[0]), args.fabric);
}

function checkScratch(machineType: string, disks: number): InputProblem[] {
    return at(
        "scratch",
        wholeNumber("disks", disks, { min: 1, max: Math.max(1, findMachine(machineType)?.nvme.disks ?? 1) }),
    );
}
