/** A static picture of a dashboard from what its queries returned: to be looked at, not shipped. */
import type { Series } from "./prometheus";

/** A panel with its answers, on Grafana's grid of 24 columns. */
export interface DrawnPanel {
    title: string;
    type: string;
    grid: { x: number; y: number; w: number; h: number };
    series: { legend: string; values: [number, string][] }[];
}

const column = 60;
const row = 30;
const colours = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0"];
const escape = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const short = (value: number): string =>
    Number(value.toPrecision(4)).toLocaleString("en", {
        maximumFractionDigits: 4,
        notation: Math.abs(value) < 1e6 ? "standard" : "compact",
    });

/** Legend of a series: the query's format with its labels, or the labels. */
export function legendOf(format: string | undefined, metric: Series["metric"]): string {
    return format === undefined || format === ""
        ? Object.entries(metric)
              .filter(([name]) => name !== "__name__")
              .map(([name, value]) => `${name}=${value}`)
              .join(" ")
        : format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? "");
}

/** The dashboard as SVG. */
export function drawDashboard(title: string, panels: readonly DrawnPanel[]): string {
    const bottom = Math.max(...panels.map(({ grid }) => grid.y + grid.h)) * row + 60;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${(24 * column).toString()}" height="${bottom.toString()}" font-family="DejaVu Sans" font-size="12" fill="#d8d9da">`,
        `<rect width="100%" height="100%" fill="#111217"/><text x="12" y="30" font-size="20">${escape(title)}</text>`,
        ...panels.map(drawPanel),
        "</svg>",
    ].join("\n");
}

function drawPanel(panel: DrawnPanel): string {
    const [x, y] = [panel.grid.x * column + 4, panel.grid.y * row + 50];
    const [width, height] = [panel.grid.w * column - 8, panel.grid.h * row - 8];
    const frame = `<rect x="${x.toString()}" y="${y.toString()}" width="${width.toString()}" height="${height.toString()}" fill="#181b1f" stroke="#2c3235"/><text x="${(x + 8).toString()}" y="${(y + 18).toString()}" font-weight="bold">${escape(panel.title)}</text>`;
    const inner = { x: x + 60, y: y + 30, width: width - 70, height: height - 74 };
    return `<g>${frame}${panel.type === "timeseries" ? lines(panel, inner) : texts(panel, x, y)}</g>`;
}

function texts(panel: DrawnPanel, x: number, y: number): string {
    return panel.series
        .slice(0, 8)
        .map(({ legend, values }, index) => {
            const value = short(Number(values.at(-1)?.[1] ?? NaN));
            return panel.type === "stat"
                ? `<text x="${(x + 20).toString()}" y="${(y + 90).toString()}" font-size="40" fill="#73bf69">${value}</text>`
                : `<text x="${(x + 12).toString()}" y="${(y + 44 + 18 * index).toString()}">${escape(legend.slice(0, 90))}: ${value}</text>`;
        })
        .join("");
}

function lines(panel: DrawnPanel, box: { x: number; y: number; width: number; height: number }): string {
    const points = panel.series.flatMap(({ values }) => values.map(([at, value]) => [at, Number(value)] as const));
    const finite = points.filter(([, value]) => Number.isFinite(value));
    const [from, to] = [Math.min(...finite.map(([at]) => at)), Math.max(...finite.map(([at]) => at))];
    const [low, high] = [Math.min(...finite.map(([, value]) => value)), Math.max(...finite.map(([, value]) => value))];
    const across = (at: number): string => (box.x + ((at - from) / Math.max(1, to - from)) * box.width).toFixed(1);
    const up = (value: number): string =>
        (box.y + box.height - ((value - low) / (high - low || 1)) * box.height).toFixed(1);
    const drawn = panel.series.slice(0, colours.length).map(({ legend, values }, index) => {
        const path = values
            .filter(([, value]) => Number.isFinite(Number(value)))
            .map(([at, value]) => `${across(at)},${up(Number(value))}`)
            .join(" ");
        const label = `<text x="${(box.x + (index % 3) * (box.width / 3)).toFixed(0)}" y="${(box.y + box.height + 18 + 13 * Math.floor(index / 3)).toString()}" font-size="9" fill="${colours[index] ?? ""}">${escape(legend.slice(0, 28))}</text>`;
        return `<polyline points="${path}" fill="none" stroke="${colours[index] ?? ""}" stroke-width="1.5"/>${label}`;
    });
    const axis = (value: number, at: number): string =>
        `<text x="${(box.x - 6).toString()}" y="${at.toString()}" text-anchor="end" font-size="10">${short(value)}</text>`;
    return `${axis(high, box.y + 8)}${axis(low, box.y + box.height)}${drawn.join("")}`;
}
