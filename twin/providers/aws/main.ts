/** Plugin `pulumi-resource-aws` of the twin. */
import { serve } from "../runtime/serve";
import { twinOfThisProcess } from "../runtime/twin";
import { SimulatedAws } from "./provider";

serve(new SimulatedAws(twinOfThisProcess())).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
});
