/** The check for a person: one line for each disagreement of a device, however many of its ports share it, and what mends it. */
import colors from "picocolors";
import type { Disagreement } from "../../components/switches";
import type { FabricCheck } from "./check";

/** Ports that are listed by name before the rest are only counted. */
const MOST_PORTS = 8;

/** Lines to print. */
export function checkLines(check: FabricCheck): string[] {
    const groups = new Map<string, Disagreement[]>();
    for (const entry of check.disagreements) {
        const key = [entry.device, entry.setting, entry.expected, entry.found].join("\0");
        groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
    const devices = new Set(check.disagreements.map(({ device }) => device));
    return [
        ...[...groups.values()].flatMap((group) => disagreementLines(group)),
        ...check.unread.map(({ path, reason }) => `${colors.yellow("not read")} ${path}: ${reason}`),
        ...check.strangers.map((path) => `${colors.yellow("not declared")} ${path}`),
        "",
        `${String(check.devices)} devices with ${String(check.ports)} ports of ${check.fabric} (${check.kind}) compared: ` +
            (check.disagreements.length === 0
                ? "no disagreement."
                : `${String(check.disagreements.length)} disagreements on ${String(devices.size)} devices.`),
        ...(check.unread.length === 0
            ? []
            : [`${String(check.unread.length)} readings are missing; --partial allows that.`]),
    ];
}

function disagreementLines(group: readonly Disagreement[]): string[] {
    const [first] = group;
    if (first === undefined) {
        return [];
    }
    const ports = group.map(({ port }) => port).filter((port) => port !== "");
    const more = ports.length > MOST_PORTS ? [`and ${String(ports.length - MOST_PORTS)} more`] : [];
    const place = [first.device, [...ports.slice(0, MOST_PORTS), ...more].join(", ")].filter((part) => part !== "");
    return [
        `${colors.red("disagrees")} ${place.join(" ")}: ${first.setting}: expected ${first.expected}, found ${first.found}: ${first.effect}.`,
        `    mend: ${first.remedy}${ports.length > 1 ? " (and so for each port)" : ""}`,
    ];
}
