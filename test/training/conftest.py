"""Shared by the training tests: the package on the path, and a launcher of small runs."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional

import pytest
import torch
import torch.distributed

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ROOT / "training"
sys.path.insert(0, str(TRAINING))

# torch 1.13 on Python 3.11 fails on its own defaults for --redirects and --tee; 1 (stdout) is legal in every version.
TORCHRUN = [
    sys.executable,
    "-m",
    "torch.distributed.run",
    "--redirects",
    "1",
    "--tee",
    "1",
    "--monitor_interval",
    "0.1",
    "--master_addr",
    "127.0.0.1",
]
SMALL = [
    "--preset",
    "tiny",
    "--sequence-length",
    "32",
    "--global-batch",
    "8",
    "--micro-batch",
    "2",
    "--warmup-steps",
    "5",
    "--learning-rate",
    "3e-3",
    "--log-interval",
    "1",
    "--decay-steps",
    "100",
    "--dropout",
    "0.1",
    "--anomaly-history",
    "8",
]


def torchrun_works() -> bool:
    """False for Debian's PyTorch 2.6, built without the libuv that torchrun asks for."""
    try:
        torch.distributed.TCPStore("127.0.0.1", 0, 1, True)
        return True
    except RuntimeError as error:
        if "libuv" in str(error):
            return False
        raise


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Run:
    """A finished or running job: its events, exit codes and folder."""

    def __init__(self, folder: Path, processes: List["subprocess.Popen[str]"]) -> None:
        self.folder = folder
        self.processes = processes
        self.codes: List[int] = []
        self.text = ""
        self.errors = ""

    def finish(self, timeout: float = 900) -> "Run":
        """Waits for the end. The bound is against a hang, not a measure: a busy machine is ten times slower."""
        for process in self.processes:
            out, err = process.communicate(timeout=timeout)
            self.text += out
            self.errors += err
        self.codes = [p.returncode for p in self.processes]
        return self

    def events(self, kind: Optional[str] = None) -> List[dict]:
        found = []
        for line in self.text.splitlines():
            start = line.find('{"event"')
            if start >= 0:
                found.append(json.loads(line[start:]))
        return [e for e in found if kind is None or e["event"] == kind]

    def losses(self) -> Dict[int, float]:
        """Loss by step; of a step that was done twice the last."""
        return {e["step"]: e["loss"] for e in self.events("step")}

    def journal(self) -> dict:
        return json.loads((self.folder / "run.json").read_text())

    def ok(self) -> "Run":
        assert set(self.codes) == {0}, f"exit codes {self.codes}\n{self.text}\n{self.errors}"
        return self


@pytest.fixture
def launch(tmp_path):
    """Starts a job of `ranks` processes. Leaves nothing running."""
    started: List["subprocess.Popen[str]"] = []

    def start(
        *flags: str,
        ranks: int = 2,
        faults: str = "",
        torchrun: bool = False,
        name: str = "ck",
        entry: Optional[Path] = None,
        wait: bool = True,
    ) -> Run:
        entry = entry or TRAINING / "gpt2.py"
        folder = tmp_path / name
        command = [str(entry), *SMALL, "--checkpoint-dir", str(folder), *flags]
        # Debian builds PyTorch without libuv, which 2.4 and newer ask for by default.
        env = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "USE_LIBUV": "0",
            "KILOGPU_FAULTS": faults,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for name_ in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "KUBEFLOW_TRAINER_SERVER_URL", "WANDB_API_KEY", "WANDB_MODE"):
            env.pop(name_, None)
        port = str(free_port())
        if torchrun and not torchrun_works():
            pytest.skip("this PyTorch's torchrun cannot start: built without libuv")
        if torchrun:
            lines = [
                [
                    *TORCHRUN,
                    "--master_port",
                    port,
                    "--nproc_per_node",
                    str(ranks),
                    "--max_restarts",
                    "3",
                    "--log_dir",
                    str(tmp_path / "logs"),
                    *command,
                ]
            ]
            environments = [env]
        else:
            lines = [[sys.executable, *command]] * ranks
            environments = (
                [env]
                if ranks == 1
                else [
                    {
                        **env,
                        "RANK": str(r),
                        "LOCAL_RANK": str(r),
                        "WORLD_SIZE": str(ranks),
                        "LOCAL_WORLD_SIZE": str(ranks),
                        "MASTER_ADDR": "127.0.0.1",
                        "MASTER_PORT": port,
                    }
                    for r in range(ranks)
                ]
            )
        processes = []
        for line, environment in zip(lines, environments):
            processes.append(
                subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            started.append(processes[-1])
        run = Run(folder, processes)
        return run.finish() if wait else run

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
