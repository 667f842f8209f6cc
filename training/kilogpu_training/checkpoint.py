"""Checkpoints that survive a crash at any instruction, on any POSIX file system.

    <dir>/step-0000000400/tensors.pt      weights and optimiser moments: tensors, and nothing that needs more than
    weights_only to load
    <dir>/step-0000000400/facts.json      step, data position, loss scale, anomaly history
    <dir>/step-0000000400/manifest.json   sizes and SHA-256 of the files, written last
    <dir>/step-0000000400/SUSPECT         why nobody may resume from here (only after an anomaly)
    <dir>/LAST_GOOD.json                  newest checkpoint that later steps proved healthy
    <dir>/run.json                        what must outlive a rollback: restarts, rollbacks, skipped data, time accounts

A checkpoint is a folder that appears by one rename, after its files and their folder were flushed.
"""

import hashlib
import json
import os
import shutil
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

import torch

FORMAT = 1
PREFIX = "step-"


class CheckpointCorrupt(Exception):
    """The files do not match their manifest."""


class _HashingWriter:
    """A file that hashes what passes, so that the data is not read back for its checksum."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "wb")
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._hash.update(view)
        self._file.write(view)
        self.bytes += view.nbytes
        return view.nbytes

    def flush(self) -> None:
        self._file.flush()

    def finish(self) -> str:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()


def _sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_json(path: str, value: Any) -> None:
    """Replaces a JSON file atomically."""
    partial = f"{path}.{os.getpid()}.{threading.get_ident()}.tmp"
    with open(partial, "w", encoding="utf-8") as out:
        json.dump(value, out, indent=1, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, path)
    _sync_folder(os.path.dirname(path))


def read_json(path: str, default: Any) -> Any:
    """A JSON file's value; `default` when it is missing or torn."""
    try:
        with open(path, encoding="utf-8") as source:
            return json.load(source)
    except (OSError, ValueError):
        return default


class Snapshot:
    """Copies of nested tensors in host memory, from which a thread writes while training goes on.

    The buffers are kept for the next copy: pinning gigabytes anew would take longer than copying them.
    """

    def __init__(self) -> None:
        self._buffers: Dict[Tuple[Any, ...], torch.Tensor] = {}

    def take(self, value: Any) -> Any:
        """A copy of `value`; valid until the next call."""
        on_gpu = torch.cuda.is_available()
        copied = self._copy(value, (), on_gpu)
        if on_gpu:
            torch.cuda.current_stream().synchronize()
        return copied

    def _copy(self, value: Any, place: Tuple[Any, ...], pin: bool) -> Any:
        if isinstance(value, dict):
            return {k: self._copy(v, (*place, k), pin) for k, v in value.items()}
        if not isinstance(value, torch.Tensor):
            return value
        buffer = self._buffers.get(place)
        if buffer is None or buffer.shape != value.shape or buffer.dtype != value.dtype:
            buffer = self._buffers[place] = torch.empty(value.shape, dtype=value.dtype, pin_memory=pin)
        return buffer.copy_(value.detach(), non_blocking=True)


