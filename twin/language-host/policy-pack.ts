/**
 * Stand-in for `pulumi-analyzer-policy-nodejs`: engines that find no language host (Automation API programs) start it in the pack's folder
 * with the engine's address and the pack's path. It becomes the pack's runner.
 */
import { spawn } from "node:child_process";
import { sdkScript } from "./run-program";

function main(): void {
    const child = spawn(process.execPath, [sdkScript(process.cwd(), "run-policy-pack"), ...process.argv.slice(2)], {
        stdio: "inherit",
        env: { ...process.env, PULUMI_NODEJS_TYPESCRIPT: "true" },
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
            child.kill(signal);
        });
    }
    child.once("close", (code) => {
        process.exitCode = code ?? 1;
    });
}

main();
