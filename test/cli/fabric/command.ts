/** Runs `kilogpu …` in this process through the same commands that cli/main.ts registers, and keeps what it printed. */
import { Command } from "commander";
import { vi } from "vitest";
import { addDoctorCommand } from "../../../cli/commands/doctor";
import { addFabricCommands } from "../../../cli/commands/fabric";

export interface Ran {
    code: number;
    out: string;
    err: string;
}

export async function kilogpu(...words: string[]): Promise<Ran> {
    const program = new Command("kilogpu").exitOverride();
    addDoctorCommand(program);
    addFabricCommands(program);
    const ran: Ran = { code: 0, out: "", err: "" };
    const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
        ran.out += String(text);
        return true;
    });
    const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
        ran.err += String(text);
        return true;
    });
    try {
        await program.parseAsync(["node", "kilogpu", ...words]);
        ran.code = Number(process.exitCode ?? 0);
    } finally {
        process.exitCode = 0;
        out.mockRestore();
        err.mockRestore();
    }
    return ran;
}
