/** Every path that the twin writes to, in one place. All of it lies under the user's cache folder, none in the project. */
import { homedir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../catalog/package-root";

/** `$KILOGPU_HOME`, else `$XDG_CACHE_HOME/kilogpu`, else `~/.cache/kilogpu`. */
export function cacheHome(): string {
    return process.env["KILOGPU_HOME"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kilogpu");
}

/** Built and downloaded tools, shared by all twins: `<cache>/toolchain/<tool>-<version>/`. */
export function toolchainHome(): string {
    return join(cacheHome(), "toolchain");
}

/** What `kilogpu plan` keeps of programs that it has compiled. Code that is run later: it must lie where nobody else can write. */
export function planHome(): string {
    return join(cacheHome(), "plan");
}

/** Everything of one environment's twin; `kilogpu twin down` removes this folder whole. */
export function twinHome(environment: string): string {
    return join(cacheHome(), "twins", environment);
}

/** A file that ships with the package, by its path in the repository; the same from the sources and from `dist`. */
export function packageFile(...path: string[]): string {
    return join(packageRoot(), ...path);
}
