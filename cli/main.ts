#!/usr/bin/env node
/** The `kilogpu` command. Each subcommand lives in its own file under commands/ and loads what it needs when it runs. */
import { Command } from "commander";
import { addDeliveryCommands } from "./commands/delivery";
import { addPlanCommand } from "./commands/plan";
import { addTwinCommands } from "./commands/twin";
import { addUpCommand } from "./commands/up";
import { packageVersion } from "../catalog/package-root";

const program = new Command("kilogpu")
    .description("From an AWS account or a rack of GPU servers to a training cluster that survives faults.")
    .version(packageVersion())
    .showHelpAfterError("(kilogpu --help lists the commands)");

addPlanCommand(program);
addUpCommand(program);
addTwinCommands(program);
addDeliveryCommands(program);

void program.parseAsync();
