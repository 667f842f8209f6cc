/** The other side of `plan --against`: a saved plan, or the same environment as it stands at a git ref. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { InputError } from "../../components/input/problem";
import type { Plan } from "./contract";
import { plan, type PlanOptions } from "./plan";
import { readProject, type Project } from "./project";

function git(cwd: string, ...args: string[]): string {
    return execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function refuse(against: string, legal: string): never {
    throw new InputError("kilogpu", [
        {
            path: "--against",
            got: `"${against}"`,
            legal,
            remedy: "Give a file that plan --json printed, or a branch, tag or commit.",
        },
    ]);
}

function savedPlan(file: string): Plan {
    try {
        const saved = JSON.parse(readFileSync(file, "utf8")) as Partial<Plan>;
        if (
            saved.resources !== undefined &&
            saved.totals !== undefined &&
            saved.cost !== undefined &&
            saved.pools !== undefined
        ) {
            return saved as Plan;
        }
    } catch {
        // Falls through: not JSON is not a plan either.
    }
    return refuse(file, "the file is not a saved plan");
}

/** Plans the environment at a git ref in a temporary work tree that borrows the project's node_modules; the user's tree is not touched. */
async function planAtRef(project: Project, environment: string, ref: string, options: PlanOptions): Promise<Plan> {
    let top: string;
    let commit: string;
    try {
        top = git(project.directory, "rev-parse", "--show-toplevel");
        commit = git(project.directory, "rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
    } catch {
        return refuse(ref, "it is neither a file nor a git ref of this repository");
    }
    const folder = mkdtempSync(join(tmpdir(), "kilogpu-against-"));
    const tree = join(folder, "tree");
    try {
        git(top, "worktree", "add", "--detach", "--quiet", tree, commit);
        const there = join(tree, relative(top, project.directory));
        for (let folderBelow = project.directory, below = there; ;) {
            const modules = join(folderBelow, "node_modules");
            if (existsSync(modules) && !existsSync(join(below, "node_modules"))) {
                symlinkSync(modules, join(below, "node_modules"));
            }
            if (folderBelow === top) {
                break;
            }
            folderBelow = join(folderBelow, "..");
            below = join(below, "..");
        }
        return await plan(readProject(there), environment, options);
    } finally {
        try {
            git(top, "worktree", "remove", "--force", tree);
        } catch {
            // Never made: nothing to take away.
        }
        rmSync(folder, { recursive: true, force: true });
    }
}

/** The plan that `against` names: a saved plan's file wins over a git ref of the same name. */
export async function planAgainst(
    project: Project,
    environment: string,
    against: string,
    options: PlanOptions,
): Promise<Plan> {
    return existsSync(against) ? savedPlan(against) : planAtRef(project, environment, against, options);
}
