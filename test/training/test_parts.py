"""Data order, model, schedule, metrics text, fault grammar, TrainJob status, checkpoint interval."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import TRAINING
from kilogpu_training import young_daly
from kilogpu_training.config import parse
from kilogpu_training.data import (
    SHARD_MAGIC,
    DataError,
    ShardedLoader,
    generated_bytes,
    next_position,
    open_shards,
    rank_range,
    shuffled,
)
from kilogpu_training.faults import Faults, parse_faults
from kilogpu_training.metrics import CONTRACT, Metrics, MetricsServer
from kilogpu_training.model import PRESETS, Attention, build
from kilogpu_training.optim import learning_rate
from kilogpu_training.report import TrainJobStatus

# Data


@pytest.mark.parametrize("size", [1, 2, 3, 17, 64, 65, 1000])
def test_shuffle_is_a_permutation_that_depends_on_its_key(size):
    order = [shuffled(i, size, key=7) for i in range(size)]
    assert sorted(order) == list(range(size))
    if size > 16:
        assert order != list(range(size)) and order != [shuffled(i, size, key=8) for i in range(size)]


@pytest.mark.parametrize("world", [1, 2, 3, 5, 8])
def test_ranks_together_read_each_sequence_once_for_any_number_of_ranks(world):
    source = generated_bytes(32, 1 << 14)
    whole = torch.cat(ShardedLoader(source, 8, 8, 0, 1, seed=3).batch_at(16))
    parts = [torch.cat(ShardedLoader(source, 8, 2, rank, world, seed=3).batch_at(16)) for rank in range(world)]
    assert torch.equal(torch.cat(parts), whole)
    sizes = [b - a for a, b in (rank_range(8, r, world) for r in range(world))]
    assert max(sizes) - min(sizes) <= 1


def test_an_epoch_reads_everything_once_and_the_next_in_another_order():
    source = generated_bytes(32, 1 << 12)
    n = len(source)
    loader = ShardedLoader(source, n, n, 0, 1, seed=3)
    first, second = loader.batch_at(0)[0], loader.batch_at(n)[0]
    assert sorted(map(tuple, first.tolist())) == sorted(map(tuple, second.tolist())) and not torch.equal(first, second)


def test_prefetch_gives_what_direct_reading_gives_and_seek_jumps_over_skips():
    source = generated_bytes(32, 1 << 14)
    loader = ShardedLoader(source, 4, 4, 0, 1, seed=3)
    loader.seek(8, [(12, 21)])
    got = [(loader.position, loader.take()[0]) for _ in range(4)]
    loader.close()
    assert [p for p, _ in got] == [8, 21, 25, 29]
    for position, batch in got:
        assert torch.equal(batch, loader.batch_at(position)[0])


def test_skips_chain():
    assert next_position(5, [(9, 12), (5, 9)]) == 12
    assert next_position(4, [(5, 9)]) == 4


def write_shard(path, values, headed):
    tokens = np.array(values, dtype=np.uint16)
    with open(path, "wb") as out:
        if headed:
            header = np.zeros(256, dtype=np.int32)
            header[:3] = SHARD_MAGIC, 1, len(tokens)
            out.write(header.tobytes())
        out.write(tokens.tobytes())


def test_shards_with_and_without_header_are_one_sequence_of_tokens(tmp_path):
    write_shard(tmp_path / "a.bin", range(100, 121), headed=True)
    write_shard(tmp_path / "b.bin", range(200, 231), headed=False)
    source = open_shards(str(tmp_path), 10, 50304)
    assert len(source) == 2 + 3
    assert source.sequence(0).tolist() == list(range(100, 111))
    assert source.sequence(1).tolist() == list(range(110, 121))
    assert source.sequence(4).tolist() == list(range(220, 231))


@pytest.mark.parametrize(
    "spoil,message",
    [
        (lambda p: write_shard(p / "a.bin", range(60000, 60100), False), "outside the vocabulary of 50304"),
        (lambda p: (p / "a.bin").write_bytes(b"\x01" * 101), "no whole number"),
        (lambda p: write_shard(p / "a.bin", range(5), False), "no shard holds 11 tokens"),
        (lambda p: None, "no *.bin file"),
    ],
)
def test_unusable_data_is_refused_with_a_remedy(tmp_path, spoil, message):
    spoil(tmp_path)
    with pytest.raises(DataError) as error:
        open_shards(str(tmp_path), 10, 50304)
    assert message in str(error.value)


def test_cut_shard_is_noticed_by_its_header(tmp_path):
    write_shard(tmp_path / "a.bin", range(1000), headed=True)
    content = (tmp_path / "a.bin").read_bytes()
    (tmp_path / "a.bin").write_bytes(content[:-100])
    with pytest.raises(DataError, match="header promises 1000 tokens, the file has 950"):
        open_shards(str(tmp_path), 10, 50304)


# Model and schedule


@pytest.mark.parametrize("preset,millions", [("124M", 124.4), ("355M", 354.8), ("774M", 774.0), ("1.5B", 1557.6)])
def test_presets_have_the_published_parameter_counts(preset, millions):
    """Counted from the shapes of one layer, so that no gigabytes are allocated: exact for GPT-2's 50,257 tokens."""
    s = PRESETS[preset]
    layer = 12 * s.width**2 + 13 * s.width
    total = 50257 * s.width + 1024 * s.width + s.layers * layer + 2 * s.width
    assert total / 1e6 == pytest.approx(millions, abs=0.06)
    assert s.width % s.heads == 0
    tiny, shape = build("tiny", 256, 64, 0.0, False)
    assert (
        tiny.parameter_count()
        == 256 * shape.width + shape.layers * (12 * shape.width**2 + 13 * shape.width) + 2 * shape.width
    )


