/** `@pulumi/command` in the twin: it would reach real machines, of which the twin has none, so each use is refused by its name. */
import type { Provider } from "../runtime/provider";
import { serve } from "../runtime/serve";

function refuse(what: string): never {
    throw new Error(`${what} is not simulated by the twin: it would run commands on real machines`);
}

const provider: Provider = {
    name: "command",
    configure: () => Promise.resolve(),
    check: (resource) => refuse(`${resource.type} (${resource.name})`),
    diff: (resource) => refuse(resource.type),
    create: (resource) => refuse(resource.type),
    update: (resource) => refuse(resource.type),
    read: (resource) => refuse(resource.type),
    // Nothing can have been created.
    delete: () => Promise.resolve(),
    invoke: (token) => refuse(token),
    close: () => undefined,
};

serve(provider).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
});
