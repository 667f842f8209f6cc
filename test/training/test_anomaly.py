"""Anomaly rules on generated curves with known anomalies."""

import json
import math
import random

import pytest
from kilogpu_training.anomaly import CRITICAL, AnomalyDetector, RollbackPolicy, Thresholds, describe, quantile


def curve(seed, steps=1500, noise=0.02, correlation=0.7):
    """A loss that falls as a power law with correlated noise, as language models' do."""
    generator, drift, out = random.Random(seed), 0.0, []
    for step in range(steps):
        drift = correlation * drift + math.sqrt(1 - correlation**2) * generator.gauss(0, noise)
        out.append((2.0 + 9.0 * (step + 10) ** -0.4) * (1 + drift))
    return out


def feed(detector, losses, norms=None, scales=None):
    """(step, rule, severity) of every finding."""
    return [
        (s, f.rule, f.severity)
        for s, loss in enumerate(losses)
        for f in detector.observe(s, loss, norms[s] if norms else 1.0, scales[s] if scales else None)
    ]


def criticals(found):
    return [(s, rule) for s, rule, severity in found if severity == CRITICAL]


@pytest.mark.parametrize("seed", range(40))
def test_healthy_curves_raise_nothing_critical(seed):
    generator = random.Random(seed)
    norms = [math.exp(generator.gauss(0, 0.4)) for _ in range(1500)]
    assert criticals(feed(AnomalyDetector(), curve(seed), norms)) == []


@pytest.mark.parametrize("seed", range(20))
def test_lasting_spike_is_critical_at_its_third_step(seed):
    losses = curve(seed)
    for s in range(1000, 1030):
        losses[s] *= 1.6
    first = criticals(feed(AnomalyDetector(), losses))[0]
    assert first == (1002, "loss_spike")


def test_one_bad_batch_warns_and_nothing_more():
    losses = curve(1)
    losses[1200] *= 2
    found = [f for f in feed(AnomalyDetector(), losses) if f[0] == 1200]
    assert {(rule, severity) for _, rule, severity in found} == {
        ("loss_spike", "warning"),
        ("loss_three_sigma", "warning"),
    }


def test_three_sigma_masks_itself_and_the_robust_rule_does_not():
    """A jump that stays: mean and deviation swallow it, median and quartiles do not. Patience is off to see how long
    each speaks."""
    losses = [2.0 + 0.05 * math.sin(s * 12.9898) for s in range(700)]
    for s in range(400, 700):
        losses[s] += 2.5
    plain = AnomalyDetector(Thresholds(warn_after_step=0, robust_sigma=1e9, median_ratio=1e9))
    masked = [s for s, rule, _ in feed(plain, losses) if rule == "loss_three_sigma" and s >= 400]
    robust = [s for s, rule, _ in feed(AnomalyDetector(Thresholds(patience=10**9)), losses) if rule == "loss_spike"]
    assert masked[-1] < 440
    assert robust == list(range(400, 700))


def test_three_sigma_waits_for_the_loss_to_settle():
    losses = curve(5, steps=600)
    assert not [
        f for f in feed(AnomalyDetector(Thresholds(warn_after_step=1000)), losses) if f[1] == "loss_three_sigma"
    ]


def test_falling_loss_is_no_spike():
    assert criticals(feed(AnomalyDetector(), [10.0 - 0.01 * s for s in range(900)])) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_non_finite_loss_is_critical_from_the_first_step(bad):
    assert criticals(feed(AnomalyDetector(), [bad])) == [(0, "non_finite")]


def test_non_finite_gradients_are_critical_only_without_a_loss_scaler():
    assert AnomalyDetector().observe(5, 2.0, math.inf)[0].severity == CRITICAL
    assert AnomalyDetector().observe(5, 2.0, math.inf, loss_scale=65536.0) == []


@pytest.mark.parametrize("norm,rule", [(11.0, "gradient_explosion"), (0.009, "gradient_vanishing")])
def test_gradient_rules_warn_then_escalate(norm, rule):
    norms = [1.0] * 50 + [norm] * 25
    found = [f for f in feed(AnomalyDetector(), [2.0] * 75, norms) if f[1] == rule]
    assert found[0] == (50, rule, "warning") and (69, rule, CRITICAL) in found and (68, rule, "warning") in found
    never = feed(AnomalyDetector(Thresholds(gradient_patience=0)), [2.0] * 75, norms)
    assert criticals(never) == []


def test_dead_gradients_are_seen_without_history():
    assert AnomalyDetector().observe(0, 2.0, 1e-9)[0].rule == "gradient_vanishing"


@pytest.mark.parametrize("norm", [9.9, 0.011])
def test_gradients_within_limits_are_silent(norm):
    assert feed(AnomalyDetector(), [2.0] * 51, [1.0] * 50 + [norm]) == []


def test_amp_scale_collapse():
    halving = [65536.0 / 2**s for s in range(17)] + [1.0] * 30
    found = feed(AnomalyDetector(), [2.0] * len(halving), scales=halving)
    assert found[0][0] == 6  # the sixth drop in the window
    assert criticals(found) and criticals(found)[0][0] >= 17
    growing = [65536.0 * 2 ** (s // 500) for s in range(1500)]
    assert feed(AnomalyDetector(), [2.0] * 1500, scales=growing) == []


def test_anomalous_values_do_not_become_the_new_normal():
    detector = AnomalyDetector()
    feed(detector, [2.0 + 0.01 * (s % 7) for s in range(100)])
    before = detector.state()["losses"]
    for s in range(100, 150):
        detector.observe(s, 9.0, 1.0)
    assert detector.state()["losses"] == before


def test_state_survives_a_restart():
    losses = curve(11, steps=400)
    losses[300:310] = [9.0] * 10
    whole = feed(AnomalyDetector(), losses)
    first = AnomalyDetector()
    found = feed(first, losses[:301])
    second = AnomalyDetector()
    second.restore(first.state())
    for s in range(301, 400):
        found += [(s, f.rule, f.severity) for f in second.observe(s, losses[s], 1.0)]
    assert found == whole


def test_rollback_goes_a_hundred_steps_back_where_it_can():
    policy = RollbackPolicy(steps=100, skip_batches=200, limit=3)
    assert policy.target(1010, [700, 800, 900, 1000]).to_at_most == 900
    assert policy.target(50, [0, 20, 40]).to_at_most == 0
    assert policy.target(50, [50, 60]) is None
    assert policy.allowed(2) and not policy.allowed(3)


def test_skipped_data_always_covers_the_anomaly():
    policy = RollbackPolicy(steps=100, skip_batches=200, limit=3)
    assert policy.skip(7000, 8000, 10) == (7000, 9000)  # 200 batches of 10
    assert policy.skip(1000, 8000, 10) == (1000, 8010)  # further back than 200 batches


def test_quantile_is_linear_between_neighbours():
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert quantile([1.0], 0.25) == 1.0


def test_findings_print_as_json():
    assert json.loads(json.dumps(describe(AnomalyDetector().observe(0, math.nan, 1.0))))[0]["value"] == "nan"
