/**
 * The topology picture: one panel a capacity group with its network layers, pools and nodes, one node with its rails, and the
 * teams' shares. Where the real placement is known only when nodes join (which leaf a node hangs on), the layers are drawn dashed.
 */
import { grouped, dollars } from "../table";
import type { Scene, SceneGroup, ScenePool, SceneTeam } from "./scene";

const WIDTH = 1600;
const MARGIN = 40;
const NODE_PANEL = 460;
const LAYER_HEIGHT = 34;
/** Names of fabrics as people write them. */
const FABRICS: { [fabric: string]: string } = { efa: "EFA", infiniband: "InfiniBand", roce: "RoCE" };
/** Most squares in one pool; above it one square stands for several nodes, and the picture says so. */
const MOST_SQUARES = 512;

const INK = "#1b1f24";
const SOFT = "#57606a";
const LINE = "#d0d7de";
const TEAM_COLOURS = ["#2f6feb", "#1a7f37", "#bf8700", "#8250df", "#cf222e", "#0e7490", "#bc4c00", "#57606a"];

function escape(text: string): string {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

interface TextStyle {
    size?: number;
    fill?: string;
    bold?: boolean;
    anchor?: "start" | "middle" | "end";
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
    const { size = 15, fill = INK, bold = false, anchor = "start" } = style;
    return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${bold ? ' font-weight="bold"' : ""}>${escape(content)}</text>`;
}

function box(x: number, y: number, width: number, height: number, fill: string, stroke: string, extra = ""): string {
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4" fill="${fill}" stroke="${stroke}" ${extra}/>`;
}

/** Approximate advance of DejaVu Sans, generous so that a label that fits here fits in the picture. */
function textWidth(content: string, size: number): number {
    return content.length * size * 0.62;
}

/** Cuts a label to a width. */
function fit(content: string, size: number, width: number): string {
    if (textWidth(content, size) <= width) {
        return content;
    }
    const letters = Math.max(1, Math.floor(width / (size * 0.62)) - 1);
    return `${content.slice(0, letters)}…`;
}

interface Drawn {
    svg: string[];
    height: number;
}

/** How a pool's nodes become squares. */
export interface SquareGrid {
    nodesPerSquare: number;
    squares: number;
    columns: number;
    rows: number;
    side: number;
}

/** Squares of one pool within a width; the count is exact up to `MOST_SQUARES`, then in equal bundles. */
export function squareGrid(nodes: number, width: number): SquareGrid {
    const nodesPerSquare = Math.max(1, Math.ceil(nodes / MOST_SQUARES));
    const squares = Math.ceil(nodes / nodesPerSquare);
    const side = squares <= 8 ? 26 : squares <= 128 ? 18 : 12;
    const fitting = Math.max(1, Math.min(squares, Math.floor(width / (side + 3))));
    // Rows of eights, so that full rows can be counted at a glance.
    const columns = fitting > 8 ? fitting - (fitting % 8) : fitting;
    return { nodesPerSquare, squares, columns, rows: Math.ceil(squares / columns), side };
}

function drawPool(pool: ScenePool, x: number, y: number, width: number): Drawn {
    const grid = squareGrid(pool.nodes, width - 24);
    const height = 64 + grid.rows * (grid.side + 3) + (grid.nodesPerSquare > 1 ? 18 : 0);
    const colour = pool.active ? "#2da44e" : "#afb8c1";
    const svg = [
        box(x, y, width, height, "#ffffff", LINE),
        text(
            x + 12,
            y + 22,
            fit(`${pool.name}: ${grouped(pool.nodes)} nodes, ${grouped(pool.gpus)} GPUs`, 15, width - 24),
            { bold: true },
        ),
        text(
            x + 12,
            y + 42,
            fit(pool.window === "" ? pool.capacity : `${pool.capacity}, ${pool.window}`, 13, width - 24),
            { size: 13, fill: SOFT },
        ),
    ];
    for (let index = 0; index < grid.squares; index++) {
        const column = index % grid.columns;
        const row = Math.floor(index / grid.columns);
        svg.push(
            `<rect x="${x + 12 + column * (grid.side + 3)}" y="${y + 54 + row * (grid.side + 3)}" width="${grid.side}" height="${grid.side}" rx="2" fill="${colour}"/>`,
        );
    }
    if (grid.nodesPerSquare > 1) {
        svg.push(text(x + 12, y + height - 8, `one square = ${grid.nodesPerSquare} nodes`, { size: 12, fill: SOFT }));
    }
    return { svg, height };
}

/** Layers as the inventory has them: solid, and as wide as they hold nodes. */
function drawDomains(group: SceneGroup, x: number, y: number, width: number): Drawn {
    const gap = 3;
    const svg = group.domains.flatMap((domains, row) => {
        const nodes = domains.reduce((sum, domain) => sum + domain.nodes, 0);
        let left = x;
        return domains.flatMap((domain) => {
            const partWidth = (domain.nodes / nodes) * width;
            const [start, top] = [left, y + row * LAYER_HEIGHT];
            left += partWidth;
            const long = `${domain.name}: ${grouped(domain.nodes)} nodes`;
            // Names of racks are short; what does not fit whole is better left out than cut to one letter.
            const label = [long, domain.name].find((each) => fit(each, 11, partWidth - gap - 4) === each);
            return [
                box(start, top, Math.max(1, partWidth - gap), LAYER_HEIGHT - 8, "#eaeef2", "#8c959f"),
                ...(label === undefined
                    ? []
                    : [
                          text(start + (partWidth - gap) / 2, top + 17, label, {
                              size: 11,
                              fill: SOFT,
                              anchor: "middle",
                          }),
                      ]),
            ];
        });
    });
    const layers = group.domains
        .map((domains, row) => `${(group.levels[row] ?? "").replace(/^.*\//, "")}: ${grouped(domains.length)}`)
        .join(", ");
    svg.push(
        text(
            x,
            y + group.domains.length * LAYER_HEIGHT + 10,
            fit(`from the inventory, as wide as they hold nodes; ${layers}; a leaf is that of rail 0`, 12, width),
            { size: 12, fill: SOFT },
        ),
    );
    return { svg, height: group.domains.length * LAYER_HEIGHT + 24 };
}

function drawLayers(group: SceneGroup, x: number, y: number, width: number): Drawn {
    if (group.domains.length > 0) {
        return drawDomains(group, x, y, width);
    }
    const layers = group.levels.filter((level) => level !== "kubernetes.io/hostname");
    const svg: string[] = [];
    layers.forEach((level, index) => {
        const parts = 2 ** index;
        const gap = 6;
        const partWidth = (width - gap * (parts - 1)) / parts;
        for (let part = 0; part < parts; part++) {
            svg.push(
                box(
                    x + part * (partWidth + gap),
                    y + index * LAYER_HEIGHT,
                    partWidth,
                    LAYER_HEIGHT - 8,
                    "#f6f8fa",
                    "#8c959f",
                    'stroke-dasharray="5 4"',
                ),
            );
        }
        svg.push(
            text(
                x + partWidth / 2,
                y + index * LAYER_HEIGHT + 18,
                fit(index === 0 ? level : level.replace(/^.*\//, ""), 12, partWidth - 12),
                {
                    size: 12,
                    fill: SOFT,
                    anchor: "middle",
                },
            ),
        );
    });
    const note =
        layers.length > 0
            ? "dashed: how many there are, and on which a host hangs, its labels say once it has joined"
            : "no network layers: the type reports no topology";
    svg.push(text(x, y + layers.length * LAYER_HEIGHT + 10, note, { size: 12, fill: SOFT }));
    return { svg, height: layers.length * LAYER_HEIGHT + 24 };
}

function drawNode(group: SceneGroup, x: number, y: number, width: number): Drawn {
    const svg = [
        text(x, y + 14, fit(`one node: ${group.gpusPerNode} × ${group.gpuModel}`, 14, width), { size: 14, bold: true }),
    ];
    const gpus = Math.max(1, group.gpusPerNode);
    const step = width / gpus;
    const gpuWidth = Math.min(48, step - 6);
    const nvlinked = group.nvlinkDomainGpus > 1;
    if (nvlinked) {
        svg.push(
            box(x, y + 28, width, 16, "#ddf4ff", "#54aeff"),
            text(x + width / 2, y + 40, `NVLink domain of ${group.nvlinkDomainGpus} GPUs`, {
                size: 11,
                fill: SOFT,
                anchor: "middle",
            }),
        );
    }
    for (let index = 0; index < gpus; index++) {
        const left = x + index * step + (step - gpuWidth) / 2;
        svg.push(
            box(left, y + 54, gpuWidth, 34, "#1f883d", "#116329"),
            text(left + gpuWidth / 2, y + 76, String(index), { size: 13, fill: "#ffffff", anchor: "middle" }),
        );
    }
    if (group.rails.length === 0) {
        svg.push(text(x, y + 116, `fabric ${group.fabric}: no RDMA ports`, { size: 13, fill: SOFT }));
        return { svg, height: 130 };
    }
    const perRow = Math.min(16, group.rails.length);
    const rows = Math.ceil(group.rails.length / perRow);
    const railStep = width / perRow;
    const railWidth = railStep - 4;
    group.rails.forEach((rail, index) => {
        const left = x + (index % perRow) * railStep + 2;
        const top = y + 108 + Math.floor(index / perRow) * 26;
        svg.push(
            box(left, top, railWidth, 20, "#fff8c5", "#d4a72c"),
            text(left + railWidth / 2, top + 14, String(rail.index), { size: 11, anchor: "middle" }),
        );
    });
    const rate = group.rails.reduce((sum, rail) => sum + rail.gbps, 0);
    svg.push(
        text(
            x,
            y + 108 + rows * 26 + 16,
            fit(
                `${group.rails.length} ${FABRICS[group.fabric] ?? group.fabric} ports by ${group.fabric === "efa" ? "network card" : "rail"}, ${grouped(rate)} Gbit/s a node`,
                13,
                width,
            ),
            { size: 13, fill: SOFT },
        ),
    );
    return { svg, height: 108 + rows * 26 + 30 };
}

function drawGroup(group: SceneGroup, y: number): Drawn {
    const inner = WIDTH - 2 * MARGIN - 40;
    const left = MARGIN + 20;
    const mapWidth = inner - NODE_PANEL - 40;
    const svg = [
        text(left, y + 30, fit(`${group.instanceType} in ${group.zone}, fabric ${group.fabric}`, 18, inner), {
            size: 18,
            bold: true,
        }),
    ];
    svg.push(
        text(left, y + 50, fit(`capacity group ${group.name}: ${group.shares}`, 13, inner), {
            size: 13,
            fill: SOFT,
        }),
    );
    const layers = drawLayers(group, left, y + 66, mapWidth);
    svg.push(...layers.svg);
    const columns = Math.min(group.pools.length, 2);
    const poolWidth = (mapWidth - (columns - 1) * 16) / Math.max(1, columns);
    let top = y + 66 + layers.height + 6;
    for (let index = 0; index < group.pools.length; index += columns) {
        const row = group.pools
            .slice(index, index + columns)
            .map((pool, column) => drawPool(pool, left + column * (poolWidth + 16), top, poolWidth));
        svg.push(...row.flatMap((drawn) => drawn.svg));
        top += Math.max(...row.map((drawn) => drawn.height)) + 14;
    }
    const node = drawNode(group, left + mapWidth + 40, y + 66, NODE_PANEL);
    svg.push(...node.svg);
    const height = Math.max(top - y, 66 + node.height) + 10;
    return { svg: [box(MARGIN, y, WIDTH - 2 * MARGIN, height, "#fbfcfd", LINE), ...svg], height };
}

function drawTeams(teams: readonly SceneTeam[], total: number, y: number): Drawn {
    if (teams.length === 0 || total === 0) {
        return { svg: [], height: 0 };
    }
    const width = WIDTH - 2 * MARGIN - 40;
    const left = MARGIN + 20;
    const svg = [text(left, y + 26, `queues: ${grouped(total)} GPUs in one cohort`, { size: 18, bold: true })];
    let x = left;
    teams.forEach((team, index) => {
        const share = Math.min(width, (team.gpus / total) * width);
        const colour = TEAM_COLOURS[index % TEAM_COLOURS.length] ?? INK;
        svg.push(box(x, y + 40, share, 34, colour, "#ffffff"));
        svg.push(
            text(x + 10, y + 62, fit(`${team.name} ${grouped(team.gpus)}`, 14, share - 16), {
                size: 14,
                fill: "#ffffff",
            }),
        );
        x += share;
    });
    teams.forEach((team, index) => {
        svg.push(
            box(left, y + 90 + index * 22, 12, 12, TEAM_COLOURS[index % TEAM_COLOURS.length] ?? INK, "none"),
            text(
                left + 20,
                y + 101 + index * 22,
                `${team.name}: ${grouped(team.gpus)} GPUs of its own, may borrow ${grouped(team.borrow)}`,
                { size: 13, fill: SOFT },
            ),
        );
    });
    const height = 96 + teams.length * 22;
    return { svg: [box(MARGIN, y, WIDTH - 2 * MARGIN, height, "#fbfcfd", LINE), ...svg], height };
}

/** Ports of the fabric over all nodes, for the line below the title. */
function portsOf({ totals, groups }: Scene): string {
    if (totals.efaInterfaces > 0) {
        return `, ${grouped(totals.efaInterfaces)} EFA interfaces`;
    }
    const ports = new Map<string, number>();
    for (const { fabric, rails, pools } of groups) {
        const nodes = pools.reduce((sum, pool) => sum + pool.nodes, 0);
        ports.set(fabric, (ports.get(fabric) ?? 0) + rails.length * nodes);
    }
    return [...ports]
        .filter(([, count]) => count > 0)
        .map(([fabric, count]) => `, ${grouped(count)} ${FABRICS[fabric] ?? fabric} ports`)
        .join("");
}

/** The picture as an SVG document, 1,600 px wide. */
export function renderSvg(scene: Scene): string {
    const { totals } = scene;
    const body: string[] = [
        text(MARGIN, 52, scene.environment, { size: 30, bold: true }),
        text(
            MARGIN,
            82,
            `${grouped(totals.nodes)} GPU nodes, ${grouped(totals.gpus)} GPUs${portsOf(scene)}, ${dollars(scene.hourlyUsd)} an hour${scene.at === null ? "" : `, at ${scene.at}`}`,
            { size: 17, fill: SOFT },
        ),
    ];
    let y = 106;
    for (const group of scene.groups) {
        const drawn = drawGroup(group, y);
        body.push(...drawn.svg);
        y += drawn.height + 20;
    }
    const quota = scene.teams.reduce((sum, team) => sum + team.gpus, 0);
    const teams = drawTeams(scene.teams, quota, y);
    body.push(...teams.svg);
    y += teams.height + 20;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="DejaVu Sans, Verdana, sans-serif">`,
        `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
        ...body,
        "</svg>",
    ].join("\n");
}
