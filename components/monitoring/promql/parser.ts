/**
 * A parser for PromQL, small because it only has to know what an expression reads and which labels come out: metric names,
 * matchers, groupings, matchings, ranges. promtool is the judge of everything else (`npm run test:alerts`).
 */
import { PromqlError, tokens } from "./lexer";
import type { Token } from "./lexer";
import type { Expression, Matcher, Matching } from "./syntax";

const aggregations = new Set([
    "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values",
]); // prettier-ignore
const parameterised = new Set(["topk", "bottomk", "quantile", "count_values"]);

/** Binary operators, weakest first; those of one line bind alike. */
const precedence = [
    ["or"],
    ["and", "unless"],
    ["==", "!=", "<=", "<", ">=", ">"],
    ["+", "-"],
    ["*", "/", "%", "atan2"],
    ["^"],
];

/**
 * The tree of `expression`.
 *
 * @throws PromqlError with the place of the first word that does not fit.
 */
export function parse(expression: string): Expression {
    return new Parser(expression).whole();
}

/** Seconds of `1h30m`. */
export function seconds(duration: string): number {
    const units: { [unit: string]: number } = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };
    return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
        (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
        0,
    );
}

class Parser {
    private readonly words: Token[];
    private next = 0;

    constructor(private readonly text: string) {
        this.words = tokens(text);
    }

    whole(): Expression {
        const tree = this.binary(0);
        if (this.peek().kind !== "end") {
            throw this.unexpected();
        }
        return tree;
    }

    private binary(level: number): Expression {
        const operators = precedence[level];
        if (operators === undefined) {
            return this.unary();
        }
        let left = this.binary(level + 1);
        while (operators.includes(this.peek().text) && this.peek().kind !== "string") {
            const op = this.take().text;
            const bool = this.accept("bool");
            const matching = this.matching();
            // `^` binds to the right, everything else to the left.
            const right = op === "^" ? this.binary(level) : this.binary(level + 1);
            left = { kind: "binary", op, bool, ...(matching === undefined ? {} : { matching }), left, right };
        }
        return left;
    }

    private matching(): Matching | undefined {
        const word = this.peek().text;
        if (word !== "on" && word !== "ignoring") {
            return undefined;
        }
        this.take();
        const matching: Matching = { on: word === "on", labels: this.labels(), include: [] };
        for (const side of ["left", "right"] as const) {
            if (this.accept(`group_${side}`)) {
                matching.group = side;
                matching.include = this.peek().text === "(" ? this.labels() : [];
            }
        }
        return matching;
    }

    private unary(): Expression {
        if (this.peek().text === "-" || this.peek().text === "+") {
            this.take();
            return { kind: "unary", argument: this.unary() };
        }
        return this.postfix(this.primary());
    }

    private primary(): Expression {
        const word = this.peek();
        if (word.kind === "number" || word.kind === "string") {
            this.take();
            return { kind: word.kind, text: word.kind === "string" ? unquote(word.text) : word.text };
        }
        if (this.accept("(")) {
            const inner = this.binary(0);
            this.expect(")");
            return inner;
        }
        if (word.kind !== "identifier") {
            throw this.unexpected();
        }
        this.take();
        if (/^(inf|nan)$/i.test(word.text)) {
            return { kind: "number", text: word.text };
        }
        const following = this.peek().text;
        if (aggregations.has(word.text) && ["(", "by", "without"].includes(following)) {
            return this.aggregation(word.text);
        }
        if (following === "(") {
            return { kind: "call", name: word.text, arguments: this.list() };
        }
        return {
            kind: "selector",
            metric: word.text,
            matchers: following === "{" ? this.matchers() : [],
            at: word.at,
            rangeSeconds: 0,
            offsetSeconds: 0,
        };
    }

    private aggregation(op: string): Expression {
        const before = this.grouping();
        const list = this.list();
        const grouping = before ?? this.grouping();
        const argument = list.at(-1);
        if (argument === undefined || list.length !== (parameterised.has(op) ? 2 : 1)) {
            throw this.unexpected();
        }
        const parameter = list.length === 2 ? list[0] : undefined;
        return {
            kind: "aggregation",
            op,
            argument,
            ...(grouping === undefined ? {} : { grouping }),
            ...(parameter === undefined ? {} : { parameter }),
        };
    }

    private grouping(): { by: boolean; labels: string[] } | undefined {
        const word = this.peek().text;
        if (word !== "by" && word !== "without") {
            return undefined;
        }
        this.take();
        return { by: word === "by", labels: this.labels() };
    }

    private postfix(inner: Expression): Expression {
        let tree = inner;
        for (;;) {
            if (this.accept("[")) {
                const range = seconds(this.takeKind("duration"));
                if (this.accept(":")) {
                    if (this.peek().kind === "duration") {
                        this.take();
                    }
                    tree = { kind: "subquery", argument: tree, rangeSeconds: range, offsetSeconds: 0 };
                } else if (tree.kind === "selector") {
                    tree = { ...tree, rangeSeconds: range };
                } else {
                    throw this.unexpected();
                }
                this.expect("]");
            } else if (this.accept("offset")) {
                const back = this.accept("-") ? -1 : 1;
                const offset = back * seconds(this.takeKind("duration"));
                if (tree.kind !== "selector" && tree.kind !== "subquery") {
                    throw this.unexpected();
                }
                tree = { ...tree, offsetSeconds: offset };
            } else {
                return tree;
            }
        }
    }

    private matchers(): Matcher[] {
        const found: Matcher[] = [];
        this.expect("{");
        while (!this.accept("}")) {
            const label = this.takeKind("identifier");
            const op = this.take().text;
            if (!["=", "!=", "=~", "!~"].includes(op)) {
                throw this.unexpected();
            }
            found.push({ label, op, value: unquote(this.takeKind("string")) });
            if (!this.accept(",") && this.peek().text !== "}") {
                throw this.unexpected();
            }
        }
        return found;
    }

    private labels(): string[] {
        const found: string[] = [];
        this.expect("(");
        while (!this.accept(")")) {
            found.push(this.takeKind("identifier"));
            if (!this.accept(",") && this.peek().text !== ")") {
                throw this.unexpected();
            }
        }
        return found;
    }

    private list(): Expression[] {
        const found: Expression[] = [];
        this.expect("(");
        while (!this.accept(")")) {
            found.push(this.binary(0));
            if (!this.accept(",") && this.peek().text !== ")") {
                throw this.unexpected();
            }
        }
        return found;
    }

    private peek(): Token {
        return this.words[this.next] ?? { kind: "end", text: "", at: this.text.length };
    }

    private take(): Token {
        const word = this.peek();
        this.next += 1;
        return word;
    }

    private takeKind(kind: Token["kind"]): string {
        if (this.peek().kind !== kind) {
            throw this.unexpected();
        }
        return this.take().text;
    }

    private accept(text: string): boolean {
        const word = this.peek();
        if (word.kind === "string" || word.kind === "end" || word.text !== text) {
            return false;
        }
        this.next += 1;
        return true;
    }

    private expect(text: string): void {
        if (!this.accept(text)) {
            throw this.unexpected();
        }
    }

    private unexpected(): PromqlError {
        const word = this.peek();
        return new PromqlError(this.text, word.at, word.kind === "end" ? "unexpected end" : `unexpected ${word.text}`);
    }
}

function unquote(text: string): string {
    return text.startsWith("`") ? text.slice(1, -1) : text.slice(1, -1).replace(/\\(.)/g, "$1");
}
