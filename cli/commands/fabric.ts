/** `kilogpu fabric inventory | design | render | collect | check`: what is wired, what should be, what devices are told and what they say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { computeNics, machine } from "../../catalog/machines";
import { switchModel, switchModels } from "../../catalog/switches";
import { InputError, oneOf, refuse } from "../../components/input";
import { checkRoceQos, roceQos } from "../../components/quality-of-service";
import type { RoceQos, RoceQosArgs } from "../../components/quality-of-service";
import {
    NVUE_RELEASE,
    SwitchDialect,
    checkNvueRelease,
    eosConfig,
    nvueStartup,
    sonicConfigFile,
    switchSpecs,
} from "../../components/switches";
import type { SwitchSpec } from "../../components/switches";
import { billOfMaterials, cableCsv, designFabric, drawFabric, drawInventory } from "../../components/topology";
import type { FabricPlan } from "../../components/topology";
import { inventoryLines, inventoryReport } from "../doctor/inventory";
import { checkFabric } from "../fabric/check";
import { COLLECT_SCRIPT } from "../fabric/collect";
import { declaredFabric } from "../fabric/declared";
import type { DeclaredFabric, DeclaredFlags } from "../fabric/declared";
import { readInventoryFile } from "../fabric/inventory-file";
import { readReadings } from "../fabric/readings";
import type { Readings } from "../fabric/readings";
import { checkLines } from "../fabric/show-check";
import { ExitCode, fail } from "../failure";
import { table } from "../table";

interface DesignFlags {
    nodes: string;
    gpus: string;
    rails: string;
    switch: string;
    unit?: string;
    out?: string;
    picture?: string;
}

interface InventoryFlags {
    machineType?: string;
    picture?: string;
    json?: boolean;
}

interface RenderFlags extends DesignFlags {
    dialect: string;
    out: string;
    release?: string;
    dscp?: string;
    priority?: string;
    mtu?: string;
    bufferKib?: string;
}

interface CheckFlags extends DeclaredFlags {
    from?: string;
    ssh?: boolean;
    switches?: string;
    ignore?: string;
    partial?: boolean;
    json?: boolean;
}

function print(lines: readonly string[]): void {
    process.stdout.write(`${lines.join("\n")}\n`);
}

function planOf(flags: DesignFlags): FabricPlan {
    return designFabric({
        nodes: Number(flags.nodes),
        gpusPerNode: Number(flags.gpus),
        railsPerNode: Number(flags.rails),
        leafSwitch: flags.switch,
        ...(flags.unit === undefined ? {} : { unitNodes: Number(flags.unit) }),
    });
}

function write(folder: string, files: { [name: string]: string }): void {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
        writeFileSync(join(folder, name), text);
    }
    print([`${String(Object.keys(files).length)} files in ${folder}`]);
}

/** Writes a picture; the file's ending decides between SVG and PNG. */
async function writePicture(file: string, svg: string): Promise<void> {
    if (!/\.(svg|png)$/.test(file)) {
        throw new InputError("kilogpu", [
            {
                path: "--picture",
                got: `"${file}"`,
                legal: "a file ending in .svg or .png is legal",
                remedy: "Give such a name.",
            },
        ]);
    }
    // Loaded only here: the rasteriser is a native module.
    writeFileSync(file, file.endsWith(".svg") ? svg : await (await import("../picture/png.js")).renderPng(svg));
}

async function showInventory(file: string, flags: InventoryFlags): Promise<number> {
    const inventory = readInventoryFile(file, flags.machineType);
    const report = inventoryReport(inventory);
    if (flags.picture !== undefined) {
        await writePicture(flags.picture, drawInventory(inventory));
    }
    print(flags.json === true ? [JSON.stringify(report, null, 2)] : inventoryLines(report));
    return ExitCode.Ok;
}

