/** A pool of GPU hosts in racks. */
import * as pulumi from "@pulumi/pulumi";
import type { NodePool } from "../gpu-node-pool/pool";
import { refuse } from "../input";
import type { InventoryHost } from "../inventory/inventory";
import type { BareMetalNodePoolArgs } from "./bare-metal-args";
import { checkBareMetalNodePool } from "./check";
import { readDrift } from "./drift";
import { bareMetalFacts, hostSettings } from "./plan";
import type { HostSettings } from "./plan";
import { rolloutStages } from "./rollout";
import type { ScriptName } from "./scripts";
import { stepCommand } from "./step";

/** Steps whose state on a host can be asked for without changing it. */
function askedSteps(args: BareMetalNodePoolArgs): ("tuning" | "storage" | "runtime" | "join")[] {
    return ["tuning", ...(args.scratch === undefined ? [] : (["storage"] as const)), "runtime", "join"];
}

/**
 * Hosts made into nodes over SSH: preflight, kernel tuning, scratch space, preflight again with what tuning was to bring, runtime, RKE2 agent, labels. Each step is a script
 * that changes nothing the second time. Hosts are taken in stages, canaries first and then rack by rack; a host that fails
 * stops the later stages, and the next update goes on from there. On destroy, or when a host leaves the list, it is drained,
 * taken out of the cluster and reset.
 */
export class BareMetalNodePool extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:BareMetalNodePool";

    /** The pool as everything inside the cluster sees it. */
    readonly pool: NodePool;
    /** Result of each host's preflight after tuning, by host name: a JSON object with `status` and `checks`. */
    readonly preflight: pulumi.Output<{ [host: string]: string }>;

    constructor(name: string, args: BareMetalNodePoolArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`BareMetalNodePool "${name}"`, checkBareMetalNodePool(args));
        super(BareMetalNodePool.__pulumiType, name, args, opts);
        const facts = bareMetalFacts(name, args);
        const settings = new Map(args.hosts.map((host) => [host.name, hostSettings(host, facts, args)]));
        const drift =
            args.detectDrift === true
                ? readDrift(
                      args.hosts.flatMap((host) =>
                          askedSteps(args).map((step) => ({ host, step, settings: settingsOf(settings, host)[step] })),
                      ),
                      args.cluster.ssh,
                  )
                : {};

        const preflights: { [host: string]: pulumi.Output<string> } = {};
        const members: pulumi.CustomResource[] = [];
        let before: pulumi.Resource[] = [];
        for (const stage of rolloutStages(args.hosts, args.rollout)) {
            const done = stage.map((host) => {
                const steps = createHost(name, host, args, settingsOf(settings, host), drift, {
                    parent: this,
                    dependsOn: before,
                });
                preflights[host.name] = steps.preflight;
                return steps.member;
            });
            members.push(...done);
            before = done;
        }

        this.preflight = pulumi.output(preflights);
        this.pool = {
            ...facts,
            nodeGroupName: pulumi.all(members.map((member) => member.id)).apply(() => name),
        };
        this.registerOutputs({ pool: this.pool, preflight: this.preflight });
    }
}

function settingsOf(settings: Map<string, HostSettings>, host: InventoryHost): HostSettings {
    const found = settings.get(host.name);
    if (found === undefined) {
        throw new Error(`${host.name} has no settings`);
    }
    return found;
}

interface HostSteps {
    preflight: pulumi.Output<string>;
    member: pulumi.CustomResource;
}

/** Script of each step. */
const SCRIPTS: { [step in keyof HostSettings]: ScriptName } = {
    preflight: "preflight",
    accept: "preflight",
    tuning: "tuning",
    storage: "storage",
    runtime: "runtime",
    join: "join",
    member: "member",
};

/** The steps of one host, each after the one before. The reset comes first, so that on destroy it runs last. */
function createHost(
    pool: string,
    host: InventoryHost,
    args: BareMetalNodePoolArgs,
    settings: HostSettings,
    drift: { [question: string]: string },
    options: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): HostSteps {
    const { ssh, server } = args.cluster;
    const driftOf = (name: keyof HostSettings): string => drift[`${host.name}/${name}`] ?? "";
    const step = (name: keyof HostSettings, after: pulumi.Resource[], secret?: pulumi.Input<string>) =>
        stepCommand(
            `${pool}-${host.name}-${name}`,
            host,
            ssh,
            {
                script: SCRIPTS[name],
                settings: settings[name],
                apply: "apply",
                // What runtime mends is in force once RKE2 has started again.
                drift:
                    name === "join" ? [driftOf("runtime"), driftOf("join")].filter(Boolean).join("\n") : driftOf(name),
                ...(secret === undefined ? {} : { secret }),
            },
            { parent: options.parent, dependsOn: after },
        );
    const reset = stepCommand(
        `${pool}-${host.name}-reset`,
        host,
        ssh,
        { script: "join", settings: settings.join, remove: "reset" },
        options,
    );
    const preflight = step("preflight", [reset]);
    const tuning = step("tuning", [preflight]);
    const storage = args.scratch === undefined ? tuning : step("storage", [tuning]);
    const accept = step("accept", [storage]);
    const runtime = step("runtime", [accept]);
    const join = step("join", [runtime], args.cluster.joinToken);
    const member = stepCommand(
        `${pool}-${host.name}-member`,
        server,
        ssh,
        { script: "member", settings: settings.member, apply: "apply", remove: "leave" },
        { parent: options.parent, dependsOn: [join] },
    );
    return { preflight: accept.stdout, member };
}
