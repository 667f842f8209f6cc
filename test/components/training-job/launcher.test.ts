import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classify } from "../../../components/monitoring/logs/classify";
import { launcher, launcherName } from "../../../components/training-job/launcher";
import { LineSet, linesOf } from "../../logs/lines";
import { installed } from "../../support/installed";

/**
 * The names of torchrun that the launcher uses, as PyTorch 1.13 to 2.9 have them: `run.main` raises what the first failed rank left, and
 * the agent closes its workers without a time-out of its own.
 */
const TORCH: { [file: string]: string } = {
    "torch/__init__.py": "",
    "torch/distributed/__init__.py": "",
    "torch/distributed/elastic/__init__.py": "",
    "torch/distributed/elastic/multiprocessing/__init__.py": "",
    "torch/distributed/elastic/multiprocessing/errors.py": `
class ProcessFailure:
    def __init__(self, exitcode):
        self.exitcode = exitcode
class ChildFailedError(Exception):
    def __init__(self, exitcode):
        super().__init__(f"rank failed with {exitcode}")
        self.exitcode = exitcode
    def get_first_failure(self):
        return 0, ProcessFailure(self.exitcode)
`,
    "torch/distributed/elastic/multiprocessing/api.py": `
import signal
class SignalException(Exception):
    def __init__(self, message, sigval):
        super().__init__(message)
        self.sigval = sigval
def _terminate_process_handler(signum, frame):
    raise SignalException("got signal", signal.Signals(signum))
class PContext:
    def start(self):
        signal.signal(signal.SIGTERM, _terminate_process_handler)
    def close(self, death_sig=None, timeout=30):
        print("waited", timeout, flush=True)
`,
    "torch/distributed/run.py": `
import os
import signal
import subprocess
from torch.distributed.elastic.multiprocessing import api
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
def main(argv):
    kind, value = argv
    context = api.PContext()
    context.start()
    try:
        if kind == "says":
            # A rank inherits standard error.
            subprocess.run(["sh", "-c", "cat >&2; exit 1"], input=value.encode(), check=False)
            raise ChildFailedError(1)
        elif kind == "told":
            os.kill(os.getpid(), signal.SIGTERM)
        elif int(value) != 0:
            raise ChildFailedError(int(value))
    finally:
        context.close(signal.SIGTERM)
`,
};

let folder: string;

beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "kilogpu-launcher-"));
    for (const [file, text] of Object.entries({ ...TORCH, [launcherName]: launcher })) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        writeFileSync(path.join(folder, file), text);
    }
});
afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

interface Launched {
    status: number | null;
    output: string;
    errors: string;
}

function launch(kind: "exits" | "told" | "says", value: number | string): Launched {
    const run = spawnSync("python3", [path.join(folder, launcherName), kind, String(value)], {
        encoding: "utf8",
        env: { ...process.env, PYTHONPATH: folder, KILOGPU_GRACE_SECONDS: "115" },
    });
    return { status: run.status, output: run.stdout, errors: run.stderr };
}

describe.skipIf(!installed("python3"))("launcher", () => {
    it.each([
        [0, 0],
        [65, 65],
        [2, 2],
        [-9, 137],
    ])("passes a rank's exit code %i on as %i", (rank, pod) => {
        expect(launch("exits", rank).status).toBe(pod);
    });

    it("waits for ranks that write their checkpoint, and not for those that hang after a failure", () => {
        expect(launch("told", 0)).toMatchObject({ status: 143, output: "waited 115\n" });
        expect(launch("exits", 65)).toMatchObject({ status: 65, output: "waited 30\n" });
    });

    const traceback = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n';
    const timeout = "[Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=812, OpType=ALLREDUCE)\n";
    it.each<[string, string, number]>([
        ["a module that is not there", `${traceback}ModuleNotFoundError: No module named 'flash_attn'\n`, 83],
        [
            "GPU memory that is full",
            `${traceback}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB.\n`,
            80,
        ],
        ["an echo before its own root", `${timeout}${traceback}KeyError: 'labels'\n`, 83],
        ["an echo alone", timeout, 1],
        [
            "a full disk, and what follows from it in the code",
            `${traceback}OSError: [Errno 28] No space left on device\nValueError: write to closed file\n`,
            1,
        ],
        ["an error that no class knows", `${traceback}RuntimeError: something else\n`, 1],
        ["nothing", "", 1],
    ])("ends for %s with the code of what began it", (_, text, code) => {
        const launched = launch("says", text);
        expect(launched.status).toBe(code);
        // Every byte comes through, in its order.
        expect(launched.errors.startsWith(text)).toBe(true);
    });

    it("passes on more than a pipe holds", () => {
        const text = `${"x".repeat(3000)}\n`.repeat(40);
        expect(launch("says", text).errors.startsWith(text)).toBe(true);
    });

    it("reads the patterns as Loki and the classifier do", () => {
        const lines = Object.values(LineSet)
            .flatMap((set) => linesOf(set))
            .map(({ text }) => text);
        const run = spawnSync(
            "python3",
            [
                "-c",
                "import ast, json, re, sys; source = open(sys.argv[1]).read(); tree = ast.parse(source)\n" +
                    "table = next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == 'CLASSES')\n" +
                    "print(json.dumps([next((name for name, pattern, *_ in table if re.search(pattern, line)), None) for line in json.load(sys.stdin)]))",
                path.join(folder, launcherName),
            ],
            { encoding: "utf8", input: JSON.stringify(lines) },
        );
        expect(JSON.parse(run.stdout)).toEqual(lines.map((line) => classify(line)?.name ?? null));
    });
});
