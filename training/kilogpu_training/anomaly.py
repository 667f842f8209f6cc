"""Is this training run still healthy? Pure decisions on loss, gradient norm and loss scale; the loop acts on them.

Two loss rules, on purpose. |x - moving average| > 3 sigma is what people expect, and it masks itself: a lasting jump
enters its own
mean and deviation within minutes. Median and quartiles keep pointing at it. So the first warns, the second decides.
"""

import math
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Deque, Dict, List, Optional

WARNING = "warning"
CRITICAL = "critical"


@dataclass
class Thresholds:
    """Limits of the rules. Windows and patience count steps."""

    window: int = 256
    history: int = 32
    sigma: float = 3.0
    robust_sigma: float = 6.0
    median_ratio: float = 1.2
    patience: int = 3
    explode_ratio: float = 10.0
    vanish_ratio: float = 0.01
    vanish_absolute: float = 1e-8
    gradient_patience: int = 20
    scale_floor: float = 1.0
    scale_drops: int = 5
    warn_after_step: int = 1000


@dataclass
class Finding:
    """One rule that speaks about one step."""

    rule: str
    severity: str
    value: float
    limit: float
    message: str


def quantile(ordered: List[float], q: float) -> float:
    """Quantile of a sorted list, linear between neighbours (as Prometheus' quantile_over_time)."""
    place = q * (len(ordered) - 1)
    low = int(math.floor(place))
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


class AnomalyDetector:
    """Feeds on one step at a time and answers with findings.

    Values that a critical rule objects to do not enter the history: an anomaly must not become the new normal.
    """

    def __init__(self, thresholds: Optional[Thresholds] = None) -> None:
        self.thresholds = thresholds or Thresholds()
        self._losses: Deque[float] = deque(maxlen=self.thresholds.window)
        self._norms: Deque[float] = deque(maxlen=self.thresholds.window)
        self._scales: Deque[float] = deque(maxlen=self.thresholds.window)
        self._streaks: Dict[str, int] = {}

    def observe(self, step: int, loss: float, grad_norm: float, loss_scale: Optional[float] = None) -> List[Finding]:
        """Findings of one step. `loss_scale` is None without fp16; then a non-finite gradient norm is an anomaly,
        with fp16 it is how the scaler searches its scale."""
        found: List[Finding] = []
        if not math.isfinite(loss):
            found.append(Finding("non_finite", CRITICAL, loss, math.inf, f"loss is {loss}"))
        elif not math.isfinite(grad_norm) and loss_scale is None:
            found.append(Finding("non_finite", CRITICAL, grad_norm, math.inf, f"gradient norm is {grad_norm}"))
        else:
            found += self._loss_rules(step, loss)
            if math.isfinite(grad_norm):
                found += self._gradient_rules(grad_norm)
        if loss_scale is not None:
            found += self._scale_rules(loss_scale)
        return found

    def after_rollback(self) -> None:
        """Forgets running streaks; the healthy history stays."""
        self._streaks.clear()
        self._scales.clear()

    def state(self) -> Dict[str, Any]:
        """History as plain values, for the checkpoint."""
        return {
            "losses": list(self._losses),
            "norms": list(self._norms),
            "scales": list(self._scales),
            "streaks": dict(self._streaks),
        }

    def restore(self, state: Dict[str, Any]) -> None:
        """History from `state`; a changed window keeps the newest values."""
        self._losses.clear()
        self._norms.clear()
        self._scales.clear()
        self._losses.extend(state.get("losses", []))
        self._norms.extend(state.get("norms", []))
        self._scales.extend(state.get("scales", []))
        self._streaks = dict(state.get("streaks", {}))

    def _streak(self, rule: str, active: bool) -> int:
        self._streaks[rule] = self._streaks.get(rule, 0) + 1 if active else 0
        return self._streaks[rule]

    def _loss_rules(self, step: int, loss: float) -> List[Finding]:
        t, found = self.thresholds, []
        spiking = False
        if len(self._losses) >= t.history:
            ordered = sorted(self._losses)
            median = quantile(ordered, 0.5)
            # As the Prometheus rule has it: 0.6745 standard deviations lie between median and lower quartile, and a
            # jump upwards never reaches the lower one.
            robust = (median - quantile(ordered, 0.25)) / 0.6745
            limit = max(median + t.robust_sigma * robust, t.median_ratio * median)
            spiking = loss > limit
            streak = self._streak("loss_spike", spiking)
            if spiking:
                severity = CRITICAL if streak >= t.patience else WARNING
                found.append(
                    Finding(
                        "loss_spike",
                        severity,
                        loss,
                        limit,
                        f"loss {loss:.4g} over {limit:.4g}, {streak} steps in a row (median {median:.4g})",
                    )
                )
            mean = sum(self._losses) / len(self._losses)
            deviation = math.sqrt(sum((x - mean) ** 2 for x in self._losses) / len(self._losses))
            if step > t.warn_after_step and abs(loss - mean) > t.sigma * deviation:
                found.append(
                    Finding(
                        "loss_three_sigma",
                        WARNING,
                        loss,
                        mean + math.copysign(t.sigma * deviation, loss - mean),
                        f"loss {loss:.4g} is {abs(loss - mean) / deviation if deviation else math.inf:.1f} "
                        f"sigma from its average {mean:.4g}",
                    )
                )
        if not spiking:
            self._losses.append(loss)
        return found

    def _gradient_rules(self, norm: float) -> List[Finding]:
        t, found = self.thresholds, []
        median = quantile(sorted(self._norms), 0.5) if len(self._norms) >= t.history else None
        exploding = median is not None and norm > t.explode_ratio * median
        vanishing = norm < t.vanish_absolute or (median is not None and norm < t.vanish_ratio * median)
        floor = max(t.vanish_absolute, t.vanish_ratio * (median or 0.0))
        for rule, active, limit in (
            ("gradient_explosion", exploding, t.explode_ratio * (median or 0.0)),
            ("gradient_vanishing", vanishing, floor),
        ):
            streak = self._streak(rule, active)
            if active:
                found.append(
                    Finding(
                        rule,
                        self._escalated(streak),
                        norm,
                        limit,
                        f"gradient norm {norm:.3g}, limit {limit:.3g}, {streak} steps in a row",
                    )
                )
        if not exploding and not vanishing:
            self._norms.append(norm)
        return found

    def _scale_rules(self, scale: float) -> List[Finding]:
        t = self.thresholds
        self._scales.append(scale)
        scales = list(self._scales)
        drops = sum(1 for before, after in zip(scales, scales[1:]) if after < before)
        low = scale <= t.scale_floor
        streak = self._streak("amp_scale_collapse", low or drops > t.scale_drops)
        if not streak:
            return []
        # Many drops alone are a noisy search; only a scale that stays on the floor stops the run.
        severity = self._escalated(streak) if low else WARNING
        return [
            Finding(
                "amp_scale_collapse",
                severity,
                scale,
                t.scale_floor,
                f"loss scale {scale:g} after {drops} drops in {len(scales)} steps",
            )
        ]

    def _escalated(self, streak: int) -> str:
        patience = self.thresholds.gradient_patience
        return CRITICAL if patience and streak >= patience else WARNING


