/** Plugin `pulumi-resource-kubernetes` of the twin. */
import { serve } from "../runtime/serve";
import { twinOfThisProcess } from "../runtime/twin";
import { TwinKubernetes } from "./provider";

serve(new TwinKubernetes(twinOfThisProcess())).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
});