def test_fused_and_plain_attention_agree():
    if not hasattr(F, "scaled_dot_product_attention"):
        pytest.skip("this PyTorch has no fused attention")
    layer = Attention(PRESETS["tiny"], 0.0)
    x = torch.randn(2, 16, 64)
    fused = layer(x)
    layer.fused = False
    assert torch.allclose(fused, layer(x), atol=1e-5)


def test_no_token_sees_the_future():
    torch.manual_seed(0)
    model, _ = build("tiny", 256, 16, 0.0, False)
    model.eval()
    a = torch.randint(0, 256, (1, 16))
    b = a.clone()
    b[0, 9:] = (b[0, 9:] + 1) % 256
    x, y = model(a), model(b)
    assert torch.allclose(x[0, :9], y[0, :9], atol=1e-6) and not torch.allclose(x[0, 9], y[0, 9], atol=1e-3)


def test_recomputing_activations_changes_no_gradient():
    tokens = torch.randint(0, 256, (2, 17), generator=torch.Generator().manual_seed(1))
    gradients = []
    for recompute in (False, True):
        torch.manual_seed(0)
        model, _ = build("tiny", 256, 16, 0.0, recompute)
        model(tokens[:, :-1], tokens[:, 1:]).backward()
        gradients.append(model.blocks[0].up.weight.grad)
    assert torch.equal(*gradients)


def test_schedule_warms_up_and_falls_as_a_cosine():
    c = parse(["--steps", "1000", "--warmup-steps", "100", "--learning-rate", "1e-3", "--min-learning-rate", "1e-4"])
    assert learning_rate(0, c) == pytest.approx(1e-5) and learning_rate(99, c) == pytest.approx(1e-3)
    assert learning_rate(550, c) == pytest.approx(5.5e-4) and learning_rate(5000, c) == 1e-4


def test_all_mistakes_are_told_at_once(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(["--steps", "0", "--global-batch", "-4", "--dropout", "1"])
    text = capsys.readouterr().err
    assert stopped.value.code == 2
    assert all(flag in text for flag in ("--steps: got 0", "--global-batch: got -4", "--dropout: got 1.0"))


# Metrics and status


def test_metrics_text_is_prometheus_text():
    metrics = Metrics({"job_name": 'a"b\\c'})
    metrics.set("train_loss", float("nan"), rank="0")
    metrics.add("train_tokens_total", 5, rank="0")
    metrics.add("train_tokens_total", 7, rank="0")
    assert metrics.render().splitlines() == [
        "# HELP train_loss Mean loss of the last step over all ranks, nats.",
        "# TYPE train_loss gauge",
        'train_loss{job_name="a\\"b\\\\c",rank="0"} NaN',
        "# HELP train_tokens_total Tokens trained on, all ranks.",
        "# TYPE train_tokens_total counter",
        'train_tokens_total{job_name="a\\"b\\\\c",rank="0"} 12.0',
    ]


def test_contract_is_enforced():
    with pytest.raises(KeyError):
        Metrics().set("train_los", 1)
    with pytest.raises(ValueError):
        Metrics().add("train_tokens_total", -1)
    assert all((kind == "counter") == name.endswith("_total") for name, (kind, _) in CONTRACT.items())


def test_server_answers_probe_and_unknown_pages():
    from urllib.error import HTTPError
    from urllib.request import urlopen

    server = MetricsServer(Metrics(), 0, "127.0.0.1")
    try:
        assert urlopen(f"http://127.0.0.1:{server.port}/healthz").read() == b"ok\n"
        with pytest.raises(HTTPError):
            urlopen(f"http://127.0.0.1:{server.port}/else")
    finally:
        server.close()


def test_trainjob_status_is_posted_with_the_token_and_the_last_one_always_arrives(tmp_path):
    received = []

    class Controller(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Controller)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "token").write_text("secret\n")
    status = TrainJobStatus(
        {
            "KUBEFLOW_TRAINER_SERVER_URL": f"http://127.0.0.1:{server.server_address[1]}/status",
            "KUBEFLOW_TRAINER_SERVER_TOKEN": str(tmp_path / "token"),
        },
        minimum_seconds=30,
    )
    for step in range(1, 101):
        status.update(step, 100, 100.0 - step, {"train_loss": float("nan") if step == 100 else 2.0})
    status.close()
    server.shutdown()
    assert 1 <= len(received) <= 2  # throttled
    token, body = received[-1]
    assert token == "Bearer secret" and body["trainerStatus"]["progressPercentage"] == 100
    assert body["trainerStatus"]["metrics"] == [{"name": "train_loss", "value": "nan"}]


