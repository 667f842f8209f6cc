"""Start and end of one rank: joins the job, builds the trainer, passes signals on, turns mistakes into exit codes."""

import signal
import time

from .config import TrainConfig
from .data import DataError
from .distributed import join, leave
from .loop import InputError, Trainer
from .report import log

EXIT_INPUT = 2


def main(config: TrainConfig) -> int:
    """Runs one rank; the exit code is 0, EXIT_INPUT, or what `Trainer.run` gives:
    EXIT_ANOMALY, EXIT_STORAGE or --preempt-exit-code."""
    born = time.time()
    world = join(config.collective_timeout_seconds)
    trainer, problem = None, ""
    try:
        trainer = Trainer(config, world, born)
    except (InputError, DataError, ValueError) as error:
        problem = str(error)
    # One rank's mistake ends all ranks in order, not in a collective that nobody else enters.
    if world.sum([1.0 if problem else 0.0])[0] > 0 or trainer is None:
        if problem:
            log("input_error", rank=world.rank, error=problem)
        leave(world)
        return EXIT_INPUT
    try:
        running = trainer

        def stop(signum: int, frame: object) -> None:
            running.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGUSR1, stop)
        code = trainer.run()
    except InputError as error:
        log("input_error", rank=world.rank, error=str(error))
        return EXIT_INPUT
    leave(world)
    return code
