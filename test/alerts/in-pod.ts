/** The detector of the training pod on curves, in the words of the alerts. */
import { spawnSync } from "node:child_process";
import * as path from "node:path";

/** A curve: losses, or gradient norms beside a quiet loss. One sample is one step. */
export interface PodCurve {
    kind: "loss" | "norm";
    samples: readonly number[];
}

/** Which finding is which alert, and of which severity: a loss is decided upon by the critical one. */
const alertOf = {
    loss_three_sigma: ["TrainingLossAnomaly", "warning"],
    loss_spike: ["TrainingLossSpike", "critical"],
    non_finite: ["TrainingLossNonFinite", "critical"],
    gradient_explosion: ["TrainingGradientExploding", "warning"],
    gradient_vanishing: ["TrainingGradientVanishing", "warning"],
};

// The loop goes back to a checkpoint at a critical finding; here the detector only watches, so that streaks go on.
const program = `
import json, math, sys
from kilogpu_training.anomaly import AnomalyDetector, Thresholds
alerts = json.loads(sys.argv[1])
answers = []
for line in sys.stdin:
    entry = json.loads(line)
    detector = AnomalyDetector(Thresholds(warn_after_step=0))
    found, active = {}, set()
    for step, value in enumerate(entry["samples"]):
        value = math.nan if value is None else value
        loss, norm = (value, 1.0) if entry["kind"] == "loss" else (2.0, value)
        now = set()
        for finding in detector.observe(step, loss, norm):
            name, severity = alerts[finding.rule]
            if severity == "warning" or finding.severity == severity:
                now.add(name)
        for name in now - active:
            found.setdefault(name, []).append(step)
        active = now
    answers.append(found)
print(json.dumps(answers))
`;

/** For each curve, the steps at which the detector began to object, by alert. */
export function inPod(curves: readonly PodCurve[]): { [alert: string]: number[] | undefined }[] {
    const run = spawnSync("python3", ["-c", program, JSON.stringify(alertOf)], {
        encoding: "utf8",
        // JSON has no NaN: null.
        input: curves.map((entry) => JSON.stringify(entry)).join("\n"),
        maxBuffer: 1 << 28,
        env: {
            ...process.env,
            PYTHONPATH: path.join(__dirname, "../../training"),
            PYTHONDONTWRITEBYTECODE: "1",
        },
    });
    if (run.status !== 0) {
        throw new Error(run.stderr);
    }
    return JSON.parse(run.stdout) as { [alert: string]: number[] | undefined }[];
}
