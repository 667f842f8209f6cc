"""Where a run's progress goes besides Prometheus: JSON lines, the TrainJob's status, Weights & Biases."""

import json
import math
import os
import ssl
import sys
import threading
import time
import urllib.request
from datetime import datetime, timezone
from typing import Any, Dict, Optional


def log(event: str, **values: Any) -> None:
    """One JSON object per line on standard output, written at once: what log collectors and the tests read."""
    clean = {k: (repr(v) if isinstance(v, float) and not math.isfinite(v) else v) for k, v in values.items()}
    # One write: lines of ranks that share a pipe must not mix.
    sys.stdout.write(json.dumps({"event": event, **clean}) + "\n")
    sys.stdout.flush()


class TrainJobStatus:
    """Reports progress into `status.trainerStatus` of the TrainJob (Kubeflow Trainer, feature gate TrainJobStatus).

    Works when the controller injected KUBEFLOW_TRAINER_SERVER_URL, …_CA_CERT and …_TOKEN, else does nothing. A slow or
    failing
    controller never slows training: one background thread sends the newest status only, every 5 s at most.
    """

    def __init__(self, environment: Optional[Dict[str, str]] = None, minimum_seconds: float = 5.0) -> None:
        env = dict(os.environ) if environment is None else environment
        self._url = env.get("KUBEFLOW_TRAINER_SERVER_URL", "")
        self._ca = env.get("KUBEFLOW_TRAINER_SERVER_CA_CERT", "")
        self._token = env.get("KUBEFLOW_TRAINER_SERVER_TOKEN", "")
        self._minimum_seconds = minimum_seconds
        self._changed = threading.Condition()
        self._newest: Optional[Dict[str, Any]] = None
        self._closing = False
        self._thread: Optional[threading.Thread] = None
        self.failures = 0
        if self._url:
            self._thread = threading.Thread(target=self._run, name="trainjob-status", daemon=True)
            self._thread.start()

    @staticmethod
    def payload(step: int, steps: int, seconds_left: float, metrics: Dict[str, float]) -> Dict[str, Any]:
        """The request body; values are strings by the API."""
        return {
            "trainerStatus": {
                "progressPercentage": min(100, int(100 * step / steps)),
                "estimatedRemainingSeconds": max(0, int(seconds_left)),
                "metrics": [{"name": k, "value": f"{v:.6g}"} for k, v in sorted(metrics.items())],
                "lastUpdatedTime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        }

    def update(self, step: int, steps: int, seconds_left: float, metrics: Dict[str, float]) -> None:
        """Queues a status; returns at once."""
        if self._thread is not None:
            with self._changed:
                self._newest = self.payload(step, steps, seconds_left, metrics)
                self._changed.notify()

    def close(self) -> None:
        """Sends the last status and stops, in 6 s at most."""
        if self._thread is not None:
            with self._changed:
                self._closing = True
                self._changed.notify()
            self._thread.join(timeout=6)
            self._thread = None

    def _run(self) -> None:
        last_sent = -math.inf
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._newest is not None)
                pause = last_sent + self._minimum_seconds - time.monotonic()
                if pause > 0:
                    self._changed.wait_for(lambda: self._closing, timeout=pause)
                body, self._newest, closing = self._newest, None, self._closing
            if body is not None:
                self._send(body)
                last_sent = time.monotonic()
            if closing:
                return

    def _send(self, body: Dict[str, Any]) -> None:
        try:
            with open(self._token, encoding="utf-8") as source:
                token = source.read().strip()  # read each time: the kubelet rotates it
            context = ssl.create_default_context(cafile=self._ca) if self._url.startswith("https") else None
            request = urllib.request.Request(
                self._url,
                data=json.dumps(body).encode(),
                method="POST",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            urllib.request.urlopen(request, timeout=5, context=context).close()
        except Exception as error:
            self.failures += 1
            if self.failures in (1, 10, 100):
                log("status_failed", error=str(error), failures=self.failures)


def wandb_run(config: Dict[str, Any], run_id: str) -> Any:
    """A Weights & Biases run when the package is there and WANDB_API_KEY or WANDB_MODE asks for it; else None."""
    if not (os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_MODE")):
        return None
    try:
        import wandb
    except ImportError:
        log("wandb_missing", remedy="install wandb in the image, or unset WANDB_API_KEY and WANDB_MODE")
        return None
    return wandb.init(project=os.environ.get("WANDB_PROJECT", "kilogpu"), id=run_id, resume="allow", config=config)
