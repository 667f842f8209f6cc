/**
 * The picture of a fabric, 1,600 px wide: tiers from the core down, pods as panels. What does not fit is drawn as one box that
 * says how many switches it stands for; a line is a bundle, and the legend says of how many cables.
 */
import { billOfMaterials, fabricCounts } from "./bill";
import { coreName, leafName, spineName } from "./fabric-plan";
import type { FabricPlan } from "./fabric-plan";

const WIDTH = 1600;
const MARGIN = 40;
const TOP = 112;
const BOX = 42;
const ROW = 150;
/** Switches of one tier that are still drawn one by one. */
const MOST_BOXES = 48;
/** Boxes of a tier that is drawn in groups: wide enough for their labels. */
const MOST_GROUPS = 24;
/** Lines of one tier above which only one per group is drawn. */
const MOST_LINES = 1600;

const COLOURS = { core: "#8250df", spine: "#2f6feb", leaf: "#1a7f37", node: "#57606a" };

/** One box: one switch, or several of a tier and a pod. */
interface Box {
    x: number;
    y: number;
    width: number;
    /** Two lines of text. */
    label: string[];
    /** Names of the switches or nodes inside. */
    members: string[];
    colour: string;
}

/** The picture as SVG text. */
export function drawFabric(plan: FabricPlan): string {
    const { shape } = plan;
    const rows = tiersOf(plan);
    const boxes = rows.map((row, index) => place(row, TOP + index * ROW));
    const height = TOP + (rows.length - 1) * ROW + BOX + 60;
    const lines = boxes.slice(1).map((lower, index) => connect(plan, boxes[index] ?? [], lower));
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
        `${counts.leaf} leaf, ${counts.spine} spine, ${counts.core} core switches; ` +
        `${grouped(counts.nodeLeaf + counts.leafSpine + counts.spineCore)} cables; ${grouped(cages)} switch transceivers`;
    const legend =
        `A line is a bundle: leaf to spine ${shape.leafSpineLinks} cables` +
        (shape.spineUp > 0 ? `, spine to core ${shape.spineCoreLinks}` : "") +
        `; node to leaf 1 a rail (drawn as one line a leaf). ` +
        (boxes.flat().some((box) => box.label.at(-1)?.startsWith("×"))
            ? "A box with × stands for that many switches."
            : "");
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans, sans-serif">`,
        `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
        text(MARGIN, 38, title, 20, "#1b1f24"),
        text(MARGIN, 64, subtitle, 15, "#57606a"),
        ...lines.flat(),
        ...boxes.flat().flatMap(drawBox),
        ...rows.map(({ caption }, index) => text(MARGIN, TOP + index * ROW - 7, caption, 13, "#57606a")),
        text(MARGIN, height - 24, legend, 14, "#57606a"),
        "</svg>",
        "",
    ].join("\n");
}

interface Group {
    label: string[];
    members: string[];
}

interface Row {
    caption: string;
    groups: Group[];
    colour: string;
}

function tiersOf(plan: FabricPlan): Row[] {
    const { shape } = plan;
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    const rows: Row[] = [];
    if (shape.spineUp > 0) {
        rows.push(
            row(
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
            row(
                COLOURS.spine,
                numbers(shape.pods).map((pod) => ({
                    label: [`pod ${pod + 1}`],
                    members: numbers(shape.spinesPerPod).map((spine) => spineName(pod, spine)),
                })),
                "Spine switches (p: pod)",
            ),
        );
    }
    const unitsPerBox = shape.units <= MOST_BOXES ? 1 : Math.ceil(shape.units / MOST_GROUPS);
    const unitGroups = numbers(Math.ceil(shape.units / unitsPerBox)).map((group) =>
        numbers(Math.min(unitsPerBox, shape.units - group * unitsPerBox)).map((index) => group * unitsPerBox + index),
    );
    const range = (units: number[]): string =>
        units.length === 1 ? `u${(units[0] ?? 0) + 1}` : `u${(units[0] ?? 0) + 1}–${(units.at(-1) ?? 0) + 1}`;
    rows.push(
        row(
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

/** Switches one by one where they fit, else one box for each group, with how many it stands for. */
function row(colour: string, groups: Group[], caption: string): Row {
    const total = groups.reduce((sum, group) => sum + group.members.length, 0);
    const single = (name: string): Group => ({ label: name.split("-").slice(1), members: [name] });
    return total <= MOST_BOXES
        ? { colour, caption, groups: groups.flatMap(({ members }) => members.map(single)) }
        : {
              colour,
              caption,
              groups: groups.map(({ label, members }) => ({ label: [...label, `× ${members.length}`], members })),
          };
}

function place({ groups, colour }: Row, y: number): Box[] {
    const gap = 6;
    const slot = (WIDTH - 2 * MARGIN + gap) / groups.length;
    return groups.map((group, index) => ({
        x: MARGIN + index * slot,
        y,
        width: slot - gap,
        label: group.label,
        members: group.members,
        colour,
    }));
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
        return a === undefined || b === undefined
            ? ""
            : `<line x1="${point(a)}" y1="${a.y}" x2="${point(b)}" y2="${b.y + BOX}" stroke="${b.colour}" stroke-opacity="${opacity}" stroke-width="1"/>`;
    });
}

function point(box: Box): string {
    return (box.x + box.width / 2).toFixed(1);
}

/** Labels stand inside their box, in letters as small as it takes to fit. */
function drawBox(box: Box): string[] {
    const longest = Math.max(...box.label.map((line) => line.length));
    const size = Math.min(13, Math.floor((box.width - 4) / (longest * 0.62)));
    const middle = box.x + box.width / 2;
    const lines = box.label.map((line, index) =>
        text(middle, box.y + (box.label.length === 1 ? 26 : 18 + index * 16), line, size, "#ffffff", "middle"),
    );
    return [
        `<rect x="${box.x.toFixed(1)}" y="${box.y}" width="${box.width.toFixed(1)}" height="${BOX}" rx="3" fill="${box.colour}"/>`,
        ...lines,
    ];
}

function text(x: number, y: number, content: string, size: number, fill: string, anchor = "start"): string {
    return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${content}</text>`;
}

function grouped(value: number): string {
    return value.toLocaleString("en-US");
}

function figure(value: number): string {
    return String(Math.round(value * 100) / 100);
}
