"""Checkpoint store: nothing half-written is ever read, and the right ones are kept."""

import json
import os
import shutil

import pytest
import torch
from kilogpu_training import checkpoint as module
from kilogpu_training.checkpoint import CheckpointCorrupt, CheckpointStore, RunJournal, Snapshot


def tensors(value):
    return {"model": {"w": torch.full((32, 32), float(value))}, "optimizer": {0: {"exp_avg": torch.ones(4) * value}}}


def fill(store, *steps):
    for step in steps:
        store.save(step, tensors(step), {"step": step, "rate": 0.1})


def test_round_trip_keeps_tensors_and_facts(tmp_path):
    store = CheckpointStore(tmp_path)
    fill(store, 5)
    loaded, facts = CheckpointStore(tmp_path).load_newest()
    assert torch.equal(loaded["model"]["w"], tensors(5)["model"]["w"])
    assert torch.equal(loaded["optimizer"][0]["exp_avg"], torch.ones(4) * 5)
    assert facts == {"step": 5, "rate": 0.1}


@pytest.mark.parametrize("name", ["tensors.pt", "facts.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_any_damage_to_any_file_falls_back_to_the_one_before(tmp_path, name, damage):
    store = CheckpointStore(tmp_path)
    fill(store, 1, 2)
    path = os.path.join(store.path(2), name)
    if damage == "remove":
        os.remove(path)
    else:
        content = bytearray(open(path, "rb").read())
        if damage == "flip":
            content[len(content) // 2] ^= 0xFF
        else:
            content = content[: len(content) // 2]
        open(path, "wb").write(content)
    assert store.load_newest()[1]["step"] == 1
    assert [s for s, _ in store.rejected] == [2]
    with pytest.raises(CheckpointCorrupt):
        store.verify(2)


@pytest.mark.parametrize("background", [False, True])
def test_crash_at_every_file_operation_leaves_a_whole_checkpoint(tmp_path, background, monkeypatch):
    """Dies at the n-th flush, rename or folder sync, for every n, and the next process still finds step 1 or a whole
    step 2."""

    class Crash(BaseException):
        pass

    seen = set()
    for n in range(1, 20):
        folder = tmp_path / str(n)
        fill(CheckpointStore(folder), 1)
        count = 0

        def counted(real):
            def call(*args, **kwargs):
                nonlocal count
                count += 1
                if count == n:
                    raise Crash
                return real(*args, **kwargs)

            return call

        with monkeypatch.context() as patch:
            for name in ("fsync", "rename", "replace"):
                patch.setattr(module.os, name, counted(getattr(os, name)))
            patch.setattr(module.shutil, "rmtree", lambda *a, **k: None)  # a dead process cleans nothing
            store = CheckpointStore(folder, background=background)
            try:
                fill(store, 2)
                store.wait()
                crashed = False
            except Crash:
                crashed = True
        after = CheckpointStore(folder)
        seen.add(after.load_newest()[1]["step"])
        assert after.rejected == []
        assert not [f for f in os.listdir(folder) if f.startswith(".writing")]
        if not crashed:
            break
    assert not crashed and n > 5 and seen == {1, 2}


def test_saving_a_step_again_replaces_it(tmp_path):
    store = CheckpointStore(tmp_path)
    fill(store, 1, 2)
    store.mark_suspect(1, "spike")
    assert store.steps() == [1] and store.steps(with_suspects=True) == [1, 2]
    store.save(2, tensors(7), {"step": 2})
    assert store.steps() == [1, 2]
    assert store.load_newest()[0]["model"]["w"][0, 0] == 7


def test_suspects_are_never_loaded(tmp_path):
    store = CheckpointStore(tmp_path, keep=9)
    fill(store, 10, 20, 30)
    assert store.mark_suspect(10, "loss spike") == [20, 30]
    assert store.load_newest()[1]["step"] == 10
    assert json.load(open(os.path.join(store.path(20), "SUSPECT")))["reason"] == "loss spike"


def test_keeps_newest_last_good_and_a_ladder_between(tmp_path):
    store = CheckpointStore(tmp_path, keep=2, ladder_steps=50)
    for step in range(0, 401, 10):
        store.prove_good(step - 100)
        fill(store, step)
        if step >= 100:
            # Whatever happens now, there is a checkpoint 100 steps back, and at most 150.
            assert [s for s in store.steps() if step - 150 <= s <= step - 100] or store.steps()[0] == 0
    assert store.last_good() == 300
    assert store.steps() == [300, 350, 390, 400]


def test_last_good_needs_its_checkpoint_to_stand(tmp_path):
    store = CheckpointStore(tmp_path)
    fill(store, 10)
    store.prove_good(10)
    assert store.last_good() == 10
    shutil.rmtree(store.path(10))
    assert store.last_good() is None


def test_background_write_sees_the_state_of_its_step(tmp_path):
    store = CheckpointStore(tmp_path, background=True)
    state = tensors(1)
    store.save(1, state, {"step": 1})
    state["model"]["w"].fill_(99)  # training goes on at once
    store.wait()
    assert store.load_newest()[0]["model"]["w"][0, 0] == 1


def test_failed_write_is_counted_and_leaves_the_old_ones(tmp_path, monkeypatch):
    failed = []
    store = CheckpointStore(tmp_path, background=True, on_failure=lambda step, error: failed.append((step, str(error))))
    fill(store, 1)
    store.wait()

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module.torch, "save", full)
        fill(store, 2)
        with pytest.raises(OSError):
            store.wait()
    assert failed[0][0] == 2 and store.failures == 1
    assert store.load_newest()[1]["step"] == 1


def test_checkpoint_cannot_run_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    store = CheckpointStore(tmp_path / "ck")
    store.save(1, {"model": Evil()}, {"step": 1})
    assert store.load_newest() is None and store.rejected
    assert not (tmp_path / "owned").exists()


def test_snapshot_shares_no_memory_with_training_and_reuses_its_own():
    source, snapshot = {"a": {0: torch.zeros(3)}, "b": 5}, Snapshot()
    first = snapshot.take(source)
    source["a"][0].fill_(1)
    assert first["a"][0].sum() == 0 and first["b"] == 5
    second = snapshot.take(source)
    assert second["a"][0].sum() == 3 and second["a"][0].data_ptr() == first["a"][0].data_ptr()
    assert snapshot.take({"a": {0: torch.zeros(4)}})["a"][0].shape == (4,)


def test_journal_counts_starts_and_survives_torn_files(tmp_path):
    first = RunJournal(str(tmp_path))
    assert first.restarts == 0
    first.skips.append((8, 16))
    first.write()
    second = RunJournal(str(tmp_path))
    assert second.restarts == 1 and second.skips == [(8, 16)]
    (tmp_path / "run.json").write_text('{"restarts": 4')
    assert RunJournal(str(tmp_path)).restarts == 0
