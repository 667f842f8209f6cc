/** Run before `pulumi` in a shell of the twin: the engine's copy of the stack's YAML follows the user's file where that was edited since. */
import { existsSync, statSync } from "node:fs";
import { enginePlaces } from "./places";
import { copyStackFile, stackFile } from "./stack-config";
import { readWorkspace } from "./workspace";

const environment = process.env["KILOGPU_TWIN"] ?? "";
const { config } = enginePlaces(environment);
const source = stackFile(readWorkspace(environment).projectDir, environment);
// Not where the copy is newer: `pulumi config set` in this shell has written it.
if (existsSync(source) && existsSync(config) && statSync(source).mtimeMs > statSync(config).mtimeMs) {
    copyStackFile(source, config);
}
