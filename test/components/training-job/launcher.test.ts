import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launcher, launcherName } from "../../../components/training-job/launcher";

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
from torch.distributed.elastic.multiprocessing import api
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
def main(argv):
    kind, value = argv
    context = api.PContext()
    context.start()
    try:
        if kind == "told":
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

function launch(kind: "exits" | "told", value: number): { status: number | null; output: string } {
    const run = spawnSync("python3", [path.join(folder, launcherName), kind, String(value)], {
        encoding: "utf8",
        env: { ...process.env, PYTHONPATH: folder, KILOGPU_GRACE_SECONDS: "115" },
    });
    return { status: run.status, output: run.stdout };
}

describe("launcher", () => {
    it.each([
        [0, 0],
        [65, 65],
        [2, 2],
        [-9, 137],
    ])("passes a rank's exit code %i on as %i", (rank, pod) => {
        expect(launch("exits", rank).status).toBe(pod);
    });

    it("waits for ranks that write their checkpoint, and not for those that hang after a failure", () => {
        expect(launch("told", 0)).toEqual({ status: 143, output: "waited 115\n" });
        expect(launch("exits", 65)).toEqual({ status: 65, output: "waited 30\n" });
    });
});
