"""Token data: memory-mapped shards or a generated corpus, in an order that is a pure function of seed and position.

A position counts sequences over the whole job, so it means the same for any number of ranks: a checkpoint holds one
integer,
and the job may come back with more or fewer nodes.
"""

import glob
import hashlib
import os
import queue
import threading
from bisect import bisect_right
from typing import Iterator, List, Optional, Sequence, Tuple

import numpy as np
import torch

SHARD_MAGIC = 20240520  # first int32 of the 256-int32 header that llm.c's tokenised shards carry
SHARD_HEADER_BYTES = 1024


class DataError(Exception):
    """The data set cannot be used; the message says what to do."""


class TokenSource:
    """Sequences of `length + 1` tokens (input and target overlap by one), indexed 0 … len - 1."""

    def __init__(self, arrays: Sequence[np.ndarray], length: int, fingerprint: str) -> None:
        self.length = length
        self.fingerprint = fingerprint
        self._arrays = [a for a in arrays if len(a) > length]
        ends, total = [], 0
        for array in self._arrays:
            total += (len(array) - 1) // length
            ends.append(total)
        if not total:
            raise DataError(f"no shard holds {length + 1} tokens, one sequence; lower --sequence-length or add data")
        self._ends = ends

    def __len__(self) -> int:
        return self._ends[-1]

    def sequence(self, index: int) -> np.ndarray:
        """Tokens of one sequence, as int64."""
        shard = bisect_right(self._ends, index)
        start = (index - (self._ends[shard - 1] if shard else 0)) * self.length
        return self._arrays[shard][start : start + self.length + 1].astype(np.int64)


def open_shards(folder: str, length: int, vocab_size: int) -> TokenSource:
    """Every *.bin of a folder, memory-mapped, in the order of names.

    Raises DataError when there is none, when a shard is cut short, or when a sampled token is outside the vocabulary.
    """
    paths = sorted(glob.glob(os.path.join(folder, "*.bin")))
    if not paths:
        raise DataError(f"--data-dir {folder}: no *.bin file; give a folder of uint16 token shards")
    arrays, identity = [], hashlib.sha256()
    for path in paths:
        size = os.path.getsize(path)
        header = np.fromfile(path, dtype=np.int32, count=3) if size >= SHARD_HEADER_BYTES else np.zeros(3, np.int32)
        headed = header[0] == SHARD_MAGIC
        offset = SHARD_HEADER_BYTES if headed else 0
        if headed and size != offset + 2 * int(header[2]):
            raise DataError(
                f"{path}: header promises {int(header[2])} tokens, the file has {(size - offset) // 2}; fetch it again"
            )
        if size <= offset or (size - offset) % 2:
            raise DataError(f"{path}: {size} bytes is no whole number of uint16 tokens; fetch it again")
        array = np.memmap(path, dtype=np.uint16, mode="r", offset=offset)
        sample = array[: 1 << 16]
        if int(sample.max()) >= vocab_size:
            raise DataError(
                f"{path}: token {int(sample.max())} is outside the vocabulary of {vocab_size}; raise --vocab-size"
            )
        arrays.append(array)
        identity.update(f"{os.path.basename(path)}:{size}:".encode() + sample[:1024].tobytes())
    return TokenSource(arrays, length, identity.hexdigest())


def generated_bytes(length: int, size: int = 1 << 20) -> TokenSource:
    """English-like bytes from a fixed grammar: same bytes everywhere, learnable, no download.

    `size` is the corpus in bytes. Defaults to 1 MiB.
    """
    rng = np.random.Generator(np.random.PCG64(20190214))
    who = "the cluster|a node|one rank|the fabric|each worker|our scheduler|the trainer|a switch".split("|")
    does = "sends|reduces|gathers|loses|repairs|measures|drains|restores|shuffles|scatters".split("|")
    what = (
        "gradients|a checkpoint|the batch|eight shards|its queue|every token|the weights|a link|the spare node".split(
            "|"
        )
    )
    how = "quickly|without a fault|over the network|at night|before the deadline|again|in order|twice".split("|")
    lines, total = [], 0
    while total < size:
        a, b, c, d = rng.integers(0, 1 << 30, 4)
        line = f"{who[a % len(who)]} {does[b % len(does)]} {what[c % len(what)]} {how[d % len(how)]}.\n"
        lines.append(line)
        total += len(line)
    text = "".join(lines)[:size].encode()
    return TokenSource([np.frombuffer(text, dtype=np.uint8)], length, hashlib.sha256(text).hexdigest())


def open_source(folder: Optional[str], length: int, vocab_size: int) -> TokenSource:
    """Shards of a folder; the generated corpus when no folder is given."""
    return open_shards(folder, length, vocab_size) if folder else generated_bytes(length)


