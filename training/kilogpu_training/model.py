"""GPT-2 as published: pre-norm transformer, learned positions, GELU (tanh), tied embedding; presets by parameter
count."""

import math
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint as recompute


@dataclass(frozen=True)
class Shape:
    """Width, depth and heads of one GPT-2 size."""

    layers: int
    heads: int
    width: int
    sequence_length: int


PRESETS: Dict[str, Shape] = {
    "tiny": Shape(layers=2, heads=2, width=64, sequence_length=64),
    "124M": Shape(layers=12, heads=12, width=768, sequence_length=1024),
    "355M": Shape(layers=24, heads=16, width=1024, sequence_length=1024),
    "774M": Shape(layers=36, heads=20, width=1280, sequence_length=1024),
    "1.5B": Shape(layers=48, heads=25, width=1600, sequence_length=1024),
}


class Attention(nn.Module):
    """Causal self-attention; fused kernel where PyTorch has one (2.0 and later)."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.dropout = dropout
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.fused = hasattr(F, "scaled_dot_product_attention")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        q, k, v = (
            t.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for t in self.qkv(x).split(width, dim=2)
        )
        dropout = self.dropout if self.training else 0.0
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
            future = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            y = F.dropout(F.softmax(scores.masked_fill(future, float("-inf")), dim=-1), dropout) @ v
        y = y.transpose(1, 2).reshape(batch, length, width)
        return F.dropout(self.out(y), self.dropout, self.training)


class Block(nn.Module):
    """One transformer layer."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(shape.width)
        self.attention = Attention(shape, dropout)
        self.norm2 = nn.LayerNorm(shape.width)
        self.up = nn.Linear(shape.width, 4 * shape.width)
        self.down = nn.Linear(4 * shape.width, shape.width)
        self.dropout = dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        hidden = F.gelu(self.up(self.norm2(x)), approximate="tanh")
        return x + F.dropout(self.down(hidden), self.dropout, self.training)


class GPT2(nn.Module):
    """The language model. `forward(tokens, targets)` gives the mean cross-entropy in nats, `forward(tokens)` the
    logits."""

    def __init__(
        self, shape: Shape, vocab_size: int, sequence_length: int, dropout: float = 0.0, recompute_layers: bool = False
    ) -> None:
        super().__init__()
        self.shape = shape
        self.sequence_length = sequence_length
        self.dropout = dropout
        self.recompute_layers = recompute_layers
        self.tokens = nn.Embedding(vocab_size, shape.width)
        self.positions = nn.Embedding(sequence_length, shape.width)
        self.blocks = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        self.apply(self._initialise)
        for name, parameter in self.named_parameters():
            # Each layer adds twice to the residual stream: keep its variance at one layer's.
            if name.endswith(("attention.out.weight", "down.weight")):
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * shape.layers))

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, tokens: torch.Tensor, targets: Optional[torch.Tensor] = None) -> torch.Tensor:
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.size(1), device=tokens.device))
        x = F.dropout(x, self.dropout, self.training)
        for block in self.blocks:
            x = recompute(block, x, use_reentrant=False) if self.recompute_layers and self.training else block(x)
        logits = self.head(self.norm(x))
        if targets is None:
            return logits
        return F.cross_entropy(logits.float().view(-1, logits.size(-1)), targets.reshape(-1))

    def parameter_count(self) -> int:
        """Parameters, the tied embedding once, positions left out as in the usual counts of FLOPs."""
        return sum(p.numel() for p in self.parameters()) - self.positions.weight.numel()

    def flops_per_token(self) -> float:
        """Forward and backward FLOPs of one token: 6N + 12·layers·width·length (Chowdhery et al. 2022, appendix B)."""
        return 6.0 * self.parameter_count() + 12.0 * self.shape.layers * self.shape.width * self.sequence_length

    def decay_groups(self, weight_decay: float) -> List[dict]:
        """Optimiser groups: matrices decay, biases and norms do not."""
        matrices = [p for p in self.parameters() if p.dim() >= 2]
        others = [p for p in self.parameters() if p.dim() < 2]
        return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def build(
    preset: str, vocab_size: int, sequence_length: int, dropout: float, recompute_layers: bool
) -> Tuple[GPT2, Shape]:
    """The model of a preset, on CPU. Weights depend on torch's seed only."""
    shape = PRESETS[preset]
    return GPT2(shape, vocab_size, sequence_length, dropout, recompute_layers), shape
