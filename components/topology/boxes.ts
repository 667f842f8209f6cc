/** Boxes, rows and lines of the fabric's pictures. Pure. */

/** Width of every picture, px. */
const WIDTH = 1600;
const MARGIN = 40;
/** Where the first row begins, px. */
const TOP = 112;
/** Height of a box, px. */
const BOX = 42;
/** From one row to the next, px. */
const ROW = 150;
/** Boxes of one row that still hold their labels. */
export const MOST_BOXES = 48;

/** One box: one switch, or several of a tier and a pod. */
export interface Box {
    x: number;
    y: number;
    width: number;
    /** Two lines of text. */
    label: string[];
    /** Names of the switches or nodes inside. */
    members: string[];
    colour: string;
}

/** What one box stands for. */
export interface Group {
    label: string[];
    members: string[];
}

/** One row of boxes. */
export interface Row {
    caption: string;
    groups: Group[];
    colour: string;
}

/** Boxes of one row, side by side over the whole width. */
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

/** Middle of a box. */
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

/** One line of text. */
function text(x: number, y: number, content: string, size: number, fill: string, anchor = "start"): string {
    return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** `1,024`. */
export function grouped(value: number): string {
    return value.toLocaleString("en-US");
}

/** Text inside an element: names come from users. */
function escaped(content: string): string {
    return content.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

/** Name of a row above its boxes, its letters edged in white: lines from the row above end there, and go on between them. */
function caption(row: Row, index: number): string {
    return text(MARGIN, TOP + index * ROW - 7, row.caption, 13, "#57606a").replace(
        "<text ",
        '<text paint-order="stroke" stroke="#ffffff" stroke-width="5" stroke-linejoin="round" ',
    );
}

/** Switches one by one where they fit, else one box for each group, with how many it stands for. */
export function boxesOf(colour: string, groups: Group[], title: string, label: (name: string) => string[]): Row {
    const total = groups.reduce((sum, group) => sum + group.members.length, 0);
    const single = (name: string): Group => ({ label: label(name), members: [name] });
    return total <= MOST_BOXES
        ? { colour, caption: title, groups: groups.flatMap(({ members }) => members.map(single)) }
        : {
              colour,
              caption: title,
              groups: groups.map((group) => ({
                  label: [...group.label, `× ${group.members.length}`],
                  members: group.members,
              })),
          };
}

/** A line from the top of a lower box to the bottom of an upper one. */
export function line(lower: Box, upper: Box, opacity: number): string {
    return `<line x1="${point(lower)}" y1="${lower.y}" x2="${point(upper)}" y2="${upper.y + BOX}" stroke="${upper.colour}" stroke-opacity="${opacity}" stroke-width="1"/>`;
}

/** A whole picture: title, subtitle, lines under boxes, captions and a legend. */
export function picture(
    rows: Row[],
    words: { title: string; subtitle: string; legend: string },
    connect: (upper: Box[], lower: Box[]) => string[],
): string {
    const boxes = rows.map((row, index) => place(row, TOP + index * ROW));
    const height = TOP + (rows.length - 1) * ROW + BOX + 60;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans, sans-serif">`,
        `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
        text(MARGIN, 38, words.title, 20, "#1b1f24"),
        text(MARGIN, 64, words.subtitle, 15, "#57606a"),
        ...boxes.slice(1).flatMap((lower, index) => connect(boxes[index] ?? [], lower)),
        ...rows.map(caption),
        ...boxes.flat().flatMap(drawBox),
        text(MARGIN, height - 24, words.legend, 14, "#57606a"),
        "</svg>",
        "",
    ].join("\n");
}
