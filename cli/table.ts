/** Plain text tables for terminals: columns padded to their widest cell, numbers to the right. */

/** One column: its heading and whether its cells are numbers. */
export interface Column {
    heading: string;
    right?: boolean;
}

/** Lays out rows under headings; the first line is the headings, the second a rule. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
    const widths = columns.map((column, index) =>
        Math.max(column.heading.length, ...rows.map((row) => (row[index] ?? "").length)),
    );
    const line = (cells: readonly string[]): string =>
        columns
            .map((column, index) => {
                const cell = cells[index] ?? "";
                const width = widths[index] ?? 0;
                return column.right === true ? cell.padStart(width) : cell.padEnd(width);
            })
            .join("  ")
            .trimEnd();
    return [
        line(columns.map((column) => column.heading)),
        widths.map((width) => "─".repeat(width)).join("  "),
        ...rows.map(line),
    ];
}

/** `1,024`. */
export function grouped(value: number): string {
    return Math.round(value).toLocaleString("en-US");
}

/** `$8,068` above a hundred dollars, `$0.10` below. */
export function dollars(value: number): string {
    return value >= 100 ? `$${grouped(value)}` : `$${value.toFixed(2)}`;
}
