/**
 * Switch configurations before parsers that are not ours: NVIDIA's schema of each Cumulus Linux release, and Arista's own renderer. SONiC's YANG
 * models are in no registry, so that SONiC is read by our own reader alone; docs/fabric.md says so.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { roceQos } from "../../components/quality-of-service";
import type { RoceQos } from "../../components/quality-of-service";
import { SwitchDialect, eosConfig, nvueStartup, switchSpecs } from "../../components/switches";
import { designFabric } from "../../components/topology";
import { cacheHome } from "../../twin/places";

const requirements = path.join(__dirname, "requirements.txt");
const home = path.join(cacheHome(), "test-parsers");
const python = path.join(home, "bin", "python");

interface Question {
    dialect: "nvue" | "eos";
    release?: string;
    text: string;
}

interface Answer {
    wrong: string[];
    settings: { [key: string]: unknown };
}

/** The parsers in a folder of their own, installed again where the list has changed. */
function install(): void {
    const stamp = path.join(home, "requirements.txt");
    const wanted = readFileSync(requirements, "utf8");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
        return;
    }
    mkdirSync(home, { recursive: true });
    execFileSync("python3", ["-m", "venv", "--clear", home], { stdio: "pipe" });
    execFileSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], {
        stdio: "pipe",
    });
    writeFileSync(stamp, wanted);
}

function judge(questions: Question[]): Answer[] {
    return JSON.parse(
        execFileSync(python, [path.join(__dirname, "judge.py")], {
            input: JSON.stringify(questions),
            encoding: "utf8",
            maxBuffer: 256 * 2 ** 20,
        }),
    ) as Answer[];
}

const plan = designFabric({ nodes: 8, gpusPerNode: 8, railsPerNode: 2, unitNodes: 4, leafSwitch: "SN5600" });
const leaf = (dialect: SwitchDialect): ReturnType<typeof switchSpecs>[number] => {
    const [spec] = switchSpecs(plan, dialect);
    if (spec === undefined) {
        throw new Error("a design has a leaf");
    }
    return spec;
};
const nvueLeaf = leaf(SwitchDialect.Nvue);
const eosLeaf = leaf(SwitchDialect.Eos);

const usual = { linkGbps: 400, bufferKib: 163840 };
const CASES: RoceQos[] = [
    roceQos(usual),
    roceQos({ ...usual, dscp: 24, priority: 0, cnpDscp: 46, cnpPriority: 7, mtu: 9216 }),
    roceQos({ ...usual, dscp: 63, priority: 7, cnpDscp: 0, cnpPriority: 0, mtu: 1500, watchdogMs: 5000 }),
    roceQos({ ...usual, linkGbps: 800, ecnProbability: 100, watchdogMs: 100 }),
    roceQos({ linkGbps: 100, bufferKib: 16384, ecnProbability: 1 }),
    roceQos({ linkGbps: 200, bufferKib: 65536, dscp: 33, priority: 4 }),
];
/** Cumulus Linux releases from the first with a PFC watchdog in NVUE to the newest that nvueschema has. */
const RELEASES = Array.from({ length: 13 }, (_, index) => `5.${String(index + 6)}`);

