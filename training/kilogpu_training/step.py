"""One optimiser step: forward and backward over the micro-batches, gradients averaged over ranks, time of this rank's
own compute."""

import contextlib
import hashlib
import time
from typing import Any, List, Optional

import torch
import torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks
from torch.nn.parallel import DistributedDataParallel

from .config import TrainConfig
from .distributed import World
from .faults import Faults
from .model import GPT2
from .optim import autocast, build_optimizer, build_scaler, learning_rate


class ComputeTimer:
    """Seconds from the start of a step to this rank's last ready gradient.

    A slow rank makes every rank's step slow; only time without collectives tells which one it is. DDP's communication
    hook
    runs when a bucket's gradients are ready and before they are sent, so its last call ends this rank's own work.
    """

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._start: Any = None
        self._end: Any = None

    def _now(self) -> Any:
        if not self._cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def start(self) -> None:
        """The step begins."""
        self._start = self._end = self._now()

    def mark(self) -> None:
        """Gradients are ready."""
        self._end = self._now()

    def seconds(self) -> float:
        """Only after the device was synchronised."""
        return self._start.elapsed_time(self._end) / 1000 if self._cuda else self._end - self._start


def step_seed(seed: int, step: int, rank: int) -> int:
    """Seed of one rank in one step. With it the random state needs no saving and survives a changed world size."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{step}:{rank}".encode()).digest()[:7], "big")


class StepRunner:
    """Model, optimiser and scaler of one rank."""

    def __init__(self, config: TrainConfig, world: World, model: GPT2, precision: str, faults: Faults) -> None:
        self.config = config
        self.world = world
        self.model = model.to(world.device)
        self.precision = precision
        self.faults = faults
        self.optimizer = build_optimizer(self.model, config, world.device)
        self.scaler = build_scaler(precision, config.init_loss_scale, world.device)
        self.timer = ComputeTimer(world.device)
        self._network: Any = None

    def connect(self) -> None:
        """Wraps the model for the job; call it once its weights are in place."""
        network: Any = self.model
        if self.world.size > 1:
            ids = [self.world.device.index] if self.world.device.type == "cuda" else None
            network = DistributedDataParallel(self.model, device_ids=ids)
            timer = self.timer

            def timed_allreduce(state: object, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:
                timer.mark()
                return default_hooks.allreduce_hook(dist.group.WORLD, bucket)

            network.register_comm_hook(None, timed_allreduce)
        self._network = torch.compile(network) if self.config.compile else network

    def gradients(self, step: int, batches: List[torch.Tensor]) -> float:
        """Leaves the mean gradient of the global batch in the parameters; returns this rank's share of the mean
        loss."""
        config, device = self.config, self.world.device
        torch.manual_seed(step_seed(config.seed, step, self.world.rank))
        self._network.train()
        self.timer.start()
        self.faults.before_forward(step, self.model, device)
        total: Optional[torch.Tensor] = None
        for index, batch in enumerate(batches):
            # Gradients travel once a step, with the last micro-batch.
            hold = self.world.size > 1 and index + 1 < len(batches)
            with self._network.no_sync() if hold else contextlib.nullcontext():
                tokens = batch.to(device, non_blocking=True)
                with autocast(self.precision, device):
                    loss = self._network(tokens[:, :-1], tokens[:, 1:])
                # DDP averages over ranks; the weight makes that the mean over sequences, however they are spread.
                share = loss * (batch.size(0) / config.global_batch)
                if index == 0:
                    share = self.faults.on_loss(step, share)
                self.scaler.scale(share * self.world.size).backward()
            total = share.detach() if total is None else total + share.detach()
        if self.world.size == 1:
            self.timer.mark()
        assert total is not None
        self.scaler.unscale_(self.optimizer)
        self.faults.on_gradients(step, self.model)
        return float(total)

    def clip(self) -> float:
        """Clips gradients; returns their norm before."""
        limit = self.config.clip or float("inf")
        return float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit))

    def update(self, step: int) -> bool:
        """Applies the gradients; False when the scaler refused them."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(step, self.config)
        before = self.scale()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.discard()
        after = self.scale()
        return before is None or after is None or after >= before

    def discard(self) -> None:
        """Drops the gradients."""
        self.optimizer.zero_grad(set_to_none=True)

    def scale(self) -> Optional[float]:
        """The loss scale; None without fp16."""
        return float(self.scaler.get_scale()) if self.scaler.is_enabled() else None
