/** The plugin of `@pulumi/command` in the twin. */
import { serve } from "../runtime/serve";
import { twinOfThisProcess } from "../runtime/twin";
import { TwinCommand } from "./provider";

Promise.resolve()
    .then(() => serve(new TwinCommand(twinOfThisProcess())))
    .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 1;
    });
