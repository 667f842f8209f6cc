/** What hosts say happened to them: files that their commands write, answered one by one. See commands/tell. */
import { mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFile, type FSWatcher } from "node:fs";
import { join } from "node:path";

/** Something that happened on a host. */
export interface HostEvent {
    host: string;
    /** `started`, `stopped`, `labelled` or `reboot`; `cut` is what a test or a person says who rehearses a broken network. */
    what: string;
    /** Unit, node or seconds. */
    subject: string;
}

/** A watcher of folders can miss a file; this often the folder is read anyway. */
const sweepMs = 500;

/** Answers every event with what `act` returns: an empty text, or why not. Returns a function that ends it. */
export function answerEvents(folder: string, act: (event: HostEvent) => Promise<string>): () => void {
    mkdirSync(folder, { recursive: true });
    for (const left of readdirSync(folder)) {
        rmSync(join(folder, left), { force: true });
    }
    const seen = new Set<string>();
    const sweep = (): void => {
        for (const file of readdirSync(folder)) {
            if (file.endsWith(".event") && !seen.has(file)) {
                seen.add(file);
                void answer(join(folder, file), act).finally(() => seen.delete(file));
            }
        }
    };
    const watcher: FSWatcher = watch(folder, sweep);
    const timer = setInterval(sweep, sweepMs);
    return () => {
        watcher.close();
        clearInterval(timer);
    };
}

async function answer(path: string, act: (event: HostEvent) => Promise<string>): Promise<void> {
    const [host = "", what = "", subject = ""] = readFileSync(path, "utf8").trim().split(" ");
    const text = await act({ host, what, subject }).catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
    );
    rmSync(path, { force: true });
    await new Promise<void>((resolve) => {
        // A pipe, which its reader has opened already; it is gone where the reader gave up.
        writeFile(path.replace(/\.event$/, ".reply"), `${text.replaceAll("\n", " ")}\n`, { flag: "r+" }, () => {
            resolve();
        });
    });
}
