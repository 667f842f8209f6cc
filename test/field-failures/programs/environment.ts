/** The environment that works, which each program beside this one breaks as its reporter did. It violates no rule by itself. */
import * as pulumi from "@pulumi/pulumi";
import { TrainingCluster, type TrainingClusterArgs } from "../../../components";

const window = { start: "2026-12-01T11:30:00Z", end: "2026-12-15T11:30:00Z" };

/** A capacity block of 64 machines, two teams, one job over all machines. */
export const settings: TrainingClusterArgs = {
    environment: "field",
    network: { zones: ["us-east-2a", "us-east-2b"], gpuZone: "us-east-2b" },
    kubernetes: { systemNodes: { instanceType: "m7i.4xlarge", nodes: 2 }, deletionProtection: true },
    pools: [
        {
            name: "block",
            instanceType: "p5en.48xlarge",
            nodes: 64,
            fabric: "efa",
            capacity: { kind: "capacity-block", reservationId: "cr-0a1b2c3d4e5f60718", reservedNodes: 64, ...window },
        },
    ],
    teams: [
        { name: "pretrain", gpus: 448, borrow: 64 },
        { name: "research", gpus: 64, borrow: 448 },
    ],
    checkpoints: { fileSystem: { capacityGib: 4800, throughputPerTib: 500 }, protect: true },
    jobs: [{ name: "gpt2", team: "pretrain", nodes: 64, script: "training/gpt2.py" }],
    budget: { hourlyUsd: 8000 },
    tags: { "cost-center": "pretraining" },
};

type Step = string | number;
type Properties = { [key: string]: unknown };

/** A copy of a value with one place changed; undefined removes it, a function is given what stands there. Goes through outputs. */
function changed(value: unknown, path: readonly Step[], to: unknown): unknown {
    if (pulumi.Output.isInstance(value)) {
        return value.apply((inner) => changed(inner, path, to));
    }
    const [step, ...rest] = path;
    if (step === undefined) {
        return typeof to === "function" ? (to as (old: unknown) => unknown)(value) : to;
    }
    if (Array.isArray(value)) {
        const items: unknown[] = value;
        return items.map((item, index) => (index === step ? changed(item, rest, to) : item));
    }
    const { [step]: inner, ...others } = (value ?? {}) as Properties;
    const next = changed(inner, rest, to);
    return next === undefined ? others : { ...others, [step]: next };
}

/** A transformation, as stacks use them on other people's components: sets one input of the resources whose `Kind#name` begins so. */
export function patch(resource: string, path: readonly Step[], to: unknown): pulumi.ResourceTransformation {
    return ({ type, name, props, opts }) =>
        `${type.split(":").pop() ?? ""}#${name}`.startsWith(resource)
            ? { props: changed(props, path, to) as Properties, opts }
            : undefined;
}

/** Takes a resource's explicit dependencies away, and gives its properties other values where they carry dependencies too. */
export function independent(resource: string, instead: Properties = {}): pulumi.ResourceTransformation {
    return ({ type, name, props, opts }) =>
        `${type.split(":").pop() ?? ""}#${name}`.startsWith(resource)
            ? { props: { ...props, ...instead }, opts: { ...opts, dependsOn: [] } }
            : undefined;
}

/** Appends to a list. */
export function appended(item: unknown): (old: unknown) => unknown[] {
    return (old) => [...((old as unknown[] | undefined) ?? []), item];
}

/** The environment with other arguments, or with what it makes patched. */
export function train(
    change: Partial<TrainingClusterArgs>,
    transformations: pulumi.ResourceTransformation[] = [],
): TrainingCluster {
    return new TrainingCluster("train", { ...settings, ...change }, { transformations });
}

/** Path of the pod in a training runtime, and of its container. */
export const pod = ["spec", "template", "spec", "replicatedJobs", 0, "template", "spec", "template", "spec"];
export const container = [...pod, "containers", 0];
