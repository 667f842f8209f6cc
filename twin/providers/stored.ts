/** Small records that the twin's own programs wrote whole (`writeWhole`), read back by their type. */
import { readFileSync } from "node:fs";

/** Undefined where there is no such file. The type is the writer's word: nobody else writes below the twin's folder. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- one place for the cast instead of one at each reader
export function readStored<T>(path: string): T | undefined {
    try {
        return JSON.parse(readFileSync(path, "utf8")) as T;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        throw error;
    }
}