def test_dead_controller_never_hurts_training(tmp_path):
    (tmp_path / "token").write_text("t")
    status = TrainJobStatus(
        {
            "KUBEFLOW_TRAINER_SERVER_URL": "http://127.0.0.1:9/x",
            "KUBEFLOW_TRAINER_SERVER_TOKEN": str(tmp_path / "token"),
        }
    )
    status.update(1, 2, 1.0, {})
    status.close()
    assert status.failures == 1


# Faults


def test_fault_grammar():
    (kill, slow) = parse_faults("kill@30,rank=3; slow@5,seconds=0.25")
    assert (kill.kind, kill.step, kill.options) == ("kill", 30, {"rank": 3})
    assert slow.options == {"rank": 1, "seconds": 0.25}
    for wrong in ("nap@3", "nan", "nan@x", "kill@3,node=1", "slow@3,seconds=long"):
        with pytest.raises(ValueError, match="KILOGPU_FAULTS"):
            parse_faults(wrong)


def test_leak_grows_every_step(tmp_path):
    faults = Faults("leak@2,megabytes=1", 0, str(tmp_path))
    for step in range(5):
        faults.before_forward(step, torch.nn.Linear(1, 1), torch.device("cpu"))
    assert sum(t.numel() * 4 for t in faults._leaked) == 3 << 20


def test_fault_strikes_once_over_restarts(tmp_path):
    loss = torch.tensor(1.0)
    assert torch.isnan(Faults("nan@3", 0, str(tmp_path)).on_loss(3, loss))
    assert Faults("nan@3", 0, str(tmp_path)).on_loss(3, loss) == 1.0


# Checkpoint interval (figures: operations research of the project, Llama 3 405B's failure rate)


@pytest.mark.parametrize(
    "checkpoint,restart,ettr",
    [(10, 300, (98.8, 97.2, 93.1)), (60, 600, (97.1, 93.5, 84.2)), (300, 1200, (93.5, 85.7, 66.0))],
)
def test_effective_training_time_at_the_optimum(checkpoint, restart, ettr):
    got = [100 * young_daly.plan(gpus, checkpoint, restart).ettr for gpus in (1024, 4096, 16384)]
    assert got == pytest.approx(ettr, abs=0.06)


def test_mean_time_between_failures_scales_with_gpus():
    assert [round(young_daly.mtbf_from_rate(g) / 3600, 1) for g in (1024, 4096, 16384)] == [49.5, 12.4, 3.1]


def test_published_example_gives_24_steps():
    total = young_daly.availability_interval(checkpoint=10, mtbf=6000, restart=600)
    assert round((total - 10) / 15) == 24


def test_youngs_interval_is_the_minimum_of_the_waste():
    best = young_daly.young_interval(30, 7200)
    least = young_daly.waste(30, 7200, 100)
    assert all(young_daly.waste(30, 7200, 100, best * f) > least for f in (0.5, 0.9, 1.1, 2.0))


def test_table_is_printed():
    out = subprocess.run(
        [sys.executable, "-m", "kilogpu_training.young_daly", "--gpus", "1024", "--step-seconds", "2"],
        cwd=TRAINING,
        capture_output=True,
        text=True,
    )
    assert out.returncode == 0 and "1888" in out.stdout and "98.8" in out.stdout
    bad = subprocess.run(
        [sys.executable, "-m", "kilogpu_training.young_daly", "--gpus", "0"],
        cwd=TRAINING,
        capture_output=True,
        text=True,
    )
    assert bad.returncode == 2
