/**
 * The program that starts the ranks in a training pod: torchrun with three of its habits mended. torchrun exits with 1 whatever its
 * workers exit with, so that Kubernetes could not tell a sick run from a lost node; it kills workers 30 seconds after it was told
 * to stop, however long the pod's grace period is (PyTorch: torch/distributed/run.py, elastic/multiprocessing/api.py); and a rank whose
 * Python code raised ends with 1 too, whether another start can help or not.
 */
import { logClasses } from "../../catalog/log-classes";

/** Name of the launcher beside the script. */
export const launcherName = "kilogpu_launch.py";

/** Classes of log lines as the launcher needs them: name, pattern, whether it begins a failure, exit code or none. */
const classes = logClasses.map(({ name, pattern, role, exitCode }) => [name, pattern, role === "root", exitCode ?? 0]);

/** Python reads JSON strings as its own; it has other words for true and false. */
const table = classes
    .map(
        ([name, pattern, root, code]) =>
            `    (${JSON.stringify(name)}, ${JSON.stringify(pattern)}, ${root === true ? "True" : "False"}, ${String(code)}),`,
    )
    .join("\n");

/** Its text. Takes torchrun's own arguments and environment. */
export const launcher = `"""torchrun that passes on the exit code of the rank that failed first, and waits KILOGPU_GRACE_SECONDS for ranks to stop.

A rank that Python ended with 1 gets the code of what its errors say (catalog/data/log-classes.json), where another start cannot help.
"""
import os
import re
import sys
import threading
import time
from collections import deque

from torch.distributed import run
from torch.distributed.elastic.multiprocessing import api
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

# Name, pattern, whether a failure begins with it, exit code or 0. The first that matches takes the line.
CLASSES = [
${table}
]
COMPILED = [(name, re.compile(pattern), root, code) for name, pattern, root, code in CLASSES]
# What was said longer than this before the end is not its cause; nobody's traceback takes as long.
RELEVANT_SECONDS = 120


class Errors:
    """Passes on what is written to standard error, by ranks too, and remembers lines that begin a failure."""

    def __init__(self):
        self.found = deque(maxlen=1000)
        sys.stderr.flush()
        self.real = os.dup(2)
        self.source, sink = os.pipe()
        os.dup2(sink, 2)
        os.close(sink)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        rest = b""
        while True:
            data = os.read(self.source, 65536)
            if not data:
                return
            view = memoryview(data)
            while view:
                view = view[os.write(self.real, view):]
            *lines, rest = (rest + data)[-65536:].split(b"\\n")
            for line in lines:
                self.note(line[:4096].decode("utf-8", "replace"))

    def note(self, line):
        for name, pattern, root, code in COMPILED:
            if pattern.search(line):
                if root:
                    self.found.append((time.monotonic(), name, code))
                return

    def close(self):
        """Gives standard error back; ranks have ended by now, and a child of theirs that has not is not waited for."""
        sys.stderr.flush()
        os.dup2(self.real, 2)
        self.reader.join(2)

    def code(self):
        """Exit code of the earliest line near the end that begins a failure; 1 where there is none or it says to try again."""
        since = time.monotonic() - RELEVANT_SECONDS
        for at, name, code in list(self.found):
            if at >= since:
                if code:
                    print(f"kilogpu: the failure began as {name}, which another start would repeat: exit code {code}", file=sys.stderr)
                return code or 1
        return 1


told_to_stop = []
handle = api._terminate_process_handler
stop = api.PContext.close


def note_and_handle(signum, frame):
    told_to_stop.append(signum)
    handle(signum, frame)


def stop_patiently(context, *args, **kwargs):
    # After a failure the other ranks hang in a collective: nothing is won by waiting for them.
    if told_to_stop and len(args) < 2:
        kwargs.setdefault("timeout", int(os.environ.get("KILOGPU_GRACE_SECONDS", "30")))
    return stop(context, *args, **kwargs)


api._terminate_process_handler = note_and_handle
api.PContext.close = stop_patiently
errors = Errors()

try:
    run.main(sys.argv[1:])
except ChildFailedError as error:
    errors.close()
    print(error, file=sys.stderr, flush=True)
    code = error.get_first_failure()[1].exitcode
    # A rank that a signal ended has its negative number; the shell's convention is 128 more. 1 is what Python says of any exception.
    sys.exit(errors.code() if code == 1 else code if code > 0 else 128 - code)
except api.SignalException as stopped:
    errors.close()
    print(stopped, file=sys.stderr, flush=True)
    sys.exit(128 + stopped.sigval)
finally:
    errors.close()
`;
