"""The training loop: train, watch, checkpoint, roll back, stop in order. Each part's rules are in its own module."""

import math
import os
import time
from typing import Any, Dict, List, Optional

import torch

from .anomaly import CRITICAL, AnomalyDetector, Finding, RollbackPolicy, Thresholds
from .checkpoint import CheckpointStore, RunJournal
from .config import TrainConfig
from .data import ShardedLoader, open_source
from .distributed import World, broadcast_training_state
from .faults import Faults
from .model import build
from .optim import learning_rate, resolve_precision
from .report import log
from .step import StepRunner
from .telemetry import Telemetry

EXIT_ANOMALY = 65  # the run is sick and rollbacks are spent: a restart would not help
EXIT_STORAGE = 74  # the last checkpoint could not be written

GO_ON, ROLL_BACK, GIVE_UP = 0.0, 1.0, 2.0


class InputError(Exception):
    """The user's mistake; the message says what to change."""


class Trainer:
    """One rank of a run."""

    def __init__(self, config: TrainConfig, world: World, born: float) -> None:
        self.config = config
        self.world = world
        self.stopping = False
        self.step = 0
        self._born = born
        self._last_saved_at = time.monotonic()
        self._last_saved_step = -1
        torch.manual_seed(config.seed)
        if config.deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)
        if world.device.type == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = True
            torch.backends.cudnn.allow_tf32 = True
        self.source = open_source(config.data_dir, config.sequence_length, config.vocab_size)
        self.loader = ShardedLoader(
            self.source,
            config.global_batch,
            config.micro_batch,
            world.rank,
            world.size,
            config.seed,
            device=world.device,
        )
        self.faults = Faults(os.environ.get("KILOGPU_FAULTS", ""), world.rank, config.checkpoint_dir)
        model, _ = build(config.preset, config.vocab_size, config.sequence_length, config.dropout, config.recompute)
        self.precision = resolve_precision(config, world.device)
        self.runner = StepRunner(config, world, model, self.precision, self.faults)
        self.telemetry = Telemetry(config, world, model.flops_per_token())
        self.policy = RollbackPolicy(config.rollback_steps, config.skip_batches, config.max_rollbacks)
        self.detector = AnomalyDetector(
            Thresholds(
                window=config.anomaly_window,
                history=config.anomaly_history,
                patience=config.anomaly_patience,
                gradient_patience=config.gradient_patience,
                warn_after_step=config.warn_after_step,
            )
        )
        self.store: Optional[CheckpointStore] = None
        self.journal: Optional[RunJournal] = None
        if world.first:
            try:
                self.store = CheckpointStore(
                    config.checkpoint_dir,
                    config.keep_checkpoints,
                    config.checkpoint_async,
                    max(1, config.rollback_steps // 2),
                    self._saved,
                    self._save_failed,
                )
                self.journal = RunJournal(config.checkpoint_dir)
                self.journal.write()
            except OSError as error:
                raise InputError(
                    f"--checkpoint-dir {config.checkpoint_dir}: cannot write ({error}); give a folder with "
                    "space and write access"
                ) from error

    # Start, loop, end

    def run(self) -> int:
        """Trains to the last step, or to a signal; returns the exit code."""
        self._resume()
        self.runner.connect()
        try:
            return self._train()
        finally:
            self.loader.close()
            self.telemetry.close()

    def _resume(self) -> None:
        resumed = self._load(None, [])
        if self.journal and self.store:
            down = time.time() - self.journal.alive_at if self.journal.alive_at else time.time() - self._born
            self.journal.lost_seconds += max(0.0, down)
            self.journal.finished = False
            self._write_journal()
            self.telemetry.start(self.journal)
            if resumed:
                # Else the alert on the checkpoint's age has no series to look at until the next one.
                self.telemetry.set(
                    "train_checkpoint_last_success_timestamp_seconds", self.store.verify(self.step)["createdAt"]
                )
                self.telemetry.set("train_checkpoint_last_step", self.step)
            for step, reason in self.store.rejected:
                log("checkpoint_rejected", step=step, reason=reason)
            log(
                "start",
                step=self.step,
                resumed=resumed,
                position=self.loader.position,
                world_size=self.world.size,
                restarts=self.journal.restarts,
                device=str(self.world.device),
                precision=self.precision,
                parameters=self.runner.model.parameter_count(),
                data_sequences=len(self.source),
                metrics_port=self.telemetry.server.port if self.telemetry.server else None,
            )
        if not resumed:
            # Proves that storage can be written before GPU hours are spent, and gives the first rollback a place to go.
            self._save(final=False)

    def _train(self) -> int:
        config = self.config
        while self.step < config.steps:
            began = time.perf_counter()
            self.telemetry.profile(self.step)
            position = self.loader.position
            batches = self.loader.take()
            waited = time.perf_counter() - began
            share = self.runner.gradients(self.step, batches)
            norm = self.runner.clip()
            loss, stops = self.world.sum([share, 1.0 if self.stopping else 0.0])
            decision, due, findings = self._decide(loss, norm)
            if decision != GO_ON:
                self.runner.discard()
                reason = "; ".join(f.message for f in findings if f.severity == CRITICAL)
                if decision == GIVE_UP or not self._roll_back(position, reason):
                    if self.world.first:
                        log(
                            "given_up",
                            step=self.step,
                            reason=reason,
                            remedy="look at data and hardware; no rollback or no good checkpoint is left",
                        )
                    return EXIT_ANOMALY
                continue
            rate = learning_rate(self.step, config)
            scale = self.runner.scale()
            trained = self.runner.update(self.step)
            self.step += 1
            self._account(time.perf_counter() - began)
            self.telemetry.step(self.step, loss, norm, scale, rate, time.perf_counter() - began, waited, trained)
            if self.step % config.log_interval == 0 or self.step == config.steps:
                self._report(loss, norm, rate)
            if stops > 0:
                return self._end(config.preempt_exit_code, "preempted")
            if due > 0 and self.step < config.steps:
                self._save(final=False)
        return self._end(0, "finished")

    def _end(self, code: int, event: str) -> int:
        saved = True
        if self.store:
            try:
                self.store.wait()
            except Exception:
                self._last_saved_step = -1  # a background write failed, and was logged then
            saved = self._last_saved_step == self.step or self._save(final=True)
        if self.journal:
            self.journal.finished = event == "finished"
            self._write_journal()
            log(
                event,
                step=self.step,
                exit_code=code if saved else EXIT_STORAGE,
                productive_seconds=self.journal.productive_seconds,
                lost_seconds=self.journal.lost_seconds,
            )
        # Every rank leaves with the same code, and none before the checkpoint stands.
        return int(self.world.from_first([float(code if saved else EXIT_STORAGE)])[0])

    # Decisions: rank 0 takes them, all ranks follow

    def _decide(self, loss: float, norm: float) -> "tuple[float, float, List[Finding]]":
        findings: List[Finding] = []
        answer = [GO_ON, 0.0]
        if self.world.first:
            assert self.journal is not None
            findings = self.detector.observe(self.step, loss, norm, self.runner.scale())
            self.telemetry.findings(self.step, findings)
            if any(f.severity == CRITICAL for f in findings):
                answer[0] = ROLL_BACK if self.policy.allowed(len(self.journal.rollbacks)) else GIVE_UP
            answer[1] = float(self._checkpoint_due())
        decision, due = self.world.from_first(answer)
        return decision, due, findings

    def _checkpoint_due(self) -> bool:
        config, after = self.config, self.step + 1
        by_steps = config.checkpoint_interval_steps > 0 and after % config.checkpoint_interval_steps == 0
        by_time = (
            config.checkpoint_interval_seconds > 0
            and time.monotonic() - self._last_saved_at >= config.checkpoint_interval_seconds
        )
        return by_steps or by_time

    def _roll_back(self, anomaly_position: int, reason: str) -> bool:
        began, anomaly_step = time.perf_counter(), self.step
        target: Optional[int] = None
        if self.store:
            self.store.wait(raise_errors=False)
            plan = self.policy.target(anomaly_step, self.store.steps())
            target = plan.to_at_most if plan else -1
        if not self._load(target, [], anomaly_position):
            return False
        self.detector.after_rollback()
        self.faults.on_rollback()
        self._last_saved_step = -1
        if self.store and self.journal:
            suspects = self.store.mark_suspect(self.step, reason)
            self.journal.rollbacks.append(
                {"atStep": anomaly_step, "toStep": self.step, "reason": reason, "at": time.time()}
            )
            self.journal.lost_seconds += time.perf_counter() - began
            self._write_journal()
            self.telemetry.set("train_rollbacks_total", len(self.journal.rollbacks))
            self.telemetry.accounts(self.journal)
            log(
                "rollback",
                from_step=anomaly_step,
                to_step=self.step,
                position=self.loader.position,
                suspects=suspects,
                reason=reason,
                rollbacks=len(self.journal.rollbacks),
            )
        return True

    # State in and out

    def _tensors(self) -> Dict[str, Any]:
        # Of the optimiser only its moments: rates and decay come from the flags, which the user may have changed on
        # purpose.
        return {"model": dict(self.runner.model.state_dict()), "optimizer": self.runner.optimizer.state_dict()["state"]}

    def _facts(self) -> Dict[str, Any]:
        return {
            "scaler": self.runner.scaler.state_dict(),
            "step": self.step,
            "position": self.loader.position,
            "data": self._data_identity(),
            "world_size": self.world.size,
            "seed": self.config.seed,
            "detector": self.detector.state(),
        }

    def _data_identity(self) -> str:
        return f"{self.source.fingerprint}:{self.source.length}:{self.config.seed}"

    def _load(self, at_most: Optional[int], skips: List[Any], anomaly_position: Optional[int] = None) -> bool:
        """Newest good state not after `at_most` to all ranks; False when there is none. Raises InputError on every
        rank alike."""
        facts: Optional[Dict[str, Any]] = None
        if self.store and self.journal:
            loaded = self.store.load_newest(at_most)
            if loaded:
                facts = self._apply(*loaded)
                if anomaly_position is not None and "error" not in facts:
                    self.journal.skips.append(
                        self.policy.skip(facts["position"], anomaly_position, self.config.global_batch)
                    )
            elif at_most is None and self.store.rejected:
                reasons = "; ".join(reason for _, reason in self.store.rejected)
                facts = {
                    "error": f"--checkpoint-dir {self.config.checkpoint_dir}: no checkpoint there can be read "
                    f"({reasons}); mend storage, or start over in an empty folder"
                }
            facts = {**(facts or {"step": None, "position": 0}), "skips": self.journal.skips}
        facts = self.world.object_from_first(facts)
        assert facts is not None
        if "error" in facts:
            raise InputError(facts["error"])
        if facts["step"] is None:
            if at_most is None:
                self.loader.seek(0, facts["skips"])
            return False
        broadcast_training_state(self.world, self.runner.model, self.runner.optimizer)
        self.runner.scaler.load_state_dict(facts["scaler"])
        self.step = facts["step"]
        self.loader.seek(facts["position"], facts["skips"])
        return True

    def _apply(self, tensors: Dict[str, Any], state: Dict[str, Any]) -> Dict[str, Any]:
        if state["data"] != self._data_identity() and not self.config.allow_data_change:
            return {
                "error": "--data-dir, --sequence-length or --seed: not those of the checkpoint in "
                f"{self.config.checkpoint_dir}, so its data "
                "position means nothing; restore them, or pass --allow-data-change to go on at that position"
            }
        try:
            self.runner.model.load_state_dict(tensors["model"])
            groups = self.runner.optimizer.state_dict()["param_groups"]
            self.runner.optimizer.load_state_dict({"state": tensors["optimizer"], "param_groups": groups})
        except (KeyError, RuntimeError, ValueError) as error:
            return {
                "error": "--preset, --vocab-size: another model than the checkpoint's in "
                f"{self.config.checkpoint_dir} ({str(error).splitlines()[0]}); "
                "use the same, or another --checkpoint-dir"
            }
        self.detector.restore(state["detector"])
        scaler = (
            state["scaler"]
            if bool(state["scaler"]) == self.runner.scaler.is_enabled()
            else self.runner.scaler.state_dict()
        )
        return {"step": state["step"], "position": state["position"], "scaler": scaler}

    def _save(self, final: bool) -> bool:
        """Checkpoints on rank 0. A failed write is counted and trained past, unless it is the last: the alert on its
        age calls a person."""
        self._last_saved_at = time.monotonic()
        if not self.store or not self.journal:
            return True
        began, saved = time.perf_counter(), True
        try:
            self.store.prove_good(self.step - self.config.rollback_steps)
            self.store.save(self.step, self._tensors(), self._facts(), force_sync=final or self.step == 0)
            self._last_saved_step = self.step
        except Exception as error:
            saved = False
            if self.step == 0:
                raise InputError(
                    f"--checkpoint-dir {self.config.checkpoint_dir}: cannot write ({error}); give a folder with "
                    "space and write access"
                ) from error
        stalled = time.perf_counter() - began
        self.telemetry.add("train_checkpoint_stall_seconds_total", stalled)
        self.journal.lost_seconds += stalled
        self.telemetry.accounts(self.journal)
        self._write_journal()
        return saved

    def _saved(self, step: int, seconds: float) -> None:
        assert self.store is not None
        self.telemetry.set("train_checkpoint_last_success_timestamp_seconds", time.time())
        self.telemetry.set("train_checkpoint_last_step", step)
        self.telemetry.set("train_checkpoint_write_seconds", seconds)
        log("checkpoint", step=step, seconds=seconds)
        self.faults.on_saved(step, self.store.path(step))

    def _save_failed(self, step: int, error: BaseException) -> None:
        self.telemetry.add("train_checkpoint_failures_total", 1)
        log("checkpoint_failed", step=step, error=str(error))

    # Accounts

    def _account(self, seconds: float) -> None:
        """A step moves the run forward the first time it is done; done again, it pays for what was lost."""
        if not self.journal:
            return
        if self.step > self.journal.high_water_step:
            self.journal.high_water_step = self.step
            self.journal.productive_seconds += seconds
        else:
            self.journal.lost_seconds += seconds
        self.telemetry.accounts(self.journal)

    def _report(self, loss: float, norm: float, rate: float) -> None:
        progress = {}
        if self.journal:
            total = self.journal.productive_seconds + self.journal.lost_seconds
            progress = {"effective_time_ratio": self.journal.productive_seconds / total if total else math.nan}
            self._write_journal()
        self.telemetry.interval(self.step, loss, norm, rate, self.runner.timer.seconds(), progress)

    def _write_journal(self) -> None:
        assert self.journal is not None
        try:
            self.journal.write()
        except OSError as error:
            log("journal_failed", error=str(error))
