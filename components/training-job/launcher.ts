/**
 * The program that starts the ranks in a training pod: torchrun with two of its habits mended. torchrun exits with 1 whatever its
 * workers exit with, so that Kubernetes could not tell a sick run from a lost node; and it kills workers 30 seconds after it was told
 * to stop, however long the pod's grace period is (PyTorch: torch/distributed/run.py, elastic/multiprocessing/api.py).
 */

/** Name of the launcher beside the script. */
export const launcherName = "kilogpu_launch.py";

/** Its text. Takes torchrun's own arguments and environment. */
export const launcher = `"""torchrun that passes on the exit code of the rank that failed first, and waits KILOGPU_GRACE_SECONDS for ranks to stop."""
import os
import sys

from torch.distributed import run
from torch.distributed.elastic.multiprocessing import api
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

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

try:
    run.main(sys.argv[1:])
except ChildFailedError as error:
    print(error, file=sys.stderr, flush=True)
    code = error.get_first_failure()[1].exitcode
    # A rank that a signal ended has its negative number; the shell's convention is 128 more.
    sys.exit(code if code > 0 else 128 - code)
except api.SignalException as stopped:
    print(stopped, file=sys.stderr, flush=True)
    sys.exit(128 + stopped.sigval)
`;
