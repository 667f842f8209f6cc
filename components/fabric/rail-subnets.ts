/** Parts of an address range, one for each rail. Pure. */

/** Addresses of a part that are no host's: network and broadcast. */
const RESERVED = 2;

/**
 * One subnet for each rail, all of the smallest size that holds `addresses`, at least /24; none where the range is too small or no
 * IPv4 range.
 */
export function railSubnets(range: string, rails: number, addresses: number): string[] {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(range);
    const numbers = (match ?? []).slice(1).map(Number);
    const prefix = numbers[4];
    if (prefix === undefined || prefix > 32 || numbers.slice(0, 4).some((octet) => octet > 255)) {
        return [];
    }
    const base = numbers.slice(0, 4).reduce((total, octet) => total * 256 + octet, 0);
    const bits = Math.max(8, Math.ceil(Math.log2(addresses + RESERVED)));
    if (rails * 2 ** bits > 2 ** (32 - prefix) || base % 2 ** (32 - prefix) !== 0) {
        return [];
    }
    return Array.from({ length: rails }, (_, rail) => {
        const start = base + rail * 2 ** bits;
        const octets = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
        return `${octets.join(".")}/${String(32 - bits)}`;
    });
}
