/** `kilogpu fabric inventory | design | render`: what is wired, what should be, and what switches and hosts are told. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { computeNics, machine } from "../../catalog/machines";
import { switchModel } from "../../catalog/switches";
import { sentence } from "../../components/input";
import { checkInventory, kueueLevels, readInventory } from "../../components/inventory";
import { roceQos } from "../../components/quality-of-service";
import { SwitchDialect, eosConfig, nvueStartup, sonicConfigFile, switchSpecs } from "../../components/switches";
import { billOfMaterials, cableCsv, designFabric, drawFabric } from "../../components/topology";
import type { FabricPlan } from "../../components/topology";
import { fail } from "../failure";
import { table } from "../table";

interface DesignFlags {
    nodes: string;
    gpus: string;
    rails: string;
    switch: string;
    unit?: string;
    out?: string;
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
    process.stdout.write(`${String(Object.keys(files).length)} files in ${folder}\n`);
}

function showInventory(file: string): void {
    const inventory = readInventory(basename(file), readFileSync(file, "utf8"));
    const problems = checkInventory(inventory);
    for (const problem of problems) {
        process.stdout.write(`${sentence(problem)}\n`);
    }
    if (problems.length > 0) {
        throw new Error(`${file}: ${String(problems.length)} mistakes`);
    }
    const leaves = new Map<string, number>();
    for (const nic of inventory.hosts.flatMap((host) => host.nics)) {
        leaves.set(nic.leaf, (leaves.get(nic.leaf) ?? 0) + 1);
    }
    process.stdout.write(
        table(
            [{ heading: "leaf" }, { heading: "ports", right: true }],
            [...leaves].map(([leaf, ports]) => [leaf, String(ports)]),
        ).join("\n") +
            `\n${String(inventory.hosts.length)} hosts, ${String(leaves.size)} leaves; levels ${kueueLevels(inventory).join(" > ")}\n`,
    );
}

function showDesign(flags: DesignFlags): void {
    const plan = planOf(flags);
    process.stdout.write(
        `${table(
            [{ heading: "part" }, { heading: "model" }, { heading: "count", right: true }],
            billOfMaterials(plan).map((item) => [item.kind, item.what, String(item.count)]),
        ).join("\n")}\n`,
    );
    if (flags.out !== undefined) {
        write(flags.out, { "fabric.svg": drawFabric(plan), "cables.csv": cableCsv(plan.cables) });
    }
}

function render(flags: DesignFlags & { dialect: string; out: string }): void {
    const plan = planOf(flags);
    const model = switchModel(flags.switch);
    const dialect = flags.dialect as SwitchDialect;
    const qos = roceQos({ linkGbps: model.portGbps, bufferKib: model.bufferKib });
    const renderers = {
        [SwitchDialect.Nvue]: nvueStartup,
        [SwitchDialect.Sonic]: sonicConfigFile,
        [SwitchDialect.Eos]: eosConfig,
    };
    write(
        flags.out,
        Object.fromEntries(
            switchSpecs(plan, dialect).map((spec) => [`${spec.hostname}.conf`, renderers[dialect](spec, qos)]),
        ),
    );
}

/** Runs a command; a mistake ends with its sentence. */
function guarded<T extends unknown[]>(run: (...args: T) => void): (...args: T) => void {
    return (...args) => {
        try {
            run(...args);
        } catch (error) {
            process.exitCode = fail(error, false);
        }
    };
}

/** Adds `kilogpu fabric`. */
export function addFabricCommands(program: Command): void {
    const fabric = program
        .command("fabric")
        .description("The network of a rack: inventory, design, switch configuration");
    fabric
        .command("inventory <file>")
        .description("check an inventory (YAML) and name every disagreement")
        .action(guarded(showInventory));
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
        .action(guarded(showDesign));
    shaped("render")
        .description("configuration of every switch for RoCE")
        .requiredOption("--dialect <dialect>", Object.values(SwitchDialect).join(", "))
        .requiredOption("--out <folder>", "where the files go")
        .action(guarded(render));
}
