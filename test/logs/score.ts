/** Precision and recall of each class from labelled and predicted lines. */
import type { Sample } from "../alerts/log-samples";

/** A line with what the rules made of it. A line that two rules count has two predictions. */
export interface Prediction extends Sample {
    predicted: string[];
}

/** One class. Precision of a class that took nothing is 1, as is recall of a class without lines. */
export interface ClassScore {
    name: string;
    lines: number;
    precision: number;
    recall: number;
}

/** Scores of all labels, `unclassified` and `none` among them. */
export function scores(predictions: readonly Prediction[], names: readonly string[]): ClassScore[] {
    return names.map((name) => {
        const wanted = predictions.filter((line) => line.label === name);
        const taken = predictions.filter((line) => line.predicted.includes(name));
        const right = taken.filter((line) => line.label === name).length;
        return {
            name,
            lines: wanted.length,
            precision: taken.length === 0 ? 1 : right / taken.length,
            recall: wanted.length === 0 ? 1 : right / wanted.length,
        };
    });
}

/** Lines of which the rules say anything but their label. */
export function wrong(predictions: readonly Prediction[]): Prediction[] {
    return predictions.filter((line) => line.predicted.length !== 1 || line.predicted[0] !== line.label);
}

/** A table to read. */
export function scoreTable(title: string, table: readonly ClassScore[]): string {
    const percent = (share: number): string => `${(100 * share).toFixed(0)} %`.padStart(7);
    return [
        `${title}: class, lines, precision, recall`,
        ...table.map(
            (row) =>
                `  ${row.name.padEnd(20)}${row.lines.toString().padStart(4)}${percent(row.precision)}${percent(row.recall)}`,
        ),
    ].join("\n");
}
