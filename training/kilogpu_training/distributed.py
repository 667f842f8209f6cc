"""Process group of a run: who am I, and how do all ranks agree on one value."""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, List

import torch
import torch.distributed as dist


@dataclass
class World:
    """This process among the others, as torchrun's environment tells it; alone when there is no such environment."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    restarts: int
    device: torch.device

    @property
    def first(self) -> bool:
        """True on the one rank that writes checkpoints, logs and job-level metrics."""
        return self.rank == 0

    def sum(self, values: List[float]) -> List[float]:
        """Element-wise sum over ranks, same result on each."""
        if self.size == 1:
            return values
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        return tensor.tolist()

    def from_first(self, values: List[float]) -> List[float]:
        """Rank 0's values on every rank: decisions are taken once, never recomputed and hoped equal."""
        if self.size == 1:
            return values
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.broadcast(tensor, 0)
        return tensor.tolist()

    def object_from_first(self, value: Any) -> Any:
        """Rank 0's picklable object on every rank."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, 0)
        return box[0]

    def gather(self, values: List[float]) -> List[List[float]]:
        """Every rank's row, on every rank."""
        if self.size == 1:
            return [values]
        mine = torch.tensor(values, dtype=torch.float64, device=self.device)
        rows = [torch.empty_like(mine) for _ in range(self.size)]
        dist.all_gather(rows, mine)
        return [row.tolist() for row in rows]


def join(timeout_seconds: float) -> World:
    """Joins the job: nccl on GPUs, gloo on CPU. One process without torchrun is a job of one rank."""
    cuda = torch.cuda.is_available()
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local_rank) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size > 1:
        # Without this a lost peer leaves the others in a collective for ever, holding their GPUs.
        os.environ.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1")
        os.environ.setdefault("NCCL_ASYNC_ERROR_HANDLING", "1")
        dist.init_process_group("nccl" if cuda else "gloo", timeout=timedelta(seconds=timeout_seconds))
    return World(
        rank=int(os.environ.get("RANK", "0")),
        size=size,
        local_rank=local_rank,
        local_size=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        restarts=int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")),
        device=device,
    )


def leave(world: World) -> None:
    """Leaves the job in order: nobody hangs up on a rank that is still in its last collective."""
    if world.size > 1 and dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


def broadcast_training_state(world: World, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Copies rank 0's weights and AdamW moments to all ranks.

    One rank reads the checkpoint: a thousand ranks reading gigabytes each would make storage the slowest part of a
    restart.
    """
    if world.size == 1:
        return
    tensors = list(model.state_dict().values())
    has_moments = world.object_from_first(
        any("exp_avg" in s for s in optimizer.state.values()) if world.first else None
    )
    if not has_moments:
        optimizer.state.clear()
    else:
        steps = [optimizer.state[p]["step"] for p in _parameters(optimizer)] if world.first else []
        for p, step in zip(_parameters(optimizer), world.object_from_first([float(s) for s in steps])):
            state = optimizer.state[p]
            if not world.first:
                state["exp_avg"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                state["exp_avg_sq"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                fused = any(group.get("fused") or group.get("capturable") for group in optimizer.param_groups)
                state["step"] = torch.tensor(step, dtype=torch.float32, device=p.device if fused else "cpu")
            tensors += [state["exp_avg"], state["exp_avg_sq"]]
    with torch.no_grad():
        for tensor in tensors:
            dist.broadcast(tensor.data, 0)


def _parameters(optimizer: torch.optim.Optimizer) -> List[torch.Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]
