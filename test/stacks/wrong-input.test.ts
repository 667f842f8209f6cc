import { describe, expect, it } from "vitest";
import { configOf, refusal } from "./environment";
import type { EnvironmentConfig } from "./environment";

/** One mistake in an environment's YAML, and every part of the sentence that it gets. */
interface Mistake {
    title: string;
    /** Environment whose YAML is changed. Defaults to prod. */
    environment?: string;
    /** Path in the YAML without `kilogpu:`, and the value put there; undefined removes the key. */
    set: { [path: string]: unknown };
    path: string;
    got: string;
    legal: RegExp;
    remedy: string;
}

const mistakes: Mistake[] = [
    {
        title: "an unknown key at the top",
        set: { poools: [] },
        path: "kilogpu:poools",
        got: "a value",
        legal: /legal keys are .*network, kubernetes, pools, /,
        remedy: "Did you mean pools?",
    },
    {
        title: "an unknown key in a list's object's object",
        set: { "pools[1].capacity.reservationID": "cr-0b2c3d4e5f6071829" },
        path: "pools[1].capacity.reservationID",
        got: '"cr-0b2c3d4e5f6071829"',
        legal: /legal keys are kind, reservationId, /,
        remedy: "Did you mean reservationId?",
    },
    {
        title: "a key that is missing",
        set: { "pools[0].fabric": undefined },
        path: "pools[0].fabric",
        got: "nothing",
        legal: /fabric is needed/,
        remedy: "Add fabric.",
    },
    {
        title: "no teams at all",
        set: { teams: undefined },
        path: "teams",
        got: "nothing",
        legal: /teams is needed/,
        remedy: "Add kilogpu:teams.",
    },
    {
        title: "a number in quotes",
        set: { "pools[0].nodes": "64" },
        path: "pools[0].nodes",
        got: '"64"',
        legal: /a number is legal/,
        remedy: "Write it without quotes.",
    },
    {
        title: "a version without quotes, which YAML reads as a number",
        set: { "kubernetes.version": 1.35 },
        path: "kubernetes.version",
        got: "1.35",
        legal: /a string is legal/,
        remedy: 'Put it in quotes: "1.35".',
    },
    {
        title: "one zone where a list is meant",
        set: { "network.zones": "us-east-2a" },
        path: "network.zones",
        got: '"us-east-2a"',
        legal: /a list is legal/,
        remedy: "Start each item with a hyphen.",
    },
    {
        title: "zones of another region than the provider's",
        set: { "aws:region": "us-west-2" },
        path: "aws:region",
        got: '"us-west-2"',
        legal: /network\.zones lie in the region, and us-east-2a does not/,
        remedy: "Set aws:region to us-east-2, or name zones of us-west-2.",
    },
    {
        title: "a script that is not there",
        set: { "jobs[0].script": "training/gpt3.py" },
        path: "jobs[0].script",
        got: '"training/gpt3.py"',
        legal: /path of a file, relative to the project's folder/,
        remedy: "mend the path",
    },
    {
        title: "checkpoints on a volume that nobody makes",
        environment: "dev",
        set: { "jobs[0].checkpoints": { claim: "checkpoints" } },
        path: "jobs[0].checkpoints.claim",
        got: '"checkpoints"',
        legal: /made from checkpoints\.fileSystem/,
        remedy: "Add checkpoints.fileSystem",
    },
    {
        title: "checkpoints in no volume at all",
        environment: "dev",
        set: { "jobs[0].checkpoints": { folder: "run-1" } },
        path: "jobs[0].checkpoints",
        got: "no claim",
        legal: /no storage for those of this team/,
        remedy: "Name a claim of yours",
    },
    {
        title: "a checkpoint folder beside the volume",
        set: { "jobs[0].arguments": ["--checkpoint-dir=/scratch/gpt2"] },
        path: "jobs[0].arguments",
        got: '"/scratch/gpt2"',
        legal: /mounted at \/checkpoints/,
        remedy: "give a folder below /checkpoints",
    },
    {
        title: "a file system of a size that FSx does not sell",
        set: { "checkpoints.fileSystem.capacityGib": 5000 },
        path: "checkpoints.fileSystem.capacityGib",
        got: "5000",
        legal: /1200 GiB or a multiple of 2400/,
        remedy: "Give 7200.",
    },
    {
        title: "Helm values of a chart that is not installed",
        set: { chartValues: { kueu: {} } },
        path: 'chartValues["kueu"]',
        got: '"kueu"',
        legal: /kueue/,
        remedy: "Did you mean kueue?",
    },
    {
        title: "Helm values that the chart does not read",
        set: { chartValues: { kueue: { controlerManager: {} } } },
        path: 'chartValues["kueue"].controlerManager',
        got: "{}",
        legal: /chart kueue/,
        remedy: "Did you mean controllerManager?",
    },
    {
        title: "a driver from the operator on nodes whose image has one",
        set: { gpu: { driver: "operator" } },
        path: "gpu.driver",
        got: '"operator"',
        legal: /has a driver already/,
        remedy: "Use driver ami.",
    },
    {
        title: "an unknown instance type",
        set: { "pools[0].instanceType": "p5en.48xlrge" },
        path: "pools[0].instanceType",
        got: '"p5en.48xlrge"',
        legal: /p5en\.48xlarge/,
        remedy: "Did you mean p5en.48xlarge?",
    },
    {
        title: "half a node",
        set: { "pools[0].nodes": 1.5 },
        path: "pools[0].nodes",
        got: "1.5",
        legal: /a whole number from 1/,
        remedy: "Give a number in that range.",
    },
    {
        title: "more nodes than a capacity block holds",
        set: { "pools[0].nodes": 128, "pools[0].capacity.reservedNodes": undefined },
        path: "pools[0].capacity.reservedNodes",
        got: "128 nodes",
        legal: /64 instances at most/,
        remedy: "Buy 2 blocks",
    },
    {
        title: "more nodes than the reservation",
        environment: "scale",
        set: { "pools[2].nodes": 400 },
        path: "pools[2].capacity.reservedNodes",
        got: "320",
        legal: /the pool wants 400 nodes/,
        remedy: "Set nodes to 320",
    },
    {
        title: "more nodes than a node group takes",
        environment: "scale",
        set: { "pools[0].nodes": 451, "pools[0].capacity.reservedNodes": 451 },
        path: "pools[0].nodes",
        got: "451",
        legal: /450 nodes at most/,
        remedy: "Split the nodes over several pools",
    },
    {
        title: "a window that ends before it starts",
        set: { "pools[1].capacity.start": "2026-12-15T11:30:00Z", "pools[1].capacity.end": "2026-12-01T11:30:00Z" },
        path: "pools[1].capacity.start",
        got: "2026-12-15T11:30:00Z",
        legal: /after capacity\.end 2026-12-01T11:30:00Z/,
        remedy: "Give a start before the end.",
    },
    {
        title: "one block for two pools",
        set: { "pools[1].capacity.reservationId": "cr-0a1b2c3d4e5f60718" },
        path: "pools[1].capacity.reservationId",
        got: '"cr-0a1b2c3d4e5f60718"',
        legal: /pools\[0\] has this one/,
        remedy: "Give the id of the other block.",
    },
    {
        title: "a placement group with a capacity block",
        set: { "pools[0].capacity.placementGroup": true },
        path: "pools[0].capacity.placementGroup",
        got: "true",
        legal: /AWS has placed the instances of a capacity-block already/,
        remedy: "Remove placementGroup.",
    },
    {
        title: "EFA over two zones",
        set: { "pools[1].zone": "us-east-2c" },
        path: "pools[1].zone",
        got: '"us-east-2c"',
        legal: /EFA works inside one zone only, and the GPU nodes stand in us-east-2b/,
        remedy: "Remove zone",
    },
    {
        title: "EFA on a machine that has none",
        environment: "dev",
        set: { "pools[0].fabric": "efa" },
        path: "pools[0].fabric",
        got: '"efa"',
        legal: /g6\.xlarge has no EFA interface/,
        remedy: "tcp",
    },
    {
        title: "a fabric of a rack on EC2",
        set: { "pools[0].fabric": "infiniband" },
        path: "pools[0].fabric",
        got: '"infiniband"',
        legal: /EC2 instances have EFA or plain networking/,
        remedy: "Use efa.",
    },
    {
        title: "a GPU zone that is not among the zones",
        set: { "network.gpuZone": "us-east-2d" },
        path: "network.gpuZone",
        got: '"us-east-2d"',
        legal: /us-east-2a, us-east-2b, us-east-2c/,
        remedy: "Did you mean us-east-2",
    },
    {
        title: "a network too small for its nodes",
        environment: "scale",
        set: { "network.cidr": "10.0.0.0/18" },
        path: "pools",
        got: "1280 nodes in all",
        legal: /addresses/,
        remedy: "Give a wider cidr.",
    },
    {
        title: "an endpoint open to everybody",
        set: { "kubernetes.endpointAccessCidrs": ["0.0.0.0/0"] },
        path: "kubernetes.endpointAccessCidrs[0]",
        got: '"0.0.0.0/0"',
        legal: /never open to the whole internet/,
        remedy: "Name the ranges that need it, or leave the endpoint private.",
    },
    {
        title: "a Kubernetes version that there is not",
        set: { "kubernetes.version": "1.25" },
        path: "kubernetes.version",
        got: '"1.25"',
        legal: /1\.35/,
        remedy: "Did you mean 1.35?",
    },
    {
        title: "two pools of one name",
        set: { "pools[1].name": "block-a" },
        path: "pools[1].name",
        got: '"block-a"',
        legal: /pools\[0\] has this one/,
        remedy: "Give another name.",
    },
    {
        title: "quotas of more GPUs than there are",
        set: { "teams[1].gpus": 512 },
        path: "teams",
        got: "quotas of 1280 GPUs of p5en.48xlarge",
        legal: /pools block-a, block-b have 1024/,
        remedy: "Take 256 GPUs from the teams, or add nodes.",
    },
    {
        title: "a team without quota",
        set: { "teams[2].gpus": 0, "teams[2].borrow": undefined },
        path: "teams[2].gpus",
        got: "0, with nothing to borrow",
        legal: /a team without quota can run no job/,
        remedy: "Give it GPUs of its own, or let it borrow.",
    },
    {
        title: "borrowing from nobody",
        environment: "dev",
        set: { "teams[0].gpus": 2, "teams[0].borrow": 2 },
        path: "teams[0].borrow",
        got: "2",
        legal: /borrowing needs another team/,
        remedy: "Remove borrow",
    },
    {
        title: "borrowing more than others lend",
        set: { "teams[1].lend": 0 },
        path: "teams[0].borrow",
        got: "320",
        legal: /the other teams lend 64 GPUs of p5en\.48xlarge in all/,
        remedy: "Give 64 or less.",
    },
    {
        title: "lending more than one has",
        set: { "teams[2].lend": 65 },
        path: "teams[2].lend",
        got: "65",
        legal: /a team lends what is its own, 64 GPUs/,
        remedy: "Give 64 or less.",
    },
    {
        title: "a team in Kubernetes' own namespace",
        set: { "teams[2].namespace": "kube-system" },
        path: "teams[2].namespace",
        got: '"kube-system"',
        legal: /belongs to the system/,
        remedy: "Give a namespace such as the team's name.",
    },
    {
        title: "a job of an unknown team",
        set: { "jobs[0].team": "pretrian" },
        path: "jobs[0].team",
        got: '"pretrian"',
        legal: /pretrain, research, evals/,
        remedy: "Did you mean pretrain?",
    },
    {
        title: "a job on more nodes than its team may use",
        set: { "jobs[0].nodes": 128, "teams[0].borrow": 64 },
        path: "jobs[0].nodes",
        got: "128",
        legal: /^team "pretrain" may use 96 nodes of p5en\.48xlarge \(88 of its own, 8 borrowed\)$/,
        remedy: "Ask for 96 or fewer.",
    },
    {
        title: "a job on more nodes than the pools have",
        set: { "jobs[0].nodes": 129 },
        path: "jobs[0].nodes",
        got: "129",
        legal: /pools block-a, block-b have 128 nodes of p5en\.48xlarge/,
        remedy: "Ask for 128 or fewer.",
    },
    {
        title: "a topology level that the nodes do not have",
        set: { "jobs[0].topology.level": "topology.k8s.aws/network-node-layer-7" },
        path: "jobs[0].topology.level",
        got: '"topology.k8s.aws/network-node-layer-7"',
        legal: /topology\.k8s\.aws\/network-node-layer-1/,
        remedy: "Did you mean topology.k8s.aws/network-node-layer-1?",
    },
    {
        title: "a gang on one node that has more",
        set: { "jobs[0].topology.level": "kubernetes.io/hostname" },
        path: "jobs[0].topology.level",
        got: '"kubernetes.io/hostname"',
        legal: /128 nodes cannot all be one node/,
        remedy: "Name a wider level",
    },
    {
        title: "torchrun's own variables",
        set: { "jobs[0].environment": { PET_NNODES: "2" } },
        path: "jobs[0].environment.PET_NNODES",
        got: '"2"',
        legal: /Trainer sets them/,
        remedy: "Remove it; nodes and gpusPerNode decide these.",
    },
    {
        title: "an image that is another one tomorrow",
        set: { "training.image": "pytorch/pytorch:latest" },
        path: "training.image",
        got: '"pytorch/pytorch:latest"',
        legal: /a tag other than latest, or a digest/,
        remedy: "Write registry/name:version.",
    },
    {
        title: "a relative chart mirror",
        set: { chartMirror: "charts" },
        path: "chartMirror",
        got: '"charts"',
        legal: /an OCI registry \(oci:\/\/…\), a repository/,
        remedy: "Give one of these, for example oci://registry.example.com/charts.",
    },
    {
        title: "an image mirror with a scheme",
        set: { imageMirror: "https://registry.example.com" },
        path: "imageMirror",
        got: '"https://registry.example.com"',
        legal: /without scheme/,
        remedy: "Give for example registry.example.com/mirror.",
    },
    {
        title: "a freeze that ends before it starts",
        set: { freezeWindows: [{ start: "2026-12-31T00:00:00Z", end: "2026-12-20T00:00:00Z" }] },
        path: "freezeWindows[0].end",
        got: '"2026-12-20T00:00:00Z"',
        legal: /after its start 2026-12-31T00:00:00Z/,
        remedy: "Give an end after the start.",
    },
    {
        title: "a freeze on a day that does not exist",
        set: { freezeWindows: [{ start: "2026-11-31T00:00:00Z", end: "2026-12-20T00:00:00Z" }] },
        path: "freezeWindows[0].start",
        got: '"2026-11-31T00:00:00Z"',
        legal: /a time in UTC/,
        remedy: "2026-12-20T00:00:00Z",
    },
    {
        title: "a freeze without an end",
        set: { freezeWindows: [{ start: "2026-12-20T00:00:00Z" }] },
        path: "freezeWindows[0].end",
        got: "nothing",
        legal: /end is needed/,
        remedy: "Add end.",
    },
    {
        title: "a budget of nothing",
        set: { "budget.hourlyUsd": 0 },
        path: "budget.hourlyUsd",
        got: "0",
        legal: /above 0/,
        remedy: "Give the amount without currency sign.",
    },
];

