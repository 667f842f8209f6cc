"""The training metric contract as Prometheus text, on the standard library's HTTP server.

Names, types and help are in CONTRACT: alerts and dashboards are built on exactly these. Series appear with their first
value, so an
absent subsystem (no fp16, no GPU, no checkpoint yet) shows as an absent series, never as a zero that would trip an
alert.
"""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Dict, Mapping, Optional, Tuple

CONTRACT: Dict[str, Tuple[str, str]] = {
    "train_loss": ("gauge", "Mean loss of the last step over all ranks, nats."),
    "train_grad_norm": ("gauge", "Gradient norm before clipping."),
    "train_amp_loss_scale": ("gauge", "Loss scale of fp16 training; absent otherwise."),
    "train_learning_rate": ("gauge", "Learning rate of the last step."),
    "train_step": ("gauge", "Last finished optimiser step."),
    "train_world_size": ("gauge", "Ranks in the job."),
    "train_mfu_ratio": ("gauge", "Model FLOPs utilisation, 0 to 1; absent when the GPU's peak was not given."),
    "train_nonfinite_steps_total": ("counter", "Steps whose loss, or without fp16 whose gradients, were not finite."),
    "train_amp_skipped_steps_total": ("counter", "Steps that the loss scaler skipped."),
    "train_step_seconds_total": ("counter", "Wall seconds in steps, data wait included."),
    "train_data_wait_seconds_total": ("counter", "Wall seconds that rank 0 waited for data."),
    "train_tokens_total": ("counter", "Tokens trained on, all ranks."),
    "train_anomalies_total": ("counter", "Findings of the anomaly rules."),
    "train_rollbacks_total": ("counter", "Rollbacks to an earlier checkpoint."),
    "train_restarts_total": ("counter", "Starts of this run after its first."),
    "train_rank_compute_seconds": (
        "gauge",
        "Forward and backward time of a rank in the last step, collectives left out.",
    ),
    "train_checkpoint_last_success_timestamp_seconds": ("gauge", "Unix time of the newest checkpoint on storage."),
    "train_checkpoint_last_step": ("gauge", "Step of the newest checkpoint on storage."),
    "train_checkpoint_interval_seconds": (
        "gauge",
        "Time between checkpoints, as configured or as it follows from the step time.",
    ),
    "train_checkpoint_write_seconds": ("gauge", "How long the last checkpoint took to reach storage."),
    "train_checkpoint_stall_seconds_total": ("counter", "Wall seconds that training stood still for checkpoints."),
    "train_checkpoint_failures_total": ("counter", "Checkpoints that could not be written."),
    "train_productive_seconds_total": ("counter", "Wall seconds in steps that moved the run forward."),
    "train_lost_seconds_total": ("counter", "Wall seconds down, restarting, writing checkpoints or redoing steps."),
    "train_gpu_memory_allocated_bytes": ("gauge", "GPU memory held by tensors."),
    "train_gpu_memory_reserved_bytes": ("gauge", "GPU memory held by PyTorch's allocator."),
    "train_gpu_memory_total_bytes": ("gauge", "GPU memory of the device."),
    "train_process_resident_bytes": ("gauge", "Host memory of the rank's process."),
}


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))


class Metrics:
    """Values of this process's series. Safe to set from one thread and read from another."""

    def __init__(self, labels: Optional[Mapping[str, str]] = None) -> None:
        """`labels` go on every series. Namespace and pod are left to the scraper, which knows them better."""
        self._labels = dict(labels or {})
        self._series: Dict[Tuple[str, Tuple[Tuple[str, str], ...]], float] = {}
        self._lock = threading.Lock()

    def set(self, name: str, value: float, **labels: str) -> None:
        """Sets a gauge, or brings a counter to a known total."""
        with self._lock:
            self._series[self._key(name, labels)] = float(value)

    def add(self, name: str, value: float, **labels: str) -> None:
        """Adds to a counter."""
        if CONTRACT[name][0] != "counter" or value < 0:
            raise ValueError(f"{name}: counters only, and never down (got {value})")
        with self._lock:
            key = self._key(name, labels)
            self._series[key] = self._series.get(key, 0.0) + value

    def get(self, name: str, **labels: str) -> Optional[float]:
        """The value of a series, None when it has none."""
        with self._lock:
            return self._series.get(self._key(name, labels))

    def render(self) -> str:
        """Prometheus text format 0.0.4."""
        with self._lock:
            series = sorted(self._series.items())
        lines, previous = [], None
        for (name, labels), value in series:
            if name != previous:
                kind, help_text = CONTRACT[name]
                lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
                previous = name
            inside = ",".join(f'{k}="{_escape(v)}"' for k, v in labels)
            lines.append(f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}")
        return "\n".join(lines) + "\n"

    def _key(self, name: str, labels: Mapping[str, str]) -> Tuple[str, Tuple[Tuple[str, str], ...]]:
        if name not in CONTRACT:
            raise KeyError(f"{name} is not in the metric contract")
        return name, tuple(sorted({**self._labels, **labels}.items()))


class MetricsServer:
    """Serves `/metrics`, and `/healthz` for a probe. `port` 0 takes a free one; the real one is in `port`."""

    def __init__(self, metrics: Metrics, port: int, address: str = "") -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = {"/metrics": metrics.render, "/healthz": lambda: "ok\n"}
                page = known.get(self.path.partition("?")[0])
                body = (page() if page else "not found\n").encode()
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass  # a scrape every 15 s would bury the training log

        self._server = ThreadingHTTPServer((address, port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()


def resident_bytes() -> float:
    """Resident memory of this process; 0 where /proc is missing."""
    try:
        with open("/proc/self/statm", encoding="ascii") as source:
            return float(int(source.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError):
        return 0.0
