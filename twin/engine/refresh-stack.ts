/** Run before `pulumi` in a shell of the twin: the engine's copy of the stack's YAML follows the user's file where that was edited since. */
import { enginePlaces } from "./places";
import { refreshStackFile, stackFile } from "./stack-config";
import { readWorkspace } from "./workspace";

const environment = process.env["KILOGPU_TWIN"] ?? "";
refreshStackFile(stackFile(readWorkspace(environment).projectDir, environment), enginePlaces(environment).config);
