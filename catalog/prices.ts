/** Reader of the dated price catalogue. Prices are list prices before tax and discounts; every one carries its date. */
import data from "./data/prices.json";
import { findInstance, instanceTypes } from "./instances";
import { findSystemInstance, systemInstanceTypes } from "./system-instances";
import type { InstancePrice, PriceKind, ServicePrice, Source } from "./types";
import { unknownName } from "./unknown-name";

interface PriceFile {
    instances: InstancePrice[];
    services: ServicePrice[];
}

const file = data as PriceFile;

/** Hours in a month as cloud bills count them: 365 × 24 / 12. */
export const hoursPerMonth = 730;

/** What to price. */
export interface RateQuery {
    type: string;
    region: string;
    kind: PriceKind;
    /**
     * The user's own rates, USD per hour of one instance, which win over the catalogue. Keys from the narrowest:
     * `type/region/kind`, `type/kind`, `type`.
     */
    overrides?: { [key: string]: number };
}

/** Rate of one instance. */
export interface Rate {
    usdPerHour: number;
    /** Lowest and highest rate seen where it moves (spot). */
    low?: number;
    high?: number;
    /** ISO date on which the rate held; absent for the user's own. */
    asOf?: string;
    source: Source;
}

/** A rate, or the reason in one sentence why there is none. Exactly one of the two is there. */
export interface RateAnswer {
    rate?: Rate;
    reason?: string;
}

/** Rate of an instance type in a region, with the reason when there is none: for the plan, which says what it could not price. */
export function rateOrReason(query: RateQuery): RateAnswer {
    const own = ownRate(query);
    if (own !== undefined) {
        return { rate: own };
    }
    const capacityKinds = sellableKinds(query.type);
    if (capacityKinds === undefined) {
        const known = [...instanceTypes(), ...systemInstanceTypes()];
        return { reason: unknownName("instance type", query.type, known).message };
    }
    // A reservation is billed at the on-demand rate for as long as it exists, used or not.
    const kind = query.kind === "reservation" ? "on-demand" : query.kind;
    const ofKind = file.instances.filter((entry) => entry.type === query.type && entry.kind === kind);
    const entry = ofKind.find((candidate) => candidate.regions.includes(query.region));
    if (entry !== undefined) {
        const { usdPerHour, low, high, asOf, source } = entry;
        return { rate: { usdPerHour, ...(low === undefined ? {} : { low, high }), asOf, source } };
    }
    if (!capacityKinds.includes(query.kind)) {
        return { reason: `${query.type} is not sold as ${query.kind}, only as ${capacityKinds.join(", ")}` };
    }
    const regions = [...new Set(ofKind.flatMap((candidate) => candidate.regions))];
    return {
        reason:
            regions.length === 0
                ? `no ${kind} price of ${query.type} is in the catalogue`
                : `no ${kind} price of ${query.type} in ${query.region} is in the catalogue, only for ${regions.join(", ")}`,
    };
}

/** Rate of an instance type in a region; undefined when there is none (`rateOrReason` says why). */
export function rate(query: RateQuery): Rate | undefined {
    return rateOrReason(query).rate;
}

/** Kinds of capacity that AWS sells a type as; every type without GPU is sold as all but blocks. */
function sellableKinds(type: string): readonly PriceKind[] | undefined {
    const gpu = findInstance(type);
    if (gpu !== undefined) {
        return gpu.capacityKinds;
    }
    return findSystemInstance(type) === undefined ? undefined : ["on-demand", "spot", "reservation"];
}

function ownRate(query: RateQuery): Rate | undefined {
    const keys = [`${query.type}/${query.region}/${query.kind}`, `${query.type}/${query.kind}`, query.type];
    for (const key of keys) {
        const usdPerHour = query.overrides?.[key];
        if (usdPerHour !== undefined) {
            return { usdPerHour, source: { where: `your own price ${key}`, read: "" } };
        }
    }
    return undefined;
}

/** Names of what the catalogue prices besides instances, each once. */
export function serviceNames(): string[] {
    return [...new Set(file.services.map((entry) => entry.name))];
}

/**
 * Price of a service in a region; undefined when the catalogue holds none for that region.
 *
 * @throws UnknownNameError `unknown price nat-gatway, did you mean nat-gateway?`
 */
export function servicePrice(name: string, region: string): ServicePrice | undefined {
    const entries = file.services.filter((entry) => entry.name === name);
    if (entries.length === 0) {
        throw unknownName("price", name, serviceNames());
    }
    return (
        entries.find((entry) => entry.regions.includes(region)) ?? entries.find((entry) => entry.regions.includes("*"))
    );
}

/** Oldest date among the catalogue's instance prices: what a plan prints as the age of its cost. */
export function oldestPriceDate(): string {
    return file.instances.map((entry) => entry.asOf).sort()[0] ?? "";
}

/** Every instance price of the catalogue, for checks and documentation. */
export function instancePrices(): InstancePrice[] {
    return [...file.instances];
}
