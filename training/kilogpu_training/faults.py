"""Rehearsed failures, so that detection and recovery are proved before a real one:
KILOGPU_FAULTS="nan@40;kill@90,rank=1".

    nan@STEP[,rank=0]                     that rank's loss, hence every rank's gradient, becomes NaN
    vanish@STEP[,steps=30,factor=1e-12]   gradients shrink to nothing
    spike@STEP[,factor=8]                 all ranks' final norm is scaled: a loss spike that stays
    leak@STEP[,megabytes=64,rank=0]       memory grows every step from there on
    kill@STEP[,rank=1]                    the rank dies by SIGKILL, as with a lost node
    slow@STEP[,rank=1,seconds=0.5]        the rank computes late in every step from there on
    corrupt@STEP                          the first checkpoint at or after STEP is damaged on storage

Each fault strikes once in a run, also over restarts: a marker in the checkpoint folder remembers. leak and slow last
until the restart.
"""

import os
import signal
import time
from dataclasses import dataclass
from typing import Dict, List

import torch

DEFAULTS: Dict[str, Dict[str, float]] = {
    "nan": {"rank": 0},
    "vanish": {"steps": 30, "factor": 1e-12},
    "spike": {"factor": 8},
    "leak": {"megabytes": 64, "rank": 0},
    "kill": {"rank": 1},
    "slow": {"rank": 1, "seconds": 0.5},
    "corrupt": {},
}


@dataclass
class Fault:
    """One rehearsal."""

    kind: str
    step: int
    options: Dict[str, float]


def parse_faults(text: str) -> List[Fault]:
    """Reads KILOGPU_FAULTS. Raises ValueError naming what is wrong and what is legal."""
    found = []
    for entry in filter(None, (e.strip() for e in text.split(";"))):
        head, *rest = entry.split(",")
        kind, at, step = head.partition("@")
        if kind not in DEFAULTS or not at or not step.isdigit():
            raise ValueError(f"KILOGPU_FAULTS: got {entry!r}; give KIND@STEP with KIND one of {', '.join(DEFAULTS)}")
        options = dict(DEFAULTS[kind])
        for pair in rest:
            key, _, value = pair.partition("=")
            if key.strip() not in options:
                raise ValueError(
                    f"KILOGPU_FAULTS: {entry!r}: unknown option {key.strip()!r}; {kind} takes "
                    f"{', '.join(options) or 'none'}"
                )
            try:
                options[key.strip()] = float(value)
            except ValueError:
                raise ValueError(f"KILOGPU_FAULTS: {entry!r}: {key.strip()} is no number: {value!r}") from None
        found.append(Fault(kind, int(step), options))
    return found


class Faults:
    """The rehearsals of one rank. Every hook is a no-op when none is due."""

    def __init__(self, text: str, rank: int, folder: str) -> None:
        self._faults = parse_faults(text)
        self._rank = rank
        self._folder = os.path.join(folder, ".faults")
        self._leaked: List[torch.Tensor] = []
        self._vanishing: List[Fault] = []
        # Read once: another rank's marker written in mid-step must not change what this one does in that step.
        self._struck = set(os.listdir(self._folder)) if self._faults and os.path.isdir(self._folder) else set()

    def before_forward(self, step: int, model: torch.nn.Module, device: torch.device) -> None:
        """Kill, slow, leak and spike."""
        for fault in self._due(step, "spike"):
            with torch.no_grad():
                model.norm.weight.mul_(fault.options["factor"])
            self._strike(fault)
        for fault in self._due(step, "slow", lasting=True):
            time.sleep(fault.options["seconds"])
        for fault in self._due(step, "leak", lasting=True):
            self._leaked.append(
                torch.ones(int(fault.options["megabytes"] * (1 << 18)), dtype=torch.float32, device=device)
            )
        for fault in self._due(step, "kill"):
            self._strike(fault)
            os.kill(os.getpid(), signal.SIGKILL)

    def on_loss(self, step: int, loss: torch.Tensor) -> torch.Tensor:
        """NaN: the loss to go backward from."""
        for fault in self._due(step, "nan"):
            loss = loss * float("nan")
            self._strike(fault)
        return loss

    def on_gradients(self, step: int, model: torch.nn.Module) -> None:
        """Vanishing gradients."""
        for fault in self._faults:
            if (
                fault.kind == "vanish"
                and fault.step <= step < fault.step + fault.options["steps"]
                and not self._has_struck(fault)
            ):
                for parameter in model.parameters():
                    if parameter.grad is not None:
                        parameter.grad.mul_(fault.options["factor"])
                if fault not in self._vanishing:
                    self._vanishing.append(fault)
                if step + 1 >= fault.step + fault.options["steps"]:
                    self._strike(fault)

    def on_rollback(self) -> None:
        """Vanishing gradients that are under way end: the rehearsal has made its point."""
        for fault in self._vanishing:
            self._strike(fault)
        self._vanishing = []

    def on_saved(self, step: int, path: str) -> None:
        """Corrupt: flips bytes in the middle of the checkpoint."""
        for fault in self._faults:
            if fault.kind == "corrupt" and step >= fault.step and not self._has_struck(fault):
                target = os.path.join(path, "tensors.pt")
                with open(target, "r+b") as out:
                    out.seek(os.path.getsize(target) // 2)
                    out.write(b"\xde\xad\xbe\xef" * 16)
                self._strike(fault)

    def _due(self, step: int, kind: str, lasting: bool = False) -> List[Fault]:
        return [
            f
            for f in self._faults
            if f.kind == kind
            and (step >= f.step if lasting else step == f.step)
            and not self._has_struck(f)
            and int(f.options.get("rank", self._rank)) == self._rank
        ]

    def _has_struck(self, fault: Fault) -> bool:
        return f"{fault.kind}@{fault.step}" in self._struck

    def _strike(self, fault: Fault) -> None:
        name = f"{fault.kind}@{fault.step}"
        self._struck.add(name)
        os.makedirs(self._folder, exist_ok=True)
        with open(os.path.join(self._folder, name), "w", encoding="ascii") as out:
            out.flush()
            os.fsync(out.fileno())