class CheckpointStore:
    """Checkpoints of one run in one folder. Only rank 0 may hold one.

    Kept are the `keep` newest, the last known good one, and between the two one every `ladder_steps`, so that at any
    time some
    checkpoint is far enough back to become the next good one. A failed write raises in the synchronous case; in the
    asynchronous one
    it is counted in `failures` and passed to `on_failure`, and `wait` raises it.
    """

    def __init__(
        self,
        folder: str,
        keep: int = 3,
        background: bool = False,
        ladder_steps: int = 0,
        on_saved: Optional[Callable[[int, float], None]] = None,
        on_failure: Optional[Callable[[int, BaseException], None]] = None,
    ) -> None:
        self.folder = os.path.abspath(folder)
        self.keep = keep
        self.background = background
        self.ladder_steps = ladder_steps
        self.failures = 0
        self.rejected: List[Tuple[int, str]] = []
        self._on_saved = on_saved
        self._on_failure = on_failure
        self._snapshot = Snapshot()
        self._writer: Optional[threading.Thread] = None
        self._error: Optional[BaseException] = None
        os.makedirs(self.folder, exist_ok=True)
        for name in os.listdir(self.folder):
            # Leftovers of a killed writer. The store has one owner, so nobody else is writing them.
            if name.startswith((".writing-", ".replaced-")):
                shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)

    # Folder names and marks

    def path(self, step: int) -> str:
        """Folder of a step's checkpoint."""
        return os.path.join(self.folder, f"{PREFIX}{step:010d}")

    def steps(self, with_suspects: bool = False) -> List[int]:
        """Steps that have a checkpoint, ascending; suspects only on request."""
        found = [
            int(n[len(PREFIX) :])
            for n in os.listdir(self.folder)
            if n.startswith(PREFIX) and n[len(PREFIX) :].isdigit()
        ]
        return sorted(s for s in found if with_suspects or not self.is_suspect(s))

    def is_suspect(self, step: int) -> bool:
        """True when an anomaly put the checkpoint in doubt."""
        return os.path.exists(os.path.join(self.path(step), "SUSPECT"))

    def mark_suspect(self, after: int, reason: str) -> List[int]:
        """Puts every checkpoint newer than step `after` in doubt; returns them."""
        self.wait(raise_errors=False)
        marked = [s for s in self.steps() if s > after]
        for step in marked:
            write_json(os.path.join(self.path(step), "SUSPECT"), {"reason": reason, "at": time.time()})
        return marked

    def last_good(self) -> Optional[int]:
        """Newest step proved healthy, if its checkpoint still stands."""
        step = read_json(os.path.join(self.folder, "LAST_GOOD.json"), {}).get("step")
        return step if step in self.steps() else None

    def prove_good(self, up_to: int) -> None:
        """Steps after `up_to` ran without a critical anomaly: the newest checkpoint not after it is good."""
        proved = [s for s in self.steps() if s <= up_to]
        if proved and proved[-1] != self.last_good():
            write_json(os.path.join(self.folder, "LAST_GOOD.json"), {"step": proved[-1], "provedAt": time.time()})

    # Writing

    def save(self, step: int, tensors: Dict[Any, Any], facts: Dict[str, Any], force_sync: bool = False) -> float:
        """Saves nested tensors and plain facts; returns the seconds that training stood still.

        In the background case it stands still for the copy to host memory, and for an earlier write that is not yet
        done.
        """
        start = time.perf_counter()
        self.wait(raise_errors=False)
        if self.background and not force_sync:
            snapshot = (self._snapshot.take(tensors), json.loads(json.dumps(facts)))
            self._writer = threading.Thread(target=self._write_logged, args=(step, *snapshot), name="checkpoint-writer")
            self._writer.start()
        else:
            self._write(step, tensors, facts)
        return time.perf_counter() - start

    def wait(self, raise_errors: bool = True) -> None:
        """Waits for a background write. Raises what it raised, once."""
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        error, self._error = self._error, None
        if error is not None and raise_errors:
            raise error

    def _write_logged(self, step: int, tensors: Dict[Any, Any], facts: Dict[str, Any]) -> None:
        try:
            self._write(step, tensors, facts)
        except BaseException as error:
            self._error = error

    def _write(self, step: int, tensors: Dict[Any, Any], facts: Dict[str, Any]) -> None:
        try:
            seconds = self._write_folder(step, tensors, facts)
        except BaseException as error:
            self.failures += 1
            if self._on_failure:
                self._on_failure(step, error)
            raise
        if self._on_saved:
            self._on_saved(step, seconds)
        try:
            self._prune()
        except OSError:
            pass  # the checkpoint stands; what could not be removed now is found again by the next one

    def _write_folder(self, step: int, tensors: Dict[Any, Any], facts: Dict[str, Any]) -> float:
        start = time.perf_counter()
        final, partial = self.path(step), os.path.join(self.folder, f".writing-{step:010d}-{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        os.makedirs(partial)
        try:
            files = {}
            for name, put in (
                ("tensors.pt", lambda out: torch.save(tensors, out)),
                ("facts.json", lambda out: out.write(json.dumps(facts).encode())),
            ):
                writer = _HashingWriter(os.path.join(partial, name))
                put(writer)
                files[name] = {"sha256": writer.finish(), "bytes": writer.bytes}
            write_json(
                os.path.join(partial, "manifest.json"),
                {
                    "format": FORMAT,
                    "step": step,
                    "createdAt": time.time(),
                    "torch": torch.__version__,
                    "files": files,
                },
            )
            if os.path.exists(final):
                # The step was trained before, and rolled back or found corrupt. Between these renames the older ones
                # stand.
                replaced = os.path.join(self.folder, f".replaced-{step:010d}-{os.getpid()}")
                os.rename(final, replaced)
                os.rename(partial, final)
                shutil.rmtree(replaced, ignore_errors=True)
            else:
                os.rename(partial, final)
            _sync_folder(self.folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return time.perf_counter() - start

    def _prune(self) -> None:
        healthy = self.steps()
        good = self.last_good()
        keep = set(healthy[-self.keep :]) | {good}
        rung = good if good is not None else healthy[0]
        keep.add(rung)
        for step in healthy:
            if self.ladder_steps and step - rung >= self.ladder_steps:
                keep.add(step)
                rung = step
        for step in self.steps(with_suspects=True):
            if step not in keep and (step in healthy or len(healthy) >= self.keep):
                doomed = os.path.join(self.folder, f".replaced-{step:010d}-{os.getpid()}")
                os.rename(self.path(step), doomed)
                shutil.rmtree(doomed, ignore_errors=True)

    # Reading

    def verify(self, step: int) -> Dict[str, Any]:
        """The manifest of a checkpoint whose files match it. Raises CheckpointCorrupt."""
        manifest = read_json(os.path.join(self.path(step), "manifest.json"), None)
        if not isinstance(manifest, dict) or manifest.get("step") != step:
            raise CheckpointCorrupt(f"step {step}: manifest.json missing or torn")
        if manifest.get("format") != FORMAT:
            raise CheckpointCorrupt(f"step {step}: format {manifest.get('format')}, this code reads {FORMAT}")
        for name, expected in manifest["files"].items():
            path = os.path.join(self.path(step), name)
            digest = hashlib.sha256()
            try:
                with open(path, "rb") as source:
                    for chunk in iter(lambda: source.read(1 << 22), b""):
                        digest.update(chunk)
            except OSError as error:
                raise CheckpointCorrupt(f"step {step}: {name}: {error}") from error
            if digest.hexdigest() != expected["sha256"]:
                raise CheckpointCorrupt(f"step {step}: {name}: SHA-256 differs from the manifest's")
        return manifest

    def load_newest(self, at_most: Optional[int] = None) -> Optional[Tuple[Dict[Any, Any], Dict[str, Any]]]:
        """Tensors and facts of the newest checkpoint that is whole and not suspect, not after `at_most`; None when
        there is none.

        What it passes over is listed in `rejected` with the reason.
        """
        self.wait(raise_errors=False)
        self.rejected = []
        for step in reversed(self.steps()):
            if at_most is not None and step > at_most:
                continue
            try:
                self.verify(step)
                with open(os.path.join(self.path(step), "facts.json"), encoding="utf-8") as source:
                    facts = json.load(source)
                return _load(os.path.join(self.path(step), "tensors.pt")), facts
            except Exception as error:  # unreadable in any way is reason to fall back, never to stop
                self.rejected.append((step, str(error)))
        return None


def _load(path: str) -> Dict[Any, Any]:
    # Tensors and plain values only: a checkpoint from shared storage must not be able to run code.
    return torch.load(path, map_location="cpu", weights_only=True)


class RunJournal:
    """Facts about the run that no rollback may undo, in run.json. Rank 0 writes, and every change is on disk at
    once."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, "run.json")
        value = read_json(self._path, {})
        self.restarts: int = value.get("restarts", -1) + 1
        self.rollbacks: List[Dict[str, Any]] = value.get("rollbacks", [])
        self.skips: List[Tuple[int, int]] = [(int(a), int(b)) for a, b in value.get("skips", [])]
        self.high_water_step: int = value.get("highWaterStep", 0)
        self.alive_at: Optional[float] = value.get("aliveAt")
        self.productive_seconds: float = value.get("productiveSeconds", 0.0)
        self.lost_seconds: float = value.get("lostSeconds", 0.0)
        self.finished: bool = value.get("finished", False)

    def write(self) -> None:
        """Puts the facts on disk."""
        write_json(
            self._path,
            {
                "restarts": self.restarts,
                "rollbacks": self.rollbacks,
                "skips": self.skips,
                "highWaterStep": self.high_water_step,
                "aliveAt": time.time(),
                "productiveSeconds": self.productive_seconds,
                "lostSeconds": self.lost_seconds,
                "finished": self.finished,
            },
        )