/** The environment's configuration with values put at paths. */
function changed(environment: string, set: { [path: string]: unknown }): EnvironmentConfig {
    const config = configOf(environment);
    for (const [path, value] of Object.entries(set)) {
        const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
        const [first = "", ...rest] = path.includes(":") ? [path] : steps;
        const keys = [first.includes(":") ? first : `kilogpu:${first}`, ...rest];
        const last = keys.pop() ?? "";
        let target = config;
        for (const key of keys) {
            target[key] ??= {};
            target = target[key] as { [key: string]: unknown };
        }
        if (value === undefined) {
            // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- keys of a test's own copy
            delete target[last];
        } else {
            target[last] = value;
        }
    }
    return config;
}

describe("wrong input", () => {
    it.each(mistakes)(
        "$title is told before anything is created",
        async ({ environment, set, path, got, legal, remedy }) => {
            const name = environment ?? "prod";
            const { problems, registered } = await refusal(name, changed(name, set));
            const problem = problems.find((each) => each.path === path);
            expect(problem, `problems at ${problems.map((each) => each.path).join(", ")}`).toBeDefined();
            expect(problem?.got).toBe(got);
            expect(problem?.legal).toMatch(legal);
            expect(problem?.remedy).toContain(remedy);
            expect(problem?.remedy).not.toBe("");
            expect(registered).toBe(0);
        },
    );

    it("tells all mistakes at once", async () => {
        const { problems } = await refusal(
            "prod",
            changed("prod", { "kubernetes.version": "1.25", "pools[0].nodes": 0, "budget.hourlyUsd": -1 }),
        );
        expect(problems.map((problem) => problem.path)).toEqual(
            expect.arrayContaining(["kubernetes.version", "pools[0].nodes", "budget.hourlyUsd"]),
        );
    });

    it("accepts every environment as it is", async () => {
        await expect(refusal("prod", configOf("prod"))).rejects.toThrow("no InputError");
    });
});