async function showDesign(flags: DesignFlags): Promise<number> {
    const plan = planOf(flags);
    print(
        table(
            [{ heading: "part" }, { heading: "model" }, { heading: "count", right: true }],
            billOfMaterials(plan).map((item) => [item.kind, item.what, String(item.count)]),
        ),
    );
    if (flags.picture !== undefined) {
        await writePicture(flags.picture, drawFabric(plan));
    }
    if (flags.out !== undefined) {
        write(flags.out, { "fabric.svg": drawFabric(plan), "cables.csv": cableCsv(plan.cables) });
    }
    return ExitCode.Ok;
}

function render(flags: RenderFlags): number {
    refuse("kilogpu", [
        ...oneOf("--switch", flags.switch, switchModels()),
        ...oneOf("--dialect", flags.dialect, Object.values(SwitchDialect)),
        ...(flags.release === undefined ? [] : checkNvueRelease("--release", flags.release)),
    ]);
    const model = switchModel(flags.switch);
    const number = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));
    const args: RoceQosArgs = {
        linkGbps: model.portGbps,
        bufferKib: number(flags.bufferKib) ?? model.bufferKib,
        dscp: number(flags.dscp),
        priority: number(flags.priority),
        mtu: number(flags.mtu),
    };
    refuse("kilogpu", checkRoceQos(args));
    const dialect = flags.dialect as SwitchDialect;
    const startup = (spec: SwitchSpec, qos: RoceQos): string => nvueStartup(spec, qos, flags.release);
    const { text, ending } = {
        [SwitchDialect.Nvue]: { text: startup, ending: "yaml" },
        [SwitchDialect.Sonic]: { text: sonicConfigFile, ending: "json" },
        [SwitchDialect.Eos]: { text: eosConfig, ending: "conf" },
    }[dialect];
    write(
        flags.out,
        Object.fromEntries(
            switchSpecs(planOf(flags), dialect).map((spec) => [
                `${spec.hostname}.${ending}`,
                text(spec, roceQos(args)),
            ]),
        ),
    );
    return ExitCode.Ok;
}

/** Readings of a folder, or of the devices themselves; with both the folder keeps what the devices said. */
async function readingsOf(declared: DeclaredFabric, flags: CheckFlags): Promise<[Readings, Map<string, string>]> {
    if (flags.ssh !== true) {
        refuse(
            "kilogpu",
            flags.from === undefined
                ? [
                      {
                          path: "--from",
                          got: "nothing",
                          legal: "readings come from a folder (--from) or from the devices (--ssh)",
                          remedy: "Give --ssh, or the folder that docs/fabric.md describes.",
                      },
                  ]
                : [],
        );
        return [readReadings(flags.from ?? ""), new Map()];
    }
    // Loaded only here: the checks of connections bring the whole SDK.
    const { readOverSsh, readSwitchTargets } = await import("../fabric/read-over-ssh.js");
    const targets = flags.switches === undefined ? [] : readSwitchTargets(flags.switches);
    const folder = flags.from ?? mkdtempSync(join(tmpdir(), "kilogpu-readings-"));
    try {
        const failed = await readOverSsh(declared.inventory, declared.ssh, targets, folder);
        return [readReadings(folder, true), failed];
    } finally {
        if (flags.from === undefined) {
            rmSync(folder, { recursive: true, force: true });
        }
    }
}

async function check(subject: string, flags: CheckFlags): Promise<number> {
    const ignored = new Set((flags.ignore ?? "").split(",").filter((port) => port !== ""));
    const declared = declaredFabric(subject, flags);
    const [readings, failed] = await readingsOf(declared, flags);
    const result = checkFabric(declared, readings, ignored);
    result.unread = result.unread.map(({ path, reason }) => ({ path, reason: failed.get(path) ?? reason }));
    print(flags.json === true ? [JSON.stringify(result, null, 2)] : checkLines(result));
    if (result.disagreements.length > 0) {
        return ExitCode.Violation;
    }
    return result.unread.length > 0 && flags.partial !== true ? ExitCode.Failure : ExitCode.Ok;
}

/** Runs a command; a mistake ends with its sentence, or as data where `json` was asked for. */
async function guarded(json: boolean, run: () => Promise<number> | number): Promise<void> {
    try {
        process.exitCode = await run();
    } catch (error) {
        process.exitCode = fail(error, json);
    }
}

