// False alerts per job-day and detection delay of the loss and gradient rules, on seeded curves: the rules as shipped, evaluated by
// Prometheus' own engine in promtool, and beside them the detector of the training pod on the same curves. Printed by `npm run bench`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect, it } from "vitest";
import { alertRules } from "../../../components/monitoring/rules/build";
import { curve, random, values } from "../curves";
import type { Anomaly } from "../curves";
import { exampleInfrastructures } from "../example-infrastructures";
import { inPod } from "../in-pod";
import { promtool } from "../promtool";

const intervalSeconds = 30;
const samples = 720;
/** Anomalies begin four hours in. */
const begin = 480;
const beginSeconds = begin * intervalSeconds;
const endSeconds = (samples - 1) * intervalSeconds;
const perKind = 40;

interface Scenario {
    name: string;
    metric: "train_loss" | "train_grad_norm";
    anomaly?: Omit<Anomaly, "at">;
    /** Rules that should speak. */
    rules: string[];
}

const scenarios: Scenario[] = [
    { name: "clean loss", metric: "train_loss", rules: [] },
    { name: "clean gradients", metric: "train_grad_norm", rules: [] },
    {
        name: "loss step ×1.5",
        metric: "train_loss",
        anomaly: { kind: "step", length: 240, factor: 1.5 },
        rules: ["TrainingLossAnomaly", "TrainingLossSpike"],
    },
    {
        name: "loss spike ×2, 6 min",
        metric: "train_loss",
        anomaly: { kind: "spike", length: 12, factor: 2 },
        rules: ["TrainingLossAnomaly", "TrainingLossSpike"],
    },
    {
        name: "loss drift to ×2 in 1 h",
        metric: "train_loss",
        anomaly: { kind: "drift", length: 120, factor: 2 },
        rules: ["TrainingLossAnomaly", "TrainingLossSpike"],
    },
    {
        name: "loss NaN",
        metric: "train_loss",
        anomaly: { kind: "nan", length: 240, factor: 1 },
        rules: ["TrainingLossNonFinite"],
    },
    {
        name: "gradients ×30, 5 min",
        metric: "train_grad_norm",
        anomaly: { kind: "spike", length: 10, factor: 30 },
        rules: ["TrainingGradientExploding"],
    },
    {
        name: "gradients ×0.001",
        metric: "train_grad_norm",
        anomaly: { kind: "step", length: 240, factor: 0.001 },
        rules: ["TrainingGradientVanishing"],
    },
];
const rules = [...new Set(scenarios.flatMap((scenario) => scenario.rules))];

/** Curves of a scenario differ in seed, level, noise and correlation. */
function drawn(scenario: Scenario, seed: number): number[] {
    const pick = random(seed);
    const loss = scenario.metric === "train_loss";
    const start = (loss ? 2.2 : 0.8) + pick();
    const shape = {
        seed,
        samples,
        start,
        floor: start * (0.75 + 0.2 * pick()),
        decay: 300 + 900 * pick(),
        noise: loss ? 0.004 + 0.03 * pick() : 0.05 + 0.25 * pick(),
        correlation: 0.95 * pick(),
    };
    return curve({
        ...shape,
        ...(scenario.anomaly === undefined ? {} : { anomaly: { ...scenario.anomaly, at: begin } }),
    });
}

function series(scenario: Scenario, index: number, seed: number): { series: string; values: string }[] {
    const labels = `{namespace="bench",job_name="${jobName(scenario, index)}",pod="p",rank="0"}`;
    return [
        { series: `${scenario.metric}${labels}`, values: values(drawn(scenario, seed)) },
        { series: `train_step${labels}`, values: `2000+20x${samples.toString()}` },
    ];
}

const jobName = (scenario: Scenario, index: number): string =>
    `${scenarios.indexOf(scenario).toString()}-${index.toString()}`;

