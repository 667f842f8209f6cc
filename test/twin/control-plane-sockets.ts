/** Which addresses a process listens on, from the kernel's tables (Linux). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Hexadecimal addresses as the kernel prints them: 127.0.0.1, ::1, and 127.0.0.1 mapped into IPv6. */
const loopback = ["0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"];

/** `address:port` of every listening TCP socket of the process that is not on loopback, as the kernel prints it. */
export function exposedSockets(pid: number): string[] {
    const inodes = new Set(
        readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
            try {
                const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
                return inode === undefined ? [] : [inode];
            } catch {
                // Closed meanwhile.
                return [];
            }
        }),
    );
    return ["tcp", "tcp6"].flatMap((table) =>
        readFileSync(`/proc/${pid}/net/${table}`, "utf8")
            .trim()
            .split("\n")
            .slice(1)
            .map((line) => line.trim().split(/\s+/))
            // State 0A is LISTEN; the tenth column is the socket's inode.
            .filter((columns) => columns[3] === "0A" && inodes.has(columns[9] ?? ""))
            .map((columns) => columns[1] ?? "")
            .filter((local) => !loopback.includes(local.split(":")[0] ?? "")),
    );
}
