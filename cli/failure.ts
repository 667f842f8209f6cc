/** How the command ends when something is wrong: one sentence a mistake, never a stack trace for what a user did. */
import colors from "picocolors";
import { InputError, sentence } from "../components/input/problem";
import { ProgramError } from "./plan/evaluate";

/** Exit codes of every command. */
export const ExitCode = { Ok: 0, Violation: 1, WrongInput: 2, Failure: 3 } as const;

/** Prints an error the way its kind deserves and gives the exit code. `json`: standard output gets the errors as data. */
export function fail(error: unknown, json: boolean): number {
    if (error instanceof InputError) {
        if (json) {
            process.stdout.write(
                `${JSON.stringify({ errors: error.problems.map(({ path, got, legal, remedy }) => ({ path, got, legal, remedy })) }, null, 2)}\n`,
            );
        } else {
            for (const problem of error.problems) {
                process.stderr.write(`${colors.red("error:")} ${error.subject}: ${sentence(problem)}\n`);
            }
        }
        return ExitCode.WrongInput;
    }
    if (error instanceof ProgramError) {
        for (const text of error.messages) {
            process.stderr.write(`${colors.red("error:")} ${text}\n`);
        }
        return ExitCode.Failure;
    }
    const known = error as { message?: string; stack?: string };
    process.stderr.write(`${colors.red("error:")} ${known.message ?? String(error)}\n`);
    if (process.env["KILOGPU_DEBUG"] !== undefined) {
        process.stderr.write(`${known.stack ?? ""}\n`);
    }
    return ExitCode.Failure;
}