def shuffled(index: int, size: int, key: int) -> int:
    """Where `index` goes in permutation `key` of range(size): Feistel network with cycle walking.

    A stored permutation of a trillion-token set would cost gigabytes on each rank; this costs nothing.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = index >> half, index & mask
        for round_number in range(4):
            mixed = (
                right * 0x9E3779B97F4A7C15 + key * 0xBF58476D1CE4E5B9 + round_number * 0x94D049BB133111EB
            ) & 0xFFFFFFFFFFFFFFFF
            mixed ^= mixed >> 29
            mixed = (mixed * 0xD6E8FEB86659FD93) & 0xFFFFFFFFFFFFFFFF
            left, right = right, left ^ ((mixed >> 32) & mask)
        index = (left << half) | right
        if index < size:
            return index


def next_position(position: int, skips: Sequence[Tuple[int, int]]) -> int:
    """The first position at or after `position` outside the skipped intervals [start, end)."""
    moved = True
    while moved:
        moved = False
        for start, end in skips:
            if start <= position < end:
                position, moved = end, True
    return position


def rank_range(global_batch: int, rank: int, world: int) -> Tuple[int, int]:
    """Sequences [first, last) of a global batch that a rank computes; sizes differ by one at most."""
    return global_batch * rank // world, global_batch * (rank + 1) // world


class ShardedLoader:
    """Micro-batches of one rank, prefetched in a thread.

    `position` is the next global batch's first sequence. `take` returns the batch and moves on; `seek` jumps (resume,
    rollback).
    """

    def __init__(
        self,
        source: TokenSource,
        global_batch: int,
        micro_batch: int,
        rank: int,
        world: int,
        seed: int,
        depth: int = 2,
        device: Optional[torch.device] = None,
    ) -> None:
        if world > global_batch:
            raise DataError(f"--global-batch: got {global_batch}; give at least the {world} ranks of the job")
        self.position = 0
        self._source = source
        self._global_batch = global_batch
        self._micro_batch = micro_batch
        self._range = rank_range(global_batch, rank, world)
        self._seed = seed
        self._depth = depth
        self._device = device if device is not None and device.type == "cuda" else None
        self._skips: List[Tuple[int, int]] = []
        self._queue: Optional["queue.Queue[object]"] = None
        self._stop = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def seek(self, position: int, skips: Sequence[Tuple[int, int]]) -> None:
        """Continues at `position`, never giving a sequence inside `skips`."""
        self.close()
        self._skips = list(skips)
        self.position = next_position(position, self._skips)
        self._stop = threading.Event()
        self._queue = queue.Queue(maxsize=self._depth)
        self._thread = threading.Thread(target=self._fill, args=(self._queue, self._stop, self.position), daemon=True)
        self._thread.start()

    def take(self) -> List[torch.Tensor]:
        """This rank's micro-batches of the next global batch, each [sequences, length + 1]."""
        if self._queue is None:
            self.seek(self.position, self._skips)
        assert self._queue is not None
        item = self._queue.get()
        if isinstance(item, BaseException):
            raise item
        start, batch = item  # type: ignore[misc]
        self.position = next_position(start + self._global_batch, self._skips)
        return batch

    def close(self) -> None:
        """Stops the prefetch thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = self._queue = None

    def batch_at(self, position: int) -> List[torch.Tensor]:
        """Micro-batches of the global batch that starts at `position`."""
        first, last = self._range
        rows = [self._sequence(position + offset) for offset in range(first, last)]
        return [
            torch.from_numpy(np.stack(rows[i : i + self._micro_batch])) for i in range(0, len(rows), self._micro_batch)
        ]

    def _sequence(self, position: int) -> np.ndarray:
        epoch, index = divmod(position, len(self._source))
        return self._source.sequence(shuffled(index, len(self._source), self._seed + epoch))

    def _positions(self, position: int) -> Iterator[int]:
        while True:
            yield position
            position = next_position(position + self._global_batch, self._skips)

    def _fill(self, out: "queue.Queue[object]", stop: threading.Event, position: int) -> None:
        try:
            if self._device is not None:
                # A thread starts on GPU 0: pinning from there would open a context of every rank on that one GPU.
                torch.cuda.set_device(self._device)
            for start in self._positions(position):
                item: object = (
                    start,
                    [b.pin_memory() if self._device is not None else b for b in self.batch_at(start)],
                )
                if not self._put(out, stop, item):
                    return
        except Exception as error:  # handed to the training thread, which must not wait for ever
            self._put(out, stop, error)

    @staticmethod
    def _put(out: "queue.Queue[object]", stop: threading.Event, item: object) -> bool:
        while not stop.is_set():
            try:
                out.put(item, timeout=0.05)
                return True
            except queue.Full:
                continue
        return False