describe("parsers of other people", () => {
    const answered = new Map<string, Answer[]>();

    // One process for all: loading the schemas takes longer than judging by them.
    beforeAll(() => {
        install();
        const questions = RELEASES.flatMap((release) =>
            CASES.map((qos): Question => ({ dialect: "nvue", release, text: nvueStartup(nvueLeaf, qos, release) })),
        );
        judge(questions).forEach((answer, index) => {
            const release = questions[index]?.release ?? "";
            answered.set(release, [...(answered.get(release) ?? []), answer]);
        });
    });

    it.each(RELEASES)("accept our NVUE for Cumulus Linux %s, every key and type", (release) => {
        const answers = answered.get(release) ?? [];
        expect(answers).toHaveLength(CASES.length);
        expect(answers.flatMap(({ wrong }) => wrong)).toEqual([]);
    });

    it("read in our NVUE what the object says", () => {
        const answers = answered.get(RELEASES.at(-1) ?? "") ?? [];
        expect(answers).toHaveLength(CASES.length);
        answers.forEach(({ settings }, index) => {
            const qos = CASES[index] ?? roceQos(usual);
            expect(settings).toMatchObject({
                qos: {
                    mapping: {
                        "default-global": {
                            trust: "l3",
                            dscp: {
                                [qos.dscp]: { "switch-priority": qos.priority },
                                [qos.cnpDscp]: { "switch-priority": qos.cnpPriority },
                            },
                        },
                    },
                    pfc: { "default-global": { "switch-priority": { [qos.priority]: {} } } },
                    "congestion-control": {
                        "default-global": {
                            "traffic-class": {
                                [qos.priority]: {
                                    ecn: "enable",
                                    "min-threshold": qos.ecnMinBytes,
                                    "max-threshold": qos.ecnMaxBytes,
                                    probability: qos.ecnProbability,
                                },
                            },
                        },
                    },
                },
            });
            const ports = Object.values(settings["interface"] as { [port: string]: unknown });
            expect(ports).toHaveLength(nvueLeaf.ports.length);
            ports.forEach((port) => {
                expect(port).toMatchObject({ link: { mtu: qos.mtu, speed: `${String(qos.linkGbps)}G` } });
            });
        });
    });

    it("accept our EOS, and Arista's AVD writes the same lines from what it says", () => {
        const answers = judge(CASES.map((qos) => ({ dialect: "eos", text: eosConfig(eosLeaf, qos) })));
        expect(answers.flatMap(({ wrong }) => wrong)).toEqual([]);
        answers.forEach(({ settings }, index) => {
            const qos = CASES[index] ?? roceQos(usual);
            expect(settings).toMatchObject({
                qos: {
                    map: {
                        dscp: [
                            `${String(qos.dscp)} to traffic-class ${String(qos.priority)}`,
                            `${String(qos.cnpDscp)} to traffic-class ${String(qos.cnpPriority)}`,
                        ],
                    },
                },
                qos_profiles: [
                    {
                        trust: "dscp",
                        priority_flow_control: { enabled: true, priorities: [{ priority: qos.priority }] },
                    },
                ],
            });
            const ports = settings["ethernet_interfaces"] as { mtu: number; service_profile: string }[];
            expect(ports.map(({ mtu }) => mtu)).toEqual(eosLeaf.ports.map(() => qos.mtu));
        });
    });

    it("refuse what a switch would refuse", () => {
        const nvue = nvueStartup(nvueLeaf, roceQos(usual), "5.18");
        const eos = eosConfig(eosLeaf, roceQos(usual));
        const edited = (text: string, before: string, after: string): string => {
            expect(text).toContain(before);
            return text.replace(before, after);
        };
        const answers = judge([
            {
                dialect: "nvue",
                release: "5.18",
                text: edited(nvue, "polling-interval: 100", "polling-interval: 0:00:00.1"),
            },
            { dialect: "nvue", release: "5.14", text: nvue },
            { dialect: "nvue", release: "5.18", text: edited(nvue, "congestion-control:", "congestion-contrl:") },
            { dialect: "nvue", release: "5.18", text: edited(nvue, "mtu: 9000", "mtu: 90000") },
            { dialect: "eos", text: edited(eos, "minimum-threshold", "minimum-treshold") },
            { dialect: "eos", text: edited(eos, "speed 400g", "speed 401g") },
            { dialect: "eos", text: edited(eos, "   qos trust dscp", "   qos trust tos") },
        ]);
        expect(answers.map(({ wrong }) => wrong.join(" | "))).toEqual([
            expect.stringContaining("qos.pfc-watchdog.polling-interval"),
            expect.stringContaining("qos.roce.state"),
            expect.stringContaining("qos.congestion-contrl"),
            expect.stringContaining("link.mtu"),
            expect.stringContaining("unknown command: random-detect ecn minimum-treshold"),
            expect.stringContaining("speed"),
            expect.stringContaining("trust"),
        ]);
    });
});
