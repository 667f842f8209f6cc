/** Kubernetes quantities, as far as pod resources and quotas need them: whole numbers, `m` for thousandths, binary suffixes. */
const BINARY: { [suffix: string]: bigint } = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n };

/**
 * `quantity` times `numerator / denominator` in the same unit, rounded up or down to a whole number of that unit:
 * `scaled("5120Mi", 3, 2, "up")` is `"7680Mi"`.
 *
 * @throws Error for quantities in other notations (`1.5`, `1e3`, `100m`).
 */
export function scaled(quantity: string, numerator: number, denominator: number, round: "up" | "down"): string {
    const { amount, suffix } = parse(quantity);
    const product = amount * BigInt(numerator);
    const divisor = BigInt(denominator);
    const whole = product / divisor;
    return `${String(round === "up" && product % divisor !== 0n ? whole + 1n : whole)}${suffix}`;
}

/** The sum of quantities of one unit. */
export function sum(quantities: string[]): string {
    const parsed = quantities.map(parse);
    const suffix = parsed[0]?.suffix ?? "";
    if (parsed.some((quantity) => quantity.suffix !== suffix)) {
        throw new Error(`quantities of different units: ${quantities.join(", ")}`);
    }
    return `${String(parsed.reduce((total, quantity) => total + quantity.amount, 0n))}${suffix}`;
}

/** The quantity as a plain number of its base unit (bytes, cores, devices). */
export function baseUnits(quantity: string): bigint {
    const { amount, suffix } = parse(quantity);
    return amount * (BINARY[suffix] ?? 1n);
}

function parse(quantity: string): { amount: bigint; suffix: string } {
    const match = /^(\d+)(Ki|Mi|Gi|Ti)?$/.exec(quantity);
    if (match?.[1] === undefined) {
        throw new Error(`not a whole quantity: ${quantity}`);
    }
    return { amount: BigInt(match[1]), suffix: match[2] ?? "" };
}
