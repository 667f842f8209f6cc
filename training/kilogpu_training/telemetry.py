"""What a run tells the world while it trains: metric values, log lines, TrainJob status, Weights & Biases, profiler
traces."""

import os
import time
from typing import Any, Dict, List, Optional

import torch

from .anomaly import Finding, describe
from .checkpoint import RunJournal
from .config import TrainConfig
from .distributed import World
from .metrics import Metrics, MetricsServer, resident_bytes
from .report import TrainJobStatus, log, wandb_run


class Telemetry:
    """Job-level values on rank 0; per-rank values on local rank 0 of each node, for the ranks of its node: one port
    per pod."""

    def __init__(self, config: TrainConfig, world: World, flops_per_token: float) -> None:
        self.config = config
        self.world = world
        self.flops_per_token = flops_per_token
        job = os.environ.get("KILOGPU_JOB_NAME", "")
        self.metrics = Metrics({"job_name": job} if job else {})
        self.server: Optional[MetricsServer] = None
        if config.metrics_port >= 0 and world.local_rank == 0:
            self.server = MetricsServer(self.metrics, config.metrics_port)
        self._status = TrainJobStatus() if world.first else None
        self._wandb = wandb_run(vars(config), f"{job or 'run'}-{config.seed}") if world.first else None
        self._step_seconds = 0.0
        self._profiler: Any = None

    def set(self, name: str, value: float) -> None:
        """A job-level value; only rank 0 has any."""
        if self.world.first:
            self.metrics.set(name, value, rank="0")

    def add(self, name: str, value: float) -> None:
        """Adds to a job-level counter."""
        if self.world.first:
            self.metrics.add(name, value, rank="0")

    def start(self, journal: RunJournal) -> None:
        """Counters begin where the run's last process left them, or at 0, so that increase() sees the first event."""
        for name in (
            "train_nonfinite_steps_total",
            "train_checkpoint_failures_total",
            "train_anomalies_total",
            "train_step_seconds_total",
            "train_data_wait_seconds_total",
            "train_tokens_total",
            "train_checkpoint_stall_seconds_total",
        ):
            self.add(name, 0)
        self.set("train_restarts_total", journal.restarts)
        self.set("train_rollbacks_total", len(journal.rollbacks))
        self.set("train_world_size", self.world.size)
        self.accounts(journal)

    def accounts(self, journal: RunJournal) -> None:
        """Productive and lost time."""
        self.set("train_productive_seconds_total", journal.productive_seconds)
        self.set("train_lost_seconds_total", journal.lost_seconds)

    def step(
        self,
        step: int,
        loss: float,
        norm: float,
        scale: Optional[float],
        rate: float,
        seconds: float,
        waited: float,
        trained: bool,
    ) -> None:
        """Values of one finished step. `step` counts finished steps."""
        self._step_seconds = seconds if not self._step_seconds else 0.9 * self._step_seconds + 0.1 * seconds
        tokens = self.config.global_batch * self.config.sequence_length
        self.set("train_loss", loss)
        self.set("train_grad_norm", norm)
        self.set("train_learning_rate", rate)
        self.set("train_step", step)
        if scale is not None:
            self.set("train_amp_loss_scale", scale)
            self.add("train_amp_skipped_steps_total", 0 if trained else 1)
        self.add("train_step_seconds_total", seconds)
        self.add("train_data_wait_seconds_total", waited)
        self.add("train_tokens_total", tokens if trained else 0)
        self.set("train_checkpoint_interval_seconds", self.checkpoint_interval())
        if self.config.gpu_peak_tflops:
            self.set("train_mfu_ratio", self.mfu())

    def checkpoint_interval(self) -> float:
        """Seconds between checkpoints: the shorter of the two triggers."""
        by_steps = self.config.checkpoint_interval_steps * self._step_seconds
        times = [t for t in (by_steps, self.config.checkpoint_interval_seconds) if t > 0]
        return min(times) if times else 0.0

    def mfu(self) -> float:
        """Model FLOPs utilisation of the recent steps, 0 to 1."""
        tokens = self.config.global_batch * self.config.sequence_length
        return (
            tokens * self.flops_per_token / (self._step_seconds * self.config.gpu_peak_tflops * 1e12 * self.world.size)
        )

    def interval(
        self, step: int, loss: float, norm: float, rate: float, compute_seconds: float, progress: Dict[str, float]
    ) -> None:
        """Every few steps, on all ranks: gathers per-rank values, writes the log line and the statuses."""
        rows = self.world.gather([compute_seconds, *self._memory(), resident_bytes()])
        if self.world.local_rank == 0:
            first = self.world.rank
            for rank in range(first, min(first + self.world.local_size, self.world.size)):
                self._rank_values(rank, rows[rank])
        if not self.world.first:
            return
        values = {
            "loss": loss,
            "grad_norm": norm,
            "learning_rate": rate,
            "step_seconds": self._step_seconds,
            **progress,
        }
        if self.config.gpu_peak_tflops:
            values["mfu"] = self.mfu()
        slowest = max(range(len(rows)), key=lambda r: rows[r][0])
        log("step", step=step, slowest_rank=slowest, slowest_compute_seconds=rows[slowest][0], **values)
        if self._status:
            self._status.update(
                step,
                self.config.steps,
                (self.config.steps - step) * self._step_seconds,
                {f"train_{k}": v for k, v in values.items()},
            )
        if self._wandb:
            self._wandb.log(values, step=step)

    def findings(self, step: int, findings: List[Finding]) -> None:
        """Counts and logs what the anomaly rules say."""
        for finding in findings:
            self.metrics.add("train_anomalies_total", 1, rank="0", rule=finding.rule, severity=finding.severity)
            if finding.rule == "non_finite":
                self.add("train_nonfinite_steps_total", 1)
        if findings:
            log("anomaly", step=step, findings=describe(findings))

    def profile(self, step: int) -> None:
        """Starts and stops torch.profiler around the asked steps, on rank 0."""
        span = self.config.profile_steps
        if not span or not self.world.first:
            return
        if step == span[0]:
            kinds = [torch.profiler.ProfilerActivity.CPU]
            if torch.cuda.is_available():
                kinds.append(torch.profiler.ProfilerActivity.CUDA)
            self._profiler = torch.profiler.profile(activities=kinds, record_shapes=True)
            self._profiler.start()
        elif step == span[1]:
            self._stop_profiler()

    def close(self) -> None:
        """Sends what is still unsent."""
        self._stop_profiler()
        if self._status:
            self._status.close()
        if self._wandb:
            self._wandb.finish()
        if self.server:
            self.server.close()

    def _stop_profiler(self) -> None:
        if self._profiler is not None:
            self._profiler.stop()
            os.makedirs(self.config.profile_dir, exist_ok=True)
            path = os.path.join(self.config.profile_dir, f"trace-{int(time.time())}.json")
            self._profiler.export_chrome_trace(path)
            self._profiler = None
            log("profile", path=path)

    def _memory(self) -> List[float]:
        if self.world.device.type != "cuda":
            return [0.0, 0.0, 0.0]
        device = self.world.device
        return [
            float(torch.cuda.memory_allocated(device)),
            float(torch.cuda.memory_reserved(device)),
            float(torch.cuda.get_device_properties(device).total_memory),
        ]

    def _rank_values(self, rank: int, row: List[float]) -> None:
        compute, allocated, reserved, total, resident = row
        self.metrics.set("train_rank_compute_seconds", compute, rank=str(rank))
        if total:
            self.metrics.set("train_gpu_memory_allocated_bytes", allocated, rank=str(rank))
            self.metrics.set("train_gpu_memory_reserved_bytes", reserved, rank=str(rank))
            self.metrics.set("train_gpu_memory_total_bytes", total, rank=str(rank))
        if resident:
            self.metrics.set("train_process_resident_bytes", resident, rank=str(rank))
