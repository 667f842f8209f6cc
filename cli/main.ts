#!/usr/bin/env node
/** The `kilogpu` command. Each subcommand lives in its own file under commands/ and loads what it needs when it runs. */
import { Command } from "commander";
import { packageVersion } from "../catalog/package-root";

const program = new Command("kilogpu")
    .description("From an AWS account or a rack of GPU servers to a training cluster that survives faults.")
    .version(packageVersion())
    .showHelpAfterError("(kilogpu --help lists the commands)");

async function main(): Promise<void> {
    (await import("./commands/plan.js")).addPlanCommand(program);
    // The plan is what people type most and wait for: it loads neither the twin nor the delivery commands.
    if (process.argv[2] !== "plan") {
        (await import("./commands/up.js")).addUpCommand(program);
        (await import("./commands/twin.js")).addTwinCommands(program);
        (await import("./commands/drill.js")).addDrillCommand(program);
        (await import("./commands/delivery.js")).addDeliveryCommands(program);
        (await import("./commands/doctor.js")).addDoctorCommand(program);
        (await import("./commands/fabric.js")).addFabricCommands(program);
    }
    await program.parseAsync();
}

void main();