@dataclass
class Rollback:
    """What to do about a critical finding: back to a checkpoint not after `to_at_most`, data forward to
    `data_position`."""

    to_at_most: int
    suspect_after: int


class RollbackPolicy:
    """Go back some steps and skip the data around the anomaly (PaLM: about 100 steps back, 200 to 500 batches skipped).

    Bounded: an anomaly that comes back on other data is a fault of the model or of the hardware, and a person must
    look.
    """

    def __init__(self, steps: int, skip_batches: int, limit: int) -> None:
        self.steps = steps
        self.skip_batches = skip_batches
        self.limit = limit

    def allowed(self, done: int) -> bool:
        """True while the run has rollbacks left."""
        return done < self.limit

    def target(self, anomaly_step: int, healthy_steps: List[int]) -> Optional[Rollback]:
        """Newest checkpoint far enough before the anomaly; failing that the oldest before it; None when there is
        none."""
        before = [s for s in healthy_steps if s < anomaly_step]
        if not before:
            return None
        far = [s for s in before if s <= anomaly_step - self.steps]
        chosen = far[-1] if far else before[0]
        return Rollback(to_at_most=chosen, suspect_after=chosen)

    def skip(self, checkpoint_position: int, anomaly_position: int, global_batch: int) -> "tuple[int, int]":
        """Interval of data positions never to be read again: the asked batches, and at least all up to the
        anomaly's."""
        return checkpoint_position, max(
            checkpoint_position + self.skip_batches * global_batch, anomaly_position + global_batch
        )


def describe(findings: List[Finding]) -> List[Dict[str, Any]]:
    """Findings as plain values for a log line; non-finite numbers as text, so that the line stays JSON."""
    return [
        {k: (repr(v) if isinstance(v, float) and not math.isfinite(v) else v) for k, v in asdict(f).items()}
        for f in findings
    ]
