"""How often to checkpoint, and what share of the time then trains: Young's and Daly's formulas.

    python -m kilogpu_training.young_daly --gpus 1024 --checkpoint-seconds 10 --restart-seconds 300

All times are seconds. Sources: Young 1974; Daly 2006; arXiv 2410.18124 (availability-optimal interval);
Llama 3 405B: 419 unexpected interruptions in 54 days on 16,384 GPUs.
"""

import argparse
import math
import sys
from dataclasses import dataclass
from typing import Optional, Sequence

LLAMA3_FAILURES = 419
LLAMA3_GPUS = 16384
LLAMA3_DAYS = 54


@dataclass(frozen=True)
class Plan:
    """Interval and what it gives. `ettr` is the effective training time ratio, 0 to 1."""

    mtbf: float
    interval: float
    waste: float
    ettr: float
    exact_interval: float


def mtbf_from_rate(
    gpus: int, failures: float = LLAMA3_FAILURES, on_gpus: int = LLAMA3_GPUS, days: float = LLAMA3_DAYS
) -> float:
    """Mean time between failures of a job on `gpus`, from failures counted on another. Defaults to Llama 3's rate."""
    return days * 86400.0 * on_gpus / (failures * gpus)


def young_interval(checkpoint: float, mtbf: float) -> float:
    """T* = sqrt(2·checkpoint·mtbf): training time between checkpoints that wastes least, first order."""
    return math.sqrt(2.0 * checkpoint * mtbf)


def availability_interval(checkpoint: float, mtbf: float, restart: float) -> float:
    """T* = c + sqrt(2(M + R)c + c²): the interval, checkpoint included, that maximises availability."""
    return checkpoint + math.sqrt(2.0 * (mtbf + restart) * checkpoint + checkpoint * checkpoint)


def waste(checkpoint: float, mtbf: float, restart: float, interval: Optional[float] = None) -> float:
    """Share of the time lost: c/T for writing, T/2M for redoing, R/M for coming back; at T* it is sqrt(2c/M) + R/M."""
    t = young_interval(checkpoint, mtbf) if interval is None else interval
    return checkpoint / t + t / (2.0 * mtbf) + restart / mtbf


def plan(gpus: int, checkpoint: float, restart: float, mtbf: Optional[float] = None) -> Plan:
    """The interval for a job, and its effective training time. `mtbf` defaults to Llama 3's rate at that size."""
    if gpus < 1 or checkpoint <= 0 or restart < 0 or (mtbf is not None and mtbf <= 0):
        raise ValueError("gpus, checkpoint and mtbf must be over 0, restart 0 or more")
    m = mtbf_from_rate(gpus) if mtbf is None else mtbf
    lost = min(1.0, waste(checkpoint, m, restart))
    return Plan(m, young_interval(checkpoint, m), lost, 1.0 - lost, availability_interval(checkpoint, m, restart))


def main(argv: Sequence[str]) -> int:
    """Prints a table."""
    p = argparse.ArgumentParser(
        prog="young_daly", description="Checkpoint interval from failure rate and checkpoint time."
    )
    p.add_argument("--gpus", type=int, nargs="+", default=[1024, 4096, 16384])
    p.add_argument(
        "--checkpoint-seconds", type=float, default=10.0, help="how long training stands still for one checkpoint"
    )
    p.add_argument("--restart-seconds", type=float, default=300.0, help="from the failure to the first new step")
    p.add_argument("--mtbf-seconds", type=float, help="of the whole job; default: Llama 3's failure rate at that size")
    p.add_argument("--step-seconds", type=float, help="also print the steps between two checkpoints")
    a = p.parse_args(list(argv))
    print(
        f"{'GPUs':>8} {'MTBF h':>8} {'interval s':>11} {'exact s':>9} {'waste %':>8} {'ETTR %':>7}"
        + ("    steps" if a.step_seconds else "")
    )
    for gpus in a.gpus:
        try:
            r = plan(gpus, a.checkpoint_seconds, a.restart_seconds, a.mtbf_seconds)
        except ValueError as error:
            p.error(str(error))
        row = f"{gpus:>8} {r.mtbf / 3600:>8.1f} {r.interval:>11.0f} {r.exact_interval:>9.0f}"
        row += f" {100 * r.waste:>8.1f} {100 * r.ettr:>7.1f}"
        if a.step_seconds:
            row += f" {max(1, round((r.exact_interval - a.checkpoint_seconds) / a.step_seconds)):>8}"
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
