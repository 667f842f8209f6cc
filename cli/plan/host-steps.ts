/**
 * What a change does to the hosts of a site: each step of a host is a command over SSH, and what it does follows from the settings that differ.
 * Of many hosts with one and the same change a person reads one line. Source: the steps' own scripts, components/bare-metal/scripts.
 */
import { rolloutStages } from "../../components/bare-metal/rollout";
import { launchedStep } from "../../components/bare-metal/scripts";
import type { InventoryHost } from "../../components/inventory/inventory";
import type { ResourceChange } from "./compare";
import type { PlannedResource } from "./contract";
import { Disruption, type Consequence } from "./disruption";

const REMOTE_COMMAND = "command:remote:Command";

/** Settings whose change only takes effect with a boot, and those with which RKE2 starts. */
const NEEDS_REBOOT = ["KERNEL_ARGUMENTS", "RDMA_NETNS"];
const STARTS_RKE2 = [
    "RKE2_VERSION",
    "NODE_NAME",
    "NODE_ADDRESS",
    "SERVER_URL",
    "NODE_TAINTS",
    "TLS_SANS",
    "REGISTRY_MIRROR",
    "REGISTRY_CA",
];

/** What a changed step does to its host; undefined for resources that are no step of a host. */
export function hostConsequence(before: PlannedResource, after: PlannedResource): Consequence | undefined {
    const [old, now] = [commandOf(before), commandOf(after)];
    if (after.type !== REMOTE_COMMAND || old === undefined || now === undefined) {
        return undefined;
    }
    const changed = [...new Set([...Object.keys(old.settings), ...Object.keys(now.settings)])]
        .filter((name) => old.settings[name] !== now.settings[name])
        .sort();
    const among = (names: readonly string[]): string[] => changed.filter((name) => names.includes(name));
    if (now.script === "tuning" && among(NEEDS_REBOOT).length > 0) {
        const why = among(NEEDS_REBOOT).join(", ");
        return {
            disruption: Disruption.Restart,
            effect:
                now.settings["ALLOW_REBOOT"] === "1"
                    ? `reboots for ${why}; the update stops at a host whose GPUs are in use`
                    : `needs a reboot for ${why}, which tuning.allowReboot forbids: the update stops at the first host`,
        };
    }
    if (now.script === "join" && now.mode === "apply" && among(STARTS_RKE2).length > 0) {
        return {
            disruption: Disruption.Restart,
            effect: `RKE2 restarts for ${among(STARTS_RKE2).join(", ")}; what runs in pods goes on`,
        };
    }
    return {
        disruption: Disruption.InPlace,
        effect: changed.length === 0 ? "its script runs again" : `${now.script} runs again for ${changed.join(", ")}`,
    };
}

/** Whether the engine makes a command's resource anew, which runs it again and takes nothing away. */
export function runsAgain(type: string, paths: readonly string[]): boolean {
    return type === REMOTE_COMMAND && paths.some((path) => path.startsWith("triggers"));
}

function commandOf({ inputs }: PlannedResource): ReturnType<typeof launchedStep> {
    const texts = [inputs["create"], inputs["delete"]].filter((text) => typeof text === "string");
    return texts.map(launchedStep).find((step) => step !== undefined);
}

/** The host that a step is of, by the name that pool and cluster give their commands: `<component>-<host>-<step>`. */
export function hostOf({ type, name }: { type: string; name: string }, component: PlannedResource): string | undefined {
    const prefix = `${component.name}-`;
    const end = name.lastIndexOf("-");
    return type === REMOTE_COMMAND && name.startsWith(prefix) && end > prefix.length
        ? name.slice(prefix.length, end)
        : undefined;
}

/** What a pool's changes do to its hosts, one sentence for each kind: how many hosts, and in how many stages. */
export function hostEffects(changes: readonly ResourceChange[], pool: PlannedResource): string[] {
    const hosts = new Map<string, string[]>();
    for (const { host, effect } of changes) {
        if (host !== undefined) {
            hosts.set(effect, [...(hosts.get(effect) ?? []), host]);
        }
    }
    return [...hosts].map(([effect, names]) => {
        const stages = stagesOf(names, pool);
        const one = names.length === 1;
        return `${one ? (names[0] ?? "") : `${names.length} hosts`}${stages > 1 ? `, in ${stages} stages` : ""}: ${effect}`;
    });
}

/** Stages of the rollout in which some of these hosts are. */
function stagesOf(names: readonly string[], { inputs }: PlannedResource): number {
    const hosts = inputs["hosts"];
    if (!Array.isArray(hosts)) {
        return 1;
    }
    return rolloutStages(hosts as unknown as InventoryHost[], (inputs["rollout"] ?? {}) as object).filter((stage) =>
        stage.some(({ name }) => names.includes(name)),
    ).length;
}

/** A change as a line shows it: of many hosts with the same change, the name that stands for all. */
export interface ShownChange extends ResourceChange {
    /** How many resources the line stands for. */
    count: number;
}

/** Changes of one kind to one step of more than two hosts become one, where the first of them was. */
export function folded(changes: readonly ResourceChange[]): ShownChange[] {
    const groups = new Map<string, ResourceChange[]>();
    for (const change of changes) {
        const { host, type, name, paths, effect } = change;
        const id =
            host === undefined
                ? change.urn
                : JSON.stringify([change.change, type, name.replace(`-${host}-`, "-*-"), paths, effect]);
        groups.set(id, [...(groups.get(id) ?? []), change]);
    }
    return [...groups.values()].flatMap((group): ShownChange[] => {
        const [first] = group;
        if (first?.host === undefined || group.length <= 2) {
            return group.map((change) => ({ ...change, count: 1 }));
        }
        return [{ ...first, name: first.name.replace(`-${first.host}-`, "-*-"), count: group.length }];
    });
}
