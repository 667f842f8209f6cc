/** The tree of a PromQL expression. */

/** `label op "value"` in a selector. */
export interface Matcher {
    label: string;
    op: string;
    value: string;
}

/** Which labels two sides of an operator must share. */
export interface Matching {
    on: boolean;
    labels: string[];
    /** `left` for group_left, `right` for group_right. */
    group?: "left" | "right";
    /** Labels that the group takes over from the other side. */
    include: string[];
}

export interface Selector {
    kind: "selector";
    metric: string;
    matchers: Matcher[];
    /** Index of the metric's name in the expression. */
    at: number;
    /** Range in seconds; 0 for an instant vector. */
    rangeSeconds: number;
    /** How far back, seconds; negative looks ahead. */
    offsetSeconds: number;
}

export interface Aggregation {
    kind: "aggregation";
    op: string;
    grouping?: { by: boolean; labels: string[] };
    parameter?: Expression;
    argument: Expression;
}

export interface Call {
    kind: "call";
    name: string;
    arguments: Expression[];
}

export interface Binary {
    kind: "binary";
    op: string;
    bool: boolean;
    matching?: Matching;
    left: Expression;
    right: Expression;
}

export interface Unary {
    kind: "unary";
    argument: Expression;
}

export interface Subquery {
    kind: "subquery";
    argument: Expression;
    rangeSeconds: number;
    offsetSeconds: number;
}

export interface Literal {
    kind: "number" | "string";
    text: string;
}

export type Expression = Selector | Aggregation | Call | Binary | Unary | Subquery | Literal;

/** Every selector of an expression, from left to right. */
export function selectors(expression: Expression): Selector[] {
    switch (expression.kind) {
        case "selector":
            return [expression];
        case "aggregation":
            return [
                ...(expression.parameter === undefined ? [] : selectors(expression.parameter)),
                ...selectors(expression.argument),
            ];
        case "call":
            return expression.arguments.flatMap(selectors);
        case "binary":
            return [...selectors(expression.left), ...selectors(expression.right)];
        case "unary":
        case "subquery":
            return selectors(expression.argument);
        default:
            return [];
    }
}
