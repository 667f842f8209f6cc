/**
 * Which labels come out of an expression, and which ones it asks for in vain. A label that the metric does not have makes a rule
 * silently dead: `by (Hostname)` after the exporter renamed it, `on (pod)` against a series without pods.
 */
import type { Binary, Call, Expression, Selector } from "./syntax";

/** What an expression reads. */
export interface Known {
    /** Labels of a metric or a recorded series; undefined where nobody produces it. */
    labelsOf(metric: string): readonly string[] | undefined;
}

/** Labels of the result, and what is wrong with the expression. */
export interface Inference {
    labels: Set<string>;
    problems: string[];
    /** True for a number without labels, which matches nothing and passes through operators. */
    scalar: boolean;
}

const scalarCalls = new Set(["time", "scalar", "pi"]);

/** Labels of `expression`'s result. */
export function inferLabels(expression: Expression, known: Known): Inference {
    switch (expression.kind) {
        case "number":
        case "string":
            return { labels: new Set(), problems: [], scalar: true };
        case "selector":
            return ofSelector(expression, known);
        case "unary":
        case "subquery":
            return inferLabels(expression.argument, known);
        case "aggregation": {
            const inner = inferLabels(expression.argument, known);
            const parameter = expression.parameter === undefined ? undefined : inferLabels(expression.parameter, known);
            const problems = [...inner.problems, ...(parameter?.problems ?? [])];
            const { grouping } = expression;
            if (grouping !== undefined) {
                problems.push(
                    ...missing(grouping.labels, inner.labels, `${expression.op} ${grouping.by ? "by" : "without"}`),
                );
            }
            const kept = expression.op === "topk" || expression.op === "bottomk";
            const labels =
                grouping === undefined
                    ? new Set(kept ? inner.labels : [])
                    : kept
                      ? inner.labels
                      : grouping.by
                        ? new Set(grouping.labels)
                        : without(inner.labels, grouping.labels);
            if (expression.op === "count_values" && expression.parameter?.kind === "string") {
                labels.add(expression.parameter.text);
            }
            return { labels, problems, scalar: false };
        }
        case "call":
            return ofCall(expression, known);
        case "binary":
            return ofBinary(expression, known);
    }
}

function ofSelector(selector: Selector, known: Known): Inference {
    const labels = known.labelsOf(selector.metric);
    if (labels === undefined) {
        return {
            labels: new Set(),
            problems: [`uses ${selector.metric}, which no deployed exporter exports`],
            scalar: false,
        };
    }
    const asked = selector.matchers.map((matcher) => matcher.label);
    return {
        labels: new Set(labels),
        problems: missing(asked, new Set(labels), selector.metric),
        scalar: false,
    };
}

function ofCall(call: Call, known: Known): Inference {
    const parts = call.arguments.map((argument) => inferLabels(argument, known));
    const problems = parts.flatMap((part) => part.problems);
    if (scalarCalls.has(call.name)) {
        return { labels: new Set(), problems, scalar: true };
    }
    const labels = new Set(parts.find((part) => !part.scalar)?.labels ?? []);
    const [first, second] = call.arguments;
    if (call.name === "histogram_quantile") {
        problems.push(...missing(["le"], labels, "histogram_quantile"));
        labels.delete("le");
    } else if ((call.name === "label_replace" || call.name === "label_join") && second?.kind === "string") {
        labels.add(second.text);
    } else if (call.name === "vector") {
        labels.clear();
    } else if (call.name === "absent" || call.name === "absent_over_time") {
        // Only labels with an equality matcher survive absence.
        labels.clear();
        if (first?.kind === "selector") {
            first.matchers.filter((matcher) => matcher.op === "=").forEach((matcher) => labels.add(matcher.label));
        }
    }
    return { labels, problems, scalar: false };
}

function ofBinary(binary: Binary, known: Known): Inference {
    const left = inferLabels(binary.left, known);
    const right = inferLabels(binary.right, known);
    const problems = [...left.problems, ...right.problems];
    if (left.scalar || right.scalar) {
        if (binary.matching !== undefined) {
            problems.push(`${binary.op} matches labels with a number; write on (…) before the whole side`);
        }
        return { labels: left.scalar ? right.labels : left.labels, problems, scalar: left.scalar && right.scalar };
    }
    const { matching } = binary;
    if (matching?.on === true) {
        problems.push(
            ...missing(matching.labels, left.labels, `left side of ${binary.op} on`),
            ...missing(matching.labels, right.labels, `right side of ${binary.op} on`),
        );
    }
    if (binary.op === "or") {
        return { labels: new Set([...left.labels, ...right.labels]), problems, scalar: false };
    }
    if (binary.op === "and" || binary.op === "unless") {
        return { labels: left.labels, problems, scalar: false };
    }
    if (matching?.group !== undefined) {
        const [many, one] = matching.group === "left" ? [left, right] : [right, left];
        problems.push(...missing(matching.include, one.labels, `group_${matching.group}`));
        return { labels: new Set([...many.labels, ...matching.include]), problems, scalar: false };
    }
    if (matching === undefined) {
        const apart = [...left.labels].filter((label) => !right.labels.has(label));
        const other = [...right.labels].filter((label) => !left.labels.has(label));
        if (apart.length + other.length > 0) {
            problems.push(
                `${binary.op} compares sides of different labels (${[...apart, ...other].join(", ")}) without on`,
            );
        }
        return { labels: left.labels, problems, scalar: false };
    }
    return {
        labels: matching.on ? new Set(matching.labels) : without(left.labels, matching.labels),
        problems,
        scalar: false,
    };
}

function missing(asked: readonly string[], there: ReadonlySet<string>, where: string): string[] {
    return asked
        .filter((label) => !there.has(label))
        .map(
            (label) => `asks ${where} for label ${label}, which is not there (${[...there].join(", ") || "no labels"})`,
        );
}

function without(labels: ReadonlySet<string>, gone: readonly string[]): Set<string> {
    return new Set([...labels].filter((label) => !gone.includes(label)));
}
