/**
 * The instance catalogue against AWS's own answers to DescribeInstanceTypes, as Karpenter's AWS provider generates them into its source: network
 * cards, interfaces, addresses, bandwidth, EFA interfaces, GPUs and their memory. The version is the one that the entries name as source.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { instance, instanceTypes } from "../../catalog";
import { goModule } from "../support/go-modules";

const entries = instanceTypes().map((type) => instance(type));

/** What Karpenter's tables say of a type; a table may not have it yet. */
interface Published {
    cards?: number[];
    interfaces?: number;
    addresses?: number;
    bandwidthMbps?: number;
    efa?: number;
    gpus?: number;
    gpuMemoryMib?: number;
}

/** The entry of a type in a generated table: from its key to the brace that closes it. */
function block(table: string, type: string): string | undefined {
    const start = table.indexOf(`\n\t"${type}": {`);
    return start < 0 ? undefined : table.slice(start, table.indexOf("\n\t},", start));
}

function figure(text: string | undefined, pattern: RegExp): number | undefined {
    const found = text === undefined ? undefined : pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
}

/** Memory of the first GPU, MiB. */
function memoryMib(text: string | undefined): number | undefined {
    const [, amount, unit] = /"memory":\s+\{Value: resource\.MustParse\("(\d+)(Mi|Gi)"\)/.exec(text ?? "") ?? [];
    return amount === undefined ? undefined : Number(amount) * (unit === "Gi" ? 1024 : 1);
}

let published: (type: string) => Published;

beforeAll(() => {
    const source = /^(github\.com\/[^:]+):(.+)@(v[\d.]+)$/.exec(
        instance("p5en.48xlarge").sources["cards"]?.where ?? "",
    );
    const [, location = "", , version = ""] = source ?? [];
    const folder = goModule(location, version);
    const table = (file: string): string => readFileSync(join(folder, "pkg/providers", file), "utf8");
    const limits = table("instancetype/zz_generated.vpclimits.go");
    const bandwidth = table("instancetype/zz_generated.bandwidth.go");
    const efa = table("drametadata/zz_generated_efa_metadata.go");
    const gpus = table("drametadata/zz_generated_gpu_metadata.go");
    published = (type) => {
        const limit = block(limits, type);
        const gpu = block(gpus, type);
        const cards = [...(limit ?? "").matchAll(/\n\t+NetworkCardIndex:\s+(\d+)/g)].map(([, index]) => Number(index));
        return {
            ...(cards.length === 0 ? {} : { cards }),
            interfaces: figure(limit, /\tInterface:\s+(\d+)/),
            addresses: figure(limit, /IPv4PerInterface:\s+(\d+)/),
            bandwidthMbps: figure(bandwidth, new RegExp(`"${type.replace(".", "\\.")}":\\s+(\\d+)`)),
            efa: figure(block(efa, type), /Count:\s+(\d+)/),
            gpus: figure(gpu, /Count:\s+(\d+)/),
            gpuMemoryMib: memoryMib(gpu),
        };
    };
});

/** Types that a table of the pinned version lacks; the entries name other sources for these facts. */
const MISSING = {
    cards: ["p6e-gb200.36xlarge"],
    efa: ["p6e-gb200.36xlarge", "g7e.8xlarge", "g7e.12xlarge", "g7e.24xlarge", "g7e.48xlarge"],
    gpus: entries.filter(({ family }) => family === "g7e" || family === "p6e-gb200").map(({ type }) => type),
};

describe("the instance catalogue against Karpenter's tables", () => {
    it.each(entries)("$type has the published network cards, interfaces and addresses", ({ type, network }) => {
        const { cards, interfaces, addresses } = published(type);
        expect(cards === undefined).toBe(MISSING.cards.includes(type));
        if (cards !== undefined) {
            expect(network.maximumCards).toBe(cards.length);
            expect(network.maximumInterfaces).toBe(interfaces);
            expect(network.ipv4PerInterface).toBe(addresses);
            // Every card that we put an interface on is one that the type has.
            expect(network.cards.map(({ index }) => index).filter((index) => !cards.includes(index))).toEqual([]);
        }
    });

    it.each(entries)("$type has the published EFA interfaces", ({ type, network }) => {
        const { efa = 0 } = published(type);
        if (!MISSING.efa.includes(type)) {
            expect(network.efaInterfaces).toBe(efa);
        }
    });

    it.each(entries)("$type has the published bandwidth", ({ type, network }) => {
        const { bandwidthMbps } = published(type);
        const all = network.cards.reduce((sum, { gbps }) => sum + gbps, 0);
        // Where card 0 is for ENA alone, the published figure is that of the EFA cards; p6e-gb200's is of all of its 17 cards, of which
        // AWS recommends five.
        const ours = network.cards[0]?.carries === "ena" && network.efaInterfaces > 0 ? network.efaGbps : all;
        if (type === "p6e-gb200.36xlarge") {
            expect(ours * 1000).toBeLessThanOrEqual(bandwidthMbps ?? 0);
        } else {
            expect(ours * 1000).toBe(bandwidthMbps);
        }
    });

    it.each(entries)("$type has the published GPUs, each with the published memory", ({ type, gpus }) => {
        const { gpus: count, gpuMemoryMib = 0 } = published(type);
        expect(count === undefined).toBe(MISSING.gpus.includes(type));
        if (count !== undefined) {
            expect(gpus.count).toBe(count);
            // A card is named by its nominal memory; what the driver offers is up to a tenth less.
            const share = gpuMemoryMib / 1024 / gpus.memoryGib;
            expect(share).toBeGreaterThan(0.88);
            expect(share).toBeLessThanOrEqual(1.03);
        }
    });
});
