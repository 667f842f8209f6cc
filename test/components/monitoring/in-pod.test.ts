// The rules in the training pod and those in Prometheus: the same limits, and the same verdict on the same curve. Anomaly detection has no
// dependency besides Python's own library.
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { alertThresholds } from "../../../catalog/alerts";
import { trainingStatistics } from "../../../components/monitoring/rules/recordings";
import { curve } from "../../alerts/curves";
import { inPod } from "../../alerts/in-pod";
import { installed } from "../../support/installed";

const training = path.join(__dirname, "../../../training");

function python(program: string): unknown {
    const run = spawnSync("python3", ["-c", program], {
        encoding: "utf8",
        env: { ...process.env, PYTHONPATH: training, PYTHONDONTWRITEBYTECODE: "1" },
    });
    if (run.status !== 0) {
        throw new Error(run.stderr);
    }
    return JSON.parse(run.stdout);
}

describe.skipIf(!installed("python3"))("rules in the training pod", () => {
    it("have the limits of the alerts", () => {
        const { sigma, robustSigma, medianRatio, warnAfterStep, explodeRatio, vanishRatio, vanishAbsolute, amp } =
            alertThresholds.training;
        expect(
            python(
                "import json; from dataclasses import asdict; from kilogpu_training.anomaly import Thresholds; print(json.dumps(asdict(Thresholds())))",
            ),
        ).toMatchObject({
            sigma,
            robust_sigma: robustSigma,
            median_ratio: medianRatio,
            warn_after_step: warnAfterStep,
            explode_ratio: explodeRatio,
            vanish_ratio: vanishRatio,
            vanish_absolute: vanishAbsolute,
            scale_floor: amp.floor,
            scale_drops: amp.drops,
        });
    });

    it("take the robust deviation from median and lower quartile, as the recording does", () => {
        const recording = trainingStatistics
            .recordings?.({} as never)
            .find((entry) => entry.record === "job:train_loss:robust_deviation30m");
        expect(recording?.expr).toMatch(/quantile_over_time\(0\.5,.*quantile_over_time\(0\.25,.*\/ 0\.6745$/);
        // Of 1 … 101 the median is 51, the lower quartile 26; six deviations above the median are 273.4.
        const verdict = (loss: number): unknown =>
            python(
                `import json; from kilogpu_training.anomaly import *; d = AnomalyDetector(Thresholds(history=101, window=101))\n` +
                    `[d.observe(s, s + 1.0, 1.0) for s in range(101)]\n` +
                    `print(json.dumps([f.rule for f in d.observe(101, ${loss.toString()}, 1.0)]))`,
            );
        expect(verdict(273)).toEqual([]);
        expect(verdict(274)).toEqual(["loss_spike"]);
    });

    it.each([
        ["a spike", "loss", { kind: "spike", at: 400, length: 12, factor: 2 }, "TrainingLossSpike"],
        ["a step", "loss", { kind: "step", at: 400, length: 200, factor: 1.5 }, "TrainingLossSpike"],
        ["NaN", "loss", { kind: "nan", at: 400, length: 200, factor: 1 }, "TrainingLossNonFinite"],
        ["an explosion", "norm", { kind: "spike", at: 400, length: 10, factor: 30 }, "TrainingGradientExploding"],
        ["vanishing", "norm", { kind: "step", at: 400, length: 200, factor: 0.001 }, "TrainingGradientVanishing"],
    ] as const)("say of %s what the alert says, in a few steps, and nothing before", (_, kind, anomaly, rule) => {
        const samples = curve({
            seed: 7,
            samples: 600,
            start: 2.5,
            floor: 2,
            decay: 400,
            noise: 0.01,
            correlation: 0.3,
            anomaly,
        });
        const found = inPod([{ kind, samples }])[0] ?? {};
        expect(found[rule]?.[0]).toBeGreaterThanOrEqual(400);
        expect(found[rule]?.[0]).toBeLessThan(404);
    });

    it("say nothing of a hundred quiet curves that a person would be woken for", () => {
        const quiet = Array.from({ length: 100 }, (_, seed) => ({
            kind: "loss" as const,
            samples: curve({
                seed: 100 + seed,
                samples: 600,
                start: 2.5,
                floor: 2,
                decay: 400,
                noise: 0.02,
                correlation: 0.5,
            }),
        }));
        expect(inPod(quiet).flatMap((found) => found["TrainingLossSpike"] ?? [])).toEqual([]);
    });
});
