/** What it takes to go from one lock to another: which versions move, what restarts, drains or reboots, and whether now is a time for it. */
import { chartConsequence, Disruption, GRAVITY } from "../plan/disruption";
import type { FreezeWindow, Lock } from "./lock";

/** One version that moves. */
export interface UpgradeStep {
    /** For example `chart gpu-operator` or `add-on vpc-cni`. */
    what: string;
    /** Absent where it is new. */
    from?: string;
    /** Absent where it goes. */
    to?: string;
    disruption: Disruption;
    effect: string;
}

/** Effects of add-ons, by EKS's own documentation of each. */
const ADDON_EFFECTS: { [addon: string]: string } = {
    "vpc-cni": "the CNI restarts on every node; running pods keep their addresses, new pods wait a few seconds",
    coredns: "CoreDNS rolls; lookups keep working",
    "kube-proxy": "kube-proxy restarts on every node; existing connections stay",
    "aws-ebs-csi-driver": "the driver restarts; attached volumes stay",
    "eks-pod-identity-agent": "the agent restarts; credentials already handed out stay valid",
    "eks-node-monitoring-agent": "the agent restarts; node repair is blind for that moment",
};

/** Driver-level changes reach a node only by a new image or a reloaded module. */
const DRIVER_EFFECTS: { [driver: string]: { disruption: Disruption; effect: string } } = {
    "nvidia-driver": {
        disruption: Disruption.Replace,
        effect: "nodes are drained; the driver is reloaded (operator) or the node replaced by one with a newer AMI",
    },
    "efa-installer": {
        disruption: Disruption.Replace,
        effect: "nodes are replaced by ones with a newer AMI; rebuild training images with the same libfabric",
    },
    "doca-ofed": {
        disruption: Disruption.Replace,
        effect: "nodes are drained one by one and the RDMA driver is reloaded",
    },
    nccl: { disruption: Disruption.Restart, effect: "training images are rebuilt; jobs take it at their next start" },
    cuda: { disruption: Disruption.Restart, effect: "training images are rebuilt; jobs take it at their next start" },
};

function moved(
    what: string,
    from: string | undefined,
    to: string | undefined,
    consequence: { disruption: Disruption; effect: string },
): UpgradeStep[] {
    return from === to
        ? []
        : [{ what, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...consequence }];
}

function names(...lists: (readonly string[])[]): string[] {
    return [...new Set(lists.flat())].sort();
}

/** The steps from one lock to the other, the gravest first. */
export function upgradeSteps(before: Lock, after: Lock): UpgradeStep[] {
    const chart = (lock: Lock, release: string) =>
        lock.charts.find((entry) => `${entry.namespace}/${entry.release}` === release);
    const releases = names(
        ...[before, after].map((lock) => lock.charts.map((entry) => `${entry.namespace}/${entry.release}`)),
    );
    const steps = [
        ...moved("Kubernetes", before.kubernetes, after.kubernetes, {
            disruption: Disruption.Replace,
            effect: "the control plane is upgraded one minor at a time, then every node is drained and replaced",
        }),
        ...releases.flatMap((release) => {
            const [old, now] = [chart(before, release), chart(after, release)];
            const name = (now ?? old)?.chart ?? release;
            return moved(`chart ${name}`, old?.version, now?.version, chartConsequence(name, ["version"]));
        }),
        ...names(
            before.addons.map(({ name }) => name),
            after.addons.map(({ name }) => name),
        ).flatMap((name) => {
            const version = (lock: Lock): string | undefined =>
                lock.addons.find((addon) => addon.name === name)?.version;
            return moved(`add-on ${name}`, version(before), version(after), {
                disruption: Disruption.InPlace,
                effect: ADDON_EFFECTS[name] ?? "the add-on's pods roll",
            });
        }),
        ...names(Object.keys(before.drivers), Object.keys(after.drivers)).flatMap((name) =>
            moved(
                `driver ${name}`,
                before.drivers[name],
                after.drivers[name],
                DRIVER_EFFECTS[name] ?? { disruption: Disruption.Restart, effect: "nodes are drained" },
            ),
        ),
    ];
    return steps.sort((a, b) => GRAVITY.indexOf(b.disruption) - GRAVITY.indexOf(a.disruption));
}

/** The freeze that holds at a time, if one does; windows include their start and exclude their end. */
export function freezeAt(lock: Lock, time: Date): FreezeWindow | undefined {
    return lock.freezes.find(
        ({ start, end }) => time.getTime() >= Date.parse(start) && time.getTime() < Date.parse(end),
    );
}
