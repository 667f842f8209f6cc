/**
 * Rules wait minutes and look back hours; a drill must end in a minute or two. So one second of the drill counts for `factor` seconds of life:
 * every duration in the rules, in Alertmanager's routes and in what the exporter says of itself (its checkpoint interval) is divided by it. What
 * is a rate per second stays as it is. No clock is bent: Prometheus, Alertmanager and the cluster run on the machine's own.
 *
 * What is divided in an expression: ranges, resolutions of subqueries and offsets; the horizon of predict_linear; what a distance from `time()` is
 * compared with; the number that turns `deriv` into a growth per hour.
 */

/** How a drill's time relates to life. */
export interface TimeScale {
    /** Seconds of life that one second counts for. */
    factor: number;
    /** How often everything is scraped, real seconds. */
    scrapeSeconds: number;
}

/** Up to 256 nodes a minute of life is two seconds. Above that two cores cannot scrape so often. */
export function timeScaleFor(nodes: number): TimeScale {
    return nodes <= 256 ? { factor: 30, scrapeSeconds: 2 } : { factor: 6, scrapeSeconds: 10 };
}

const unitMs: { [unit: string]: number } = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
    y: 31_536_000_000,
};
const duration = /(?:\d+(?:ms|[smhdwy]))+/;
const inBrackets = new RegExp(`\\[(${duration.source})(:(${duration.source})?)?\\]`, "g");
const offset = new RegExp(`\\b(offset\\s+-?\\s*)(${duration.source})`, "g");

/** Milliseconds of a Prometheus duration such as `1h30m`. */
export function durationMs(text: string): number {
    return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
        (sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ""] ?? 0),
        0,
    );
}

/** The duration divided by `factor`, in milliseconds, at least one. */
export function scaleDuration(text: string, factor: number): string {
    return `${Math.max(1, Math.round(durationMs(text) / factor)).toString()}ms`;
}

function scaleNumber(text: string, factor: number): string {
    return String(Number(text) / factor);
}

/** Index behind the parenthesis or brace that closes the one at `open`. Text in quotes is passed over. */
function behind(text: string, open: number): number {
    let depth = 0;
    for (let at = open; at < text.length; at++) {
        const character = text.charAt(at);
        if (character === '"' || character === "'") {
            for (at++; at < text.length && text.charAt(at) !== character; at++) {
                at += text.charAt(at) === "\\" ? 1 : 0;
            }
        } else if ("({[".includes(character)) {
            depth++;
        } else if (")}]".includes(character) && --depth === 0) {
            return at + 1;
        }
    }
    return text.length;
}

/** Last argument of each call of `name`, where it is a number, divided. */
function scaleHorizon(text: string, name: string, factor: number): string {
    let out = text;
    for (let at = out.indexOf(`${name}(`); at >= 0; at = out.indexOf(`${name}(`, at + name.length)) {
        const end = behind(out, at + name.length);
        const call = out.slice(at, end);
        const scaled = call.replace(
            /,\s*(\d+(?:\.\d+)?)\s*\)$/,
            (_, number: string) => `, ${scaleNumber(number, factor)})`,
        );
        out = out.slice(0, at) + scaled + out.slice(end);
    }
    return out;
}

/** `deriv(…) * 3600`: what makes a growth an hour out of one a second. */
function scaleGrowth(text: string, factor: number): string {
    let out = text;
    for (let at = out.indexOf("deriv("); at >= 0; at = out.indexOf("deriv(", at + 6)) {
        const end = behind(out, at + 5);
        out =
            out.slice(0, end) +
            out
                .slice(end)
                .replace(
                    /^(\s*\*\s*)(\d+(?:\.\d+)?)/,
                    (_, times: string, number: string) => times + scaleNumber(number, factor),
                );
    }
    return out;
}

/** `time() - X > 600`, also where parentheses close between the two. */
function scaleAges(text: string, factor: number): string {
    let out = text;
    const start = /time\(\)\s*-/g;
    for (let found = start.exec(out); found !== null; found = start.exec(out)) {
        for (let at = found.index + found[0].length; at < out.length; at++) {
            if ("({[".includes(out.charAt(at))) {
                at = behind(out, at) - 1;
                continue;
            }
            const rest = out.slice(at);
            if (/^(and|or|unless)\b/.test(rest)) {
                break;
            }
            const comparison = /^(?:>=|<=|==|!=|>|<)\s*(?:bool\s+)?(\d+(?:\.\d+)?)(?!\s*[\d.*])/.exec(rest);
            if (comparison !== null) {
                const whole = comparison[0];
                const number = comparison[1] ?? "";
                out =
                    out.slice(0, at) +
                    whole.slice(0, whole.length - number.length) +
                    scaleNumber(number, factor) +
                    out.slice(at + whole.length);
                break;
            }
            if (/^[<>=!]/.test(rest)) {
                break;
            }
        }
    }
    return out;
}

/** A PromQL expression with every duration divided by `factor`. */
export function scaleExpression(expression: string, factor: number): string {
    const ranges = expression
        .replace(
            inBrackets,
            (_, range: string, colon: string | undefined, step: string | undefined) =>
                `[${scaleDuration(range, factor)}${colon === undefined ? "" : ":"}${step === undefined ? "" : scaleDuration(step, factor)}]`,
        )
        .replace(offset, (_, word: string, length: string) => word + scaleDuration(length, factor));
    return scaleAges(scaleGrowth(scaleHorizon(ranges, "predict_linear", factor), factor), factor);
}