/** Runs the rules over all curves; a test that expects nothing prints what it got. */
async function ask(
    folder: string,
    batches: unknown[][],
    questions: { [name: string]: { expr: string; at: number } },
): Promise<{ [name: string]: Map<string, number> }> {
    const built = alertRules(exampleInfrastructures["efa"] as never);
    const groups = built.groups.filter((group) =>
        ["kilogpu.training-statistics", "kilogpu.training"].includes(group.name),
    );
    writeFileSync(path.join(folder, "rules.json"), JSON.stringify({ groups }));
    const answers: { [name: string]: Map<string, number> } = {};
    const test = {
        rule_files: ["rules.json"],
        evaluation_interval: `${intervalSeconds.toString()}s`,
        group_eval_order: groups.map((group) => group.name),
        // promtool's engine reads at most 10,000 samples in a query: a few curves at a time.
        tests: batches.map((input) => ({
            interval: `${intervalSeconds.toString()}s`,
            input_series: input,
            promql_expr_test: Object.entries(questions).map(([name, { expr, at }]) => ({
                expr: `label_replace(${expr}, "question", "${name}", "", "")`,
                eval_time: `${at.toString()}s`,
                exp_samples: [{ labels: '{job_name="nobody"}', value: 1 }],
            })),
        })),
    };
    writeFileSync(path.join(folder, "bench.json"), JSON.stringify(test));
    const { text } = await promtool(folder, "test", "rules", "bench.json");
    for (const [, labels = "", value = ""] of text.matchAll(/\{([^}]*question=[^}]*)\} ([-+0-9.eE]+)/g)) {
        const read = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
        (answers[read("question")] ??= new Map()).set(`${read("alertname")} ${read("job_name")}`, Number(value));
    }
    if (
        /too many samples|parse error|execution:/.test(text) ||
        Object.keys(answers).length < Object.keys(questions).length
    ) {
        throw new Error(`promtool did not answer: ${text.slice(0, 2000)}`);
    }
    return answers;
}

