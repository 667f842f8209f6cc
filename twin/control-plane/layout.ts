/** Where one environment's control plane keeps its files, under the twin's folder. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { twinHome } from "../places";

export interface Layout {
    home: string;
    /** Ports and versions. */
    record: string;
    pki: string;
    etcdData: string;
    logs: string;
    /** One record a process. */
    processes: string;
    /** One record and one folder of working files an installed chart. */
    charts: string;
    /** The administrator's kubeconfig. */
    kubeconfig: string;
    lock: string;
}

export function layoutOf(environment: string): Layout {
    const home = twinHome(environment);
    return {
        home,
        record: join(home, "twin.json"),
        pki: join(home, "pki"),
        etcdData: join(home, "etcd"),
        logs: join(home, "logs"),
        processes: join(home, "processes"),
        charts: join(home, "charts"),
        kubeconfig: join(home, "kubeconfig"),
        // Beside the folder, not in it: `down` removes the folder while it holds the lock.
        lock: `${home}.lock`,
    };
}

/** Writes a file whole or not at all, readable by its owner only. */
export function writeWhole(path: string, content: string): void {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const aside = `${path}.${process.pid}.tmp`;
    writeFileSync(aside, content, { mode: 0o600 });
    renameSync(aside, path);
}

/** The parsed file, to be given its type by the caller who wrote it; undefined where there is none. */
export function readJson(path: string): unknown {
    let text: string;
    try {
        text = readFileSync(path, "utf8");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        throw error;
    }
    return JSON.parse(text) as unknown;
}

export function removeFile(path: string): void {
    rmSync(path, { force: true });
}
