"""Optimiser, schedule and loss scaling, for PyTorch 1.13 and everything since."""

import inspect
import math
from typing import Any, ContextManager

import torch

from .config import TrainConfig
from .model import GPT2


def learning_rate(step: int, config: TrainConfig) -> float:
    """Linear warm-up, cosine to the minimum at `decay_steps`, the minimum from there. Steps count from 0."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if step >= config.decay_steps:
        return config.min_learning_rate
    progress = (step - config.warmup_steps) / (config.decay_steps - config.warmup_steps)
    return config.min_learning_rate + 0.5 * (1 + math.cos(math.pi * progress)) * (
        config.learning_rate - config.min_learning_rate
    )


def build_optimizer(model: GPT2, config: TrainConfig, device: torch.device) -> torch.optim.AdamW:
    """AdamW with GPT-3's betas; the fused kernel on GPUs where PyTorch has it."""
    extra = (
        {"fused": True} if device.type == "cuda" and "fused" in inspect.signature(torch.optim.AdamW).parameters else {}
    )
    return torch.optim.AdamW(
        model.decay_groups(config.weight_decay), lr=config.learning_rate, betas=(0.9, 0.95), eps=1e-8, **extra
    )


def resolve_precision(config: TrainConfig, device: torch.device) -> str:
    """The asked precision; by default bf16 on a GPU that has it, fp16 on an older GPU, fp32 on CPU."""
    if config.precision == "fp16" and device.type != "cuda" and not _modern_scaler():
        raise ValueError(
            f"--precision fp16: got a CPU and PyTorch {torch.__version__}; give bf16 or fp32 there, or PyTorch "
            "2.3 or newer"
        )
    if config.precision:
        return config.precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return "fp32"


def autocast(precision: str, device: torch.device) -> ContextManager[Any]:
    """Mixed-precision context; does nothing for fp32."""
    dtype = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, dtype=dtype, enabled=precision != "fp32")


def _modern_scaler() -> Any:
    """The scaler for any device, since PyTorch 2.3; None before."""
    return getattr(getattr(torch, "amp", None), "GradScaler", None)


def build_scaler(precision: str, initial: float, device: torch.device) -> Any:
    """Gradient scaler, enabled for fp16 only: bf16 has fp32's range."""
    modern = _modern_scaler()
    enabled = precision == "fp16"
    return (
        modern(device.type, init_scale=initial, enabled=enabled)
        if modern
        else torch.cuda.amp.GradScaler(init_scale=initial, enabled=enabled)
    )