/** Adds `kilogpu fabric`. */
export function addFabricCommands(program: Command): void {
    const fabric = program
        .command("fabric")
        .description("The network of a rack: inventory, design, switch configuration, and whether devices agree");
    fabric
        .command("inventory <file>")
        .description("check an inventory (YAML, CSV, NetBox's export), show leaves and levels, draw it")
        .option("--machine-type <type>", "machine type of a CSV's hosts that name none")
        .option("--picture <file>", "also draw the wiring, as .svg or .png")
        .option("--json", "print the report as JSON and nothing else on standard output")
        .action((file: string, flags: InventoryFlags) =>
            guarded(flags.json === true, () => showInventory(file, flags)),
        );
    const shaped = (name: string): Command =>
        fabric
            .command(name)
            .requiredOption("--nodes <n>", "GPU hosts")
            .requiredOption("--switch <model>", "switch of the leaves, from the catalogue")
            .option("--gpus <n>", "GPUs of a host", "8")
            .option("--rails <n>", "rails of a host", String(computeNics(machine("hgx-h100"))[0]?.count ?? 1))
            .option("--unit <n>", "hosts of one scalable unit");
    shaped("design")
        .description("switches, cables and a picture of a fat tree")
        .option("--out <folder>", "write fabric.svg and cables.csv")
        .option("--picture <file>", "draw the tree, as .svg or .png")
        .action((flags: DesignFlags) => guarded(false, () => showDesign(flags)));
    shaped("render")
        .description("configuration of every switch for RoCE")
        .requiredOption("--dialect <dialect>", Object.values(SwitchDialect).join(", "))
        .requiredOption("--out <folder>", "where the files go")
        .option("--release <release>", `Cumulus Linux of the switches, for nvue (default: ${NVUE_RELEASE})`)
        .option("--dscp <n>", "DSCP of RDMA traffic (default: 26)")
        .option("--priority <n>", "lossless priority (default: 3)")
        .option("--mtu <n>", "MTU of all ports (default: 9000)")
        .option("--buffer-kib <n>", "packet buffer of the shallowest switch (default: the model's)")
        .action((flags: RenderFlags) => guarded(false, () => render(flags)));
    fabric
        .command("collect")
        .description("print the script that reads a host back: ssh <host> sudo sh -s < collect.sh | tar -x -C <folder>")
        .action(() => {
            process.stdout.write(COLLECT_SCRIPT);
        });
    fabric
        .command("check <subject>")
        .description("compare what devices say with an environment or inventory; exit code 1 where they disagree")
        .option(
            "--from <folder>",
            "readings: hosts/, switches/, nccl/ (docs/fabric.md); with --ssh they are kept there",
        )
        .option("--ssh", "ask the hosts now, by SSH agent and the inventory's host keys")
        .option("--switches <file>", "with --ssh also ask these switches: YAML with name, address, hostKey, dialect")
        .option("--kind <kind>", "infiniband or roce (default: the environment's; roce for an inventory)")
        .option("--switch <model>", "model of the leaves, for inventories that number their ports")
        .option("--dscp <n>", "DSCP of RDMA traffic (default: the environment's, or 26)")
        .option("--priority <n>", "lossless priority (default: the environment's, or 3)")
        .option("--mtu <n>", "MTU of hosts and switches (default: the environment's, or 9000)")
        .option("--gid-index <n>", "GID index of RoCE v2 (default: the environment's, or 3)")
        .option(
            "--buffer-kib <n>",
            "packet buffer of the shallowest switch (default: the environment's, or the model's)",
        )
        .option("--machine-type <type>", "machine type of a CSV's hosts that name none")
        .option("--ignore <ports>", "switch ports that are not part of the fabric: leaf-u1-r1:swp63,…")
        .option("--partial", "missing readings are no failure")
        .option("--json", "print the result as JSON and nothing else on standard output")
        .option("--cwd <folder>", "folder of the Pulumi project", ".")
        .action((subject: string, flags: CheckFlags) => guarded(flags.json === true, () => check(subject, flags)));
}
