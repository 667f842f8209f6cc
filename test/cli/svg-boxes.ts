/** Boxes of the labels of an SVG, with the widths of DejaVu Sans: generous by a few percent, so that what passes here has air in the picture. */

/** A label's box. */
export interface TextBox {
    text: string;
    left: number;
    right: number;
    top: number;
    bottom: number;
}

/** Widths in thousandths of the font size (DejaVu Sans 2.37, hmtx). */
const NARROW = /[ijl.,:;|!' ]/;
const WIDE = /[mwMW@%–…×]/;

function width(text: string, size: number, bold: boolean): number {
    const letters = Array.from(text).reduce(
        (sum, letter) =>
            sum + (NARROW.test(letter) ? 0.34 : WIDE.test(letter) ? 0.98 : /[A-Z0-9]/.test(letter) ? 0.66 : 0.6),
        0,
    );
    return letters * size * (bold ? 1.1 : 1);
}

/** The boxes of all labels. */
export function textBoxes(svg: string): TextBox[] {
    return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map((match) => {
        const attribute = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(match[1] ?? "")?.[1] ?? "";
        const text = (match[2] ?? "")
            .replace(/&lt;/g, "<")
            .replace(/&gt;/g, ">")
            .replace(/&quot;/g, '"')
            .replace(/&amp;/g, "&");
        const size = Number(attribute("font-size"));
        const x = Number(attribute(" ?x"));
        const y = Number(attribute(" y"));
        const wide = width(text, size, attribute("font-weight") === "bold");
        const left =
            attribute("text-anchor") === "middle" ? x - wide / 2 : attribute("text-anchor") === "end" ? x - wide : x;
        return { text, left, right: left + wide, top: y - size * 0.76, bottom: y + size * 0.22 };
    });
}

/** Pairs of labels that overlap, as `one / other`. */
export function collisions(boxes: readonly TextBox[]): string[] {
    return boxes.flatMap((one, index) =>
        boxes
            .slice(index + 1)
            .filter(
                (other) =>
                    one.left < other.right &&
                    other.left < one.right &&
                    one.top < other.bottom &&
                    other.top < one.bottom,
            )
            .map((other) => `${one.text} / ${other.text}`),
    );
}