const percentile = (sorted: number[], share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

it("finds what was put in, and pages for nothing else", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "kilogpu-bench-"));
    const curves = scenarios.flatMap((scenario, kind) =>
        Array.from({ length: perKind }, (_, index) => ({ scenario, index, seed: 1 + kind * 1000 + index })),
    );
    const batch = 5;
    const input = Array.from({ length: curves.length / batch }, (_, index) =>
        curves
            .slice(index * batch, (index + 1) * batch)
            .flatMap((entry) => series(entry.scenario, entry.index, entry.seed)),
    );
    const firing = 'ALERTS{namespace="bench",alertstate="firing"}';
    const answers = await ask(folder, input, {
        // Beginnings of an alert before anything was wrong, on every curve.
        before: {
            expr: `count_over_time((${firing} unless ${firing} offset ${intervalSeconds.toString()}s)[${(beginSeconds - 1).toString()}s:${intervalSeconds.toString()}s])`,
            at: beginSeconds - intervalSeconds,
        },
        // And on the clean curves until their end.
        whole: {
            expr: `count_over_time((${firing} unless ${firing} offset ${intervalSeconds.toString()}s)[${endSeconds.toString()}s:${intervalSeconds.toString()}s])`,
            at: endSeconds,
        },
        first: {
            expr: `min_over_time(timestamp(${firing})[${(endSeconds - beginSeconds).toString()}s:${intervalSeconds.toString()}s])`,
            at: endSeconds,
        },
    });
    rmSync(folder, { recursive: true });

    const pod = inPod(
        curves.map(({ scenario, seed }) => ({
            kind: scenario.metric === "train_loss" ? ("loss" as const) : ("norm" as const),
            samples: drawn(scenario, seed),
        })),
    );
    const lines = [
        `${curves.length.toString()} curves, ${((samples * intervalSeconds) / 3600).toString()} h each, one sample in ${intervalSeconds.toString()} s`,
        "",
        "rule                        false alerts per job-day   in the pod, a step a sample",
    ];
    const falseInPod: { [rule: string]: number } = {};
    const falseRate: { [rule: string]: number } = {};
    for (const rule of rules) {
        let count = 0;
        let podCount = 0;
        let seconds = 0;
        for (const [place, { scenario, index }] of curves.entries()) {
            const clean = scenario.anomaly === undefined;
            podCount += (pod[place]?.[rule] ?? []).filter((step) => clean || step < begin).length;
            count += answers[clean ? "whole" : "before"]?.get(`${rule} ${jobName(scenario, index)}`) ?? 0;
            seconds += clean ? endSeconds : beginSeconds;
        }
        falseRate[rule] = (count * 86_400) / seconds;
        falseInPod[rule] = (podCount * 86_400) / seconds;
        lines.push(`${rule.padEnd(28)}${falseRate[rule].toFixed(2).padEnd(27)}${falseInPod[rule].toFixed(2)}`);
    }
    lines.push(
        "",
        "anomaly                   rule                        found   delay median   90th percentile   in the pod   delay median",
    );
    const foundInPod: { [key: string]: number } = {};
    const found: { [key: string]: number } = {};
    for (const scenario of scenarios) {
        for (const rule of scenario.rules) {
            const delays = curves
                .filter((entry) => entry.scenario === scenario)
                .map(({ index }) => answers["first"]?.get(`${rule} ${jobName(scenario, index)}`))
                .filter((at) => at !== undefined && at >= beginSeconds)
                .map((at) => (at ?? 0) - beginSeconds)
                .sort((a, b) => a - b);
            const steps = curves
                .flatMap((entry, place) => (entry.scenario === scenario ? [pod[place]?.[rule] ?? []] : []))
                .map((all) => all.find((step) => step >= begin))
                .flatMap((step) => (step === undefined ? [] : [step - begin + 1]))
                .sort((a, b) => a - b);
            foundInPod[`${scenario.name} ${rule}`] = steps.length / perKind;
            found[`${scenario.name} ${rule}`] = delays.length / perKind;
            const delay = (share: number): string =>
                delays.length === 0 ? "-" : `${(percentile(delays, share) / 60).toFixed(1)} min`;
            lines.push(
                `${scenario.name.padEnd(26)}${rule.padEnd(28)}${delays.length.toString().padStart(2)}/${perKind.toString()}   ${delay(0.5).padStart(10)}   ${delay(0.9).padStart(12)}   ${`${steps.length.toString()}/${perKind.toString()}`.padStart(13)}   ${steps.length === 0 ? "-" : `${percentile(steps, 0.5).toString()} steps`}`,
            );
        }
    }
    console.log(lines.join("\n"));

    expect(falseInPod["TrainingLossSpike"]).toBeLessThan(0.2);
    for (const key of [
        "loss step ×1.5 TrainingLossSpike",
        "loss spike ×2, 6 min TrainingLossSpike",
        "loss NaN TrainingLossNonFinite",
        "gradients ×30, 5 min TrainingGradientExploding",
        "gradients ×0.001 TrainingGradientVanishing",
    ]) {
        expect(foundInPod[key], key).toBeGreaterThan(0.9);
    }
    expect(falseRate["TrainingLossSpike"]).toBeLessThan(0.2);
    expect(falseRate["TrainingLossNonFinite"]).toBe(0);
    expect(falseRate["TrainingGradientExploding"]).toBe(0);
    expect(found["loss step ×1.5 TrainingLossSpike"]).toBeGreaterThan(0.9);
    expect(found["loss spike ×2, 6 min TrainingLossSpike"]).toBeGreaterThan(0.9);
    expect(found["loss NaN TrainingLossNonFinite"]).toBe(1);
    expect(found["gradients ×30, 5 min TrainingGradientExploding"]).toBeGreaterThan(0.95);
    expect(found["gradients ×0.001 TrainingGradientVanishing"]).toBeGreaterThan(0.95);
});
