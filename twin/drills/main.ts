/** Entry of the exporter's process: `main.js <environment> <port> <factor> <milliseconds between readings>`. */
import { requireControlPlane } from "../control-plane";
import { Exporter } from "./exporter";

const [environment = "", port = "", factor = "", readMs = ""] = process.argv.slice(2);
const exporter = new Exporter({
    api: requireControlPlane(environment).api,
    port: Number(port),
    factor: Number(factor),
    readMs: Number(readMs),
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
        exporter.stop();
        process.exit(0);
    });
}
void exporter.start().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
});
