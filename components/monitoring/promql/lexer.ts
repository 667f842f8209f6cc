/** PromQL's words. Only what rules and panels are written in: no comments within strings, no `@` with a preprocessor. */

export type TokenKind = "identifier" | "number" | "duration" | "string" | "operator" | "end";

/** One word and its place. */
export interface Token {
    kind: TokenKind;
    text: string;
    /** Index of its first character. */
    at: number;
}

/** Thrown for text that is not PromQL. */
export class PromqlError extends Error {
    constructor(expression: string, at: number, what: string) {
        super(
            `${what} at ${at.toString()}: ${expression.slice(Math.max(0, at - 20), at)}»${expression.slice(at, at + 20)}`,
        );
        this.name = "PromqlError";
    }
}

const patterns: [TokenKind | "space", RegExp][] = [
    ["space", /(?:\s|#[^\n]*)+/y],
    ["string", /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y],
    ["duration", /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
    ["number", /(?:0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y],
    ["identifier", /[a-zA-Z_:][a-zA-Z0-9_:]*/y],
    ["operator", /=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}[\],@]/y],
];

/**
 * The words of an expression, an `end` last.
 *
 * @throws PromqlError where no word begins.
 */
export function tokens(expression: string): Token[] {
    const found: Token[] = [];
    let at = 0;
    while (at < expression.length) {
        // Inside brackets a colon separates range and resolution; it begins no identifier there.
        if (expression[at] === ":" && found.at(-1)?.kind === "duration") {
            found.push({ kind: "operator", text: ":", at });
            at += 1;
            continue;
        }
        const match = firstMatch(expression, at);
        if (match === undefined) {
            throw new PromqlError(expression, at, "no PromQL word");
        }
        if (match.kind !== "space") {
            found.push({ kind: match.kind, text: match.text, at });
        }
        at += match.text.length;
    }
    return [...found, { kind: "end", text: "", at }];
}

function firstMatch(expression: string, at: number): { kind: TokenKind | "space"; text: string } | undefined {
    for (const [kind, pattern] of patterns) {
        pattern.lastIndex = at;
        const text = pattern.exec(expression)?.[0];
        if (text !== undefined) {
            return { kind, text };
        }
    }
    return undefined;
}
