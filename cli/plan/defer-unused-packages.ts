/**
 * Preloaded into the program's process by `kilogpu plan`: the SDK requires npm's dependency resolver and the TypeScript compiler as it
 * starts, for programs that serialise functions into archives. Each is loaded here when something of it is used, which in a plan that
 * compiles nothing is never.
 */
import Module from "node:module";

const DEFERRED = new Set(["@npmcli/arborist", "typescript"]);

type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;

const modules = Module as unknown as { _load: Load; _resolveFilename: (request: string, parent: unknown) => string };
const load = modules._load;

modules._load = function (request, parent, isMain) {
    if (!DEFERRED.has(request)) {
        return load.call(this, request, parent, isMain);
    }
    // Whoever falls back to another one where this is not installed must learn so now.
    modules._resolveFilename(request, parent);
    const loaded = (): object => load.call(this, request, parent, isMain) as object;
    return new Proxy(
        {},
        {
            // `__esModule`: what compiled imports ask first, to take the object as it is instead of copying what it holds.
            get: (_, key) => (key === "__esModule" ? true : (Reflect.get(loaded(), key) as unknown)),
            has: (_, key) => key in loaded(),
        },
    );
};
