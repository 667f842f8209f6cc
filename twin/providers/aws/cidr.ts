/** IPv4 blocks as numbers. */

export interface Block {
    first: number;
    last: number;
    prefix: number;
}

/** Undefined where the text is no IPv4 block, or its address has bits beyond the prefix. */
export function parseBlock(cidr: string): Block | undefined {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
    if (match === null) {
        return undefined;
    }
    const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
    if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) {
        return undefined;
    }
    const first = ((a * 256 + b) * 256 + c) * 256 + d;
    const size = 2 ** (32 - prefix);
    return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

export function overlap(left: Block, right: Block): boolean {
    return left.first <= right.last && right.first <= left.last;
}

export function within(inner: Block, outer: Block): boolean {
    return inner.first >= outer.first && inner.last <= outer.last;
}

/** Dotted address. */
export function address(value: number): string {
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
