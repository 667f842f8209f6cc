/**
 * The picture of a fabric, 1,600 px wide: tiers from the core down, pods as panels. What does not fit is drawn as one box that
 * says how many switches it stands for; a line is a bundle, and the legend says of how many cables.
 */
import { MOST_BOXES, boxesOf, grouped, line, picture } from "./boxes";
import type { Box, Row } from "./boxes";
import { billOfMaterials, fabricCounts } from "./bill";
import { coreName, leafName, spineName } from "./fabric-plan";
import type { FabricPlan } from "./fabric-plan";

/** Boxes of a tier that is drawn in groups: wide enough for their labels. */
const MOST_GROUPS = 24;
/** Lines of one tier above which only one per group is drawn. */
const MOST_LINES = 1600;

const COLOURS = { core: "#8250df", spine: "#2f6feb", leaf: "#1a7f37", node: "#57606a" };

/** The picture as SVG text. */
export function drawFabric(plan: FabricPlan): string {
    const { shape } = plan;
    const rows = tiersOf(plan);
    const counts = fabricCounts(plan);
    const cages = billOfMaterials(plan).reduce(
        (sum, item) => sum + (item.kind === "switch-transceiver" ? item.count : 0),
        0,
    );
    const blocking = plan.nonBlocking
        ? "non-blocking"
        : `oversubscribed ${figure(plan.oversubscription.leaf)}:1 at the leaf, ${figure(plan.oversubscription.spine)}:1 at the spine`;
    const title =
        `${grouped(plan.request.nodes * plan.request.gpusPerNode)} GPUs, ${grouped(plan.request.nodes)} nodes, ` +
        `${plan.request.railsPerNode} ports of ${plan.linkGbps} Gbit/s each; ${blocking}`;
    const subtitle =
        `${counts.leaf} leaf, ${counts.spine} spine${counts.core === 0 ? "" : `, ${counts.core} core`} switches; ` +
        `${grouped(counts.nodeLeaf + counts.leafSpine + counts.spineCore)} cables; ${grouped(cages)} switch transceivers`;
    const legend =
        `A line is a bundle: leaf to spine ${shape.leafSpineLinks} ${shape.leafSpineLinks === 1 ? "cable" : "cables"}` +
        (shape.spineUp > 0 ? `, spine to core ${shape.spineCoreLinks}` : "") +
        `; node to leaf 1 a rail (drawn as one line a leaf). ` +
        (rows.some(({ groups }) => groups.some(({ label }) => label.at(-1)?.startsWith("×")))
            ? "A box with × stands for that many switches."
            : "");
    return picture(rows, { title, subtitle, legend }, (upper, lower) => connect(plan, upper, lower));
}

function tiersOf(plan: FabricPlan): Row[] {
    const { shape } = plan;
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    const rows: Row[] = [];
    if (shape.spineUp > 0) {
        rows.push(
            switchRow(
                COLOURS.core,
                numbers(shape.spinesPerPod).map((group) => ({
                    label: [`g${group + 1}`],
                    members: numbers(shape.coresPerGroup).map((core) => coreName(group, core)),
                })),
                "Core switches (g: group)",
            ),
        );
    }
    if (shape.leafUp > 0) {
        rows.push(
            switchRow(
                COLOURS.spine,
                numbers(shape.pods).map((pod) => ({
                    label: [`pod ${pod + 1}`],
                    members: numbers(shape.spinesPerPod).map((spine) => spineName(pod, spine)),
                })),
                "Spine switches (p: pod)",
            ),
        );
    }
    const unitsPerBox = groupedUnits(shape.units, shape.podUnits);
    const unitGroups = numbers(Math.ceil(shape.units / unitsPerBox)).map((group) =>
        numbers(Math.min(unitsPerBox, shape.units - group * unitsPerBox)).map((index) => group * unitsPerBox + index),
    );
    const range = (units: number[]): string =>
        units.length === 1 ? `u${(units[0] ?? 0) + 1}` : `u${(units[0] ?? 0) + 1}–${(units.at(-1) ?? 0) + 1}`;
    rows.push(
        switchRow(
            COLOURS.leaf,
            unitGroups.map((units) => ({
                label: [range(units)],
                members: units.flatMap((unit) =>
                    numbers(shape.leavesPerUnit).map((leaf) => leafName(unit, leaf, shape.leavesPerUnit)),
                ),
            })),
            "Leaf switches (u: unit, r: rail)",
        ),
        {
            colour: COLOURS.node,
            caption: "Nodes",
            groups: unitGroups.map((units) => {
                const first = (units[0] ?? 0) * shape.unitNodes;
                const count = Math.min(plan.request.nodes - first, units.length * shape.unitNodes);
                return {
                    label: [grouped(count), "nodes"],
                    // A group of nodes is one box whatever its size: the members carry the unit's leaves for the lines.
                    members: units.flatMap((unit) =>
                        numbers(shape.leavesPerUnit).map((leaf) => leafName(unit, leaf, shape.leavesPerUnit)),
                    ),
                };
            }),
        },
    );
    return rows;
}

/** Units of one box: a whole part of a pod or whole pods, so that no box hangs on two of them. */
function groupedUnits(units: number, unitsPerPod: number): number {
    if (units <= MOST_BOXES) {
        return 1;
    }
    const least = Math.ceil(units / MOST_GROUPS);
    const parts = Array.from({ length: unitsPerPod }, (_, index) => index + 1);
    return (
        parts.find((size) => size >= least && unitsPerPod % size === 0) ?? Math.ceil(least / unitsPerPod) * unitsPerPod
    );
}

function switchRow(colour: string, groups: Row["groups"], title: string): Row {
    return boxesOf(colour, groups, title, (name) => name.split("-").slice(1));
}

function connect(plan: FabricPlan, upper: Box[], lower: Box[]): string[] {
    const at = new Map<string, number>();
    upper.forEach((box, index) => {
        box.members.forEach((member) => at.set(member, index));
    });
    const nodes = lower[0]?.colour === COLOURS.node;
    const neighbours = new Map<string, Set<string>>();
    if (!nodes) {
        for (const cable of plan.cables) {
            if (cable.kind === "leaf-spine" || cable.kind === "spine-core") {
                const set = neighbours.get(cable.from.device) ?? new Set<string>();
                neighbours.set(cable.from.device, set.add(cable.to.device));
            }
        }
    }
    const pairs = new Set<string>();
    lower.forEach((box, index) => {
        for (const member of box.members) {
            for (const above of nodes ? [member] : (neighbours.get(member) ?? [])) {
                const to = at.get(above);
                if (to !== undefined) {
                    pairs.add(`${index} ${to}`);
                }
            }
        }
    });
    const opacity = pairs.size > 200 ? 0.25 : 0.6;
    return [...pairs].slice(0, MOST_LINES).map((pair) => {
        const [from, to] = pair.split(" ").map(Number);
        const a = lower[from ?? 0];
        const b = upper[to ?? 0];
        return a === undefined || b === undefined ? "" : line(a, b, opacity);
    });
}

function figure(value: number): string {
    return String(Math.round(value * 100) / 100);
}
