/**
 * IPv4 arithmetic, and the plan of a VPC's ranges. The plan gives each zone a fixed slot by its place in the list, so that a
 * zone added at the end moves no existing subnet (a moved range replaces the subnet and everything in it).
 */

/** An IPv4 range: the first address as a number, and the length of the prefix. */
export interface Cidr {
    base: number;
    prefix: number;
}

/** Reads `10.0.0.0/16`; undefined when it is no range, or has bits set behind the prefix. */
export function parseCidr(text: string): Cidr | undefined {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
    if (match === null) {
        return undefined;
    }
    const octets = match.slice(1, 5).map(Number);
    const prefix = Number(match[5]);
    if (prefix > 32 || octets.some((octet) => octet > 255)) {
        return undefined;
    }
    const base = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    return base % sizeOf({ base, prefix }) === 0 ? { base, prefix } : undefined;
}

/** Writes a range as `10.0.0.0/16`. */
export function formatCidr(cidr: Cidr): string {
    const octets = [24, 16, 8, 0].map((shift) => Math.floor(cidr.base / 2 ** shift) % 256);
    return `${octets.join(".")}/${String(cidr.prefix)}`;
}

/** Addresses of a range. */
export function sizeOf(cidr: Cidr): number {
    return 2 ** (32 - cidr.prefix);
}

/** Whether two ranges share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
    return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

/** Whether `inner` lies inside `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
    return inner.base >= outer.base && inner.base + sizeOf(inner) <= outer.base + sizeOf(outer);
}

/** The `index`-th part of a range that is cut into parts with `bits` more prefix bits. */
export function part(cidr: Cidr, bits: number, index: number): Cidr {
    const prefix = cidr.prefix + bits;
    return { base: cidr.base + index * 2 ** (32 - prefix), prefix };
}

/** Addresses that AWS keeps in every subnet: the first four and the last. */
export const RESERVED_PER_SUBNET = 5;

/** Addresses that instances and pods can have in a subnet. */
export function usableAddresses(cidr: Cidr): number {
    return Math.max(0, sizeOf(cidr) - RESERVED_PER_SUBNET);
}

/** Zones that a plan has slots for. */
export const MAX_ZONES = 8;

/** The ranges of one zone. */
export interface ZoneRanges {
    zone: string;
    privateCidr: string;
    publicCidr: string;
}

/**
 * Ranges of every zone. Half of the VPC is the private subnet of the GPU zone (a thousand nodes and their pods live in one
 * zone), a quarter is cut into eight private slots for the other zones, and an eighth into eight public slots, which only NAT
 * gateways use. The last eighth stays free for the user's own subnets.
 */
export function planSubnets(vpc: Cidr, zones: string[], gpuZone: string): ZoneRanges[] {
    const [gpuHalf, rest] = [part(vpc, 1, 0), part(vpc, 1, 1)];
    const [otherQuarter, publicEighth] = [part(rest, 1, 0), part(part(rest, 1, 1), 1, 0)];
    return zones.map((zone, slot) => ({
        zone,
        privateCidr: formatCidr(zone === gpuZone ? gpuHalf : part(otherQuarter, 3, slot)),
        publicCidr: formatCidr(part(publicEighth, 3, slot)),
    }));
}
