/** The plan as a person reads it in a terminal: tree, inventory, cost, rules, next command. */
import colors from "picocolors";
import { hoursPerMonth } from "../../catalog/prices";
import { dollars, grouped, table } from "../table";
import type { Plan, PlanMessage, PlannedResource, PolicyResult } from "./contract";

/** Children of one parent that share a type are folded into one line from this many on. */
const FOLD_FROM = 4;

function shortType(type: string): string {
    const [pkg, , name] = type.split(":");
    const plain = name ?? type;
    return pkg === "kilogpu" ? colors.cyan(plain) : `${pkg === "kubernetes" ? "k8s" : (pkg ?? "")}:${plain}`;
}

/** The resource tree: our components in full, runs of alike children folded. */
export function renderTree(resources: readonly PlannedResource[]): string[] {
    const children = new Map<string | null, PlannedResource[]>();
    for (const resource of resources) {
        const siblings = children.get(resource.parent);
        if (siblings === undefined) {
            children.set(resource.parent, [resource]);
        } else {
            siblings.push(resource);
        }
    }
    const lines: string[] = [];
    const visit = (parent: string | null, indent: string): void => {
        const siblings = (children.get(parent) ?? []).filter(
            (resource) => !resource.type.startsWith("pulumi:providers:"),
        );
        const byType = new Map<string, PlannedResource[]>();
        for (const resource of siblings) {
            const key = children.has(resource.urn) ? resource.urn : resource.type;
            byType.set(key, [...(byType.get(key) ?? []), resource]);
        }
        const groups = [...byType.values()];
        groups.forEach((group, index) => {
            const last = index === groups.length - 1;
            const first = group[0];
            if (first === undefined) {
                return;
            }
            if (group.length >= FOLD_FROM) {
                lines.push(`${indent}${last ? "└─" : "├─"} ${shortType(first.type)} × ${group.length}`);
                return;
            }
            group.forEach((resource, position) => {
                const end = last && position === group.length - 1;
                lines.push(`${indent}${end ? "└─" : "├─"} ${shortType(resource.type)} ${resource.name}`);
                visit(resource.urn, `${indent}${end ? "   " : "│  "}`);
            });
        });
    };
    const stack = resources.find((resource) => resource.parent === null);
    visit(stack?.urn ?? null, "");
    return lines;
}

function renderInventory(plan: Plan): string[] {
    // Servers of a site have no EFA, and their control plane is no node group.
    const cloud = plan.pools.some((pool) => pool.capacity !== "owned");
    const rows = plan.pools.map((pool) => [
        pool.name,
        pool.instanceType,
        grouped(pool.nodes),
        grouped(pool.gpus) + (pool.schedulableGpus === pool.gpus ? "" : ` (${grouped(pool.schedulableGpus)} shared)`),
        ...(cloud ? [grouped(pool.efaInterfaces)] : []),
        pool.fabric,
        pool.zone,
        rate(pool.hourlyUsd),
        rate(pool.monthlyUsd),
        pool.start === undefined ? pool.capacity : `${pool.capacity} ${pool.start} – ${pool.end ?? ""}`,
    ]);
    const { totals } = plan;
    rows.push([
        "total",
        "",
        grouped(totals.nodes),
        grouped(totals.gpus),
        ...(cloud ? [grouped(totals.efaInterfaces)] : []),
        "",
        "",
        "",
        "",
        cloud ? `and ${grouped(totals.systemNodes)} system nodes` : "",
    ]);
    return table(
        [
            { heading: "pool" },
            { heading: "type" },
            { heading: "nodes", right: true },
            { heading: "GPUs", right: true },
            ...(cloud ? [{ heading: "EFA", right: true }] : []),
            { heading: "fabric" },
            { heading: "zone" },
            { heading: "$/hour", right: true },
            { heading: "$/month", right: true },
            { heading: "capacity" },
        ],
        rows,
    );
}

/** Dollars, or that nobody gives a rate. */
function rate(usd: number | null | undefined): string {
    return usd === null || usd === undefined ? "no rate" : dollars(usd);
}

function renderCost(plan: Plan): string[] {
    const rows = plan.cost.items.map((item) => [
        item.name,
        item.kind,
        `${grouped(item.quantity)} ${item.unit}`,
        rate(item.hourlyUsd),
        rate(item.hourlyUsd === null ? null : item.hourlyUsd * hoursPerMonth),
        item.lowHourlyUsd === undefined
            ? (item.note ?? "")
            : `${dollars(item.lowHourlyUsd)} – ${dollars(item.highHourlyUsd ?? item.lowHourlyUsd)}`,
    ]);
    rows.push([
        "total",
        "",
        "",
        dollars(plan.cost.hourlyUsd),
        dollars(plan.cost.monthlyUsd),
        `a month of ${String(hoursPerMonth)} h${plan.cost.asOf === "" ? "" : `, rates as of ${plan.cost.asOf}`}`,
    ]);
    return table(
        [
            { heading: "cost" },
            { heading: "kind" },
            { heading: "quantity" },
            { heading: "$/hour", right: true },
            { heading: "$/month", right: true },
            { heading: "" },
        ],
        rows,
    );
}

/** One violation with its resource's name, the level in front. */
export function renderPolicy(result: PolicyResult): string {
    const level = result.level === "mandatory" ? colors.red("mandatory") : colors.yellow("advisory ");
    return `${level} ${colors.bold(result.policy)} ${result.urn.split("::").pop() ?? ""}: ${result.message}`;
}

/** One note or warning of the program. */
function renderMessage({ severity, text }: PlanMessage): string {
    return `${severity === "warning" ? colors.yellow("warning:") : "note:"} ${text.trimEnd()}`;
}

/** The whole plan. `next` is the command to type after it. */
export function renderPlan(plan: Plan, next: string): string[] {
    const when = plan.at === null ? "" : `, at ${plan.at}`;
    const mandatory = plan.policies.filter((result) => result.level === "mandatory").length;
    return [
        colors.bold(`${plan.environment}: ${grouped(plan.resources.length)} resources${when}`),
        "",
        ...renderTree(plan.resources),
        "",
        ...renderInventory(plan),
        "",
        ...renderCost(plan),
        "",
        ...plan.monitoring.flatMap(({ sentence }) => [sentence, ""]),
        plan.policies.length === 0
            ? colors.green("No rule is violated.")
            : `${grouped(plan.policies.length)} violations, ${grouped(mandatory)} of them mandatory:`,
        ...plan.policies.map(renderPolicy),
        ...(plan.lookups.length === 0
            ? []
            : ["", `Left open, because only a cloud can answer: ${plan.lookups.join(", ")}`]),
        ...(plan.messages.length === 0 ? [] : ["", ...plan.messages.map(renderMessage)]),
        "",
        `Next: ${colors.bold(next)}`,
    ];
}
