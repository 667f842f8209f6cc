// https://github.com/kubernetes-sigs/kueue/issues/5243
// Workloads that cannot fit hold up the queue: here a job larger than its queue may ever have.
// Caught by: jobs[0].nodes
import { train } from "./environment";
train({ jobs: [{ name: "gpt2", team: "pretrain", nodes: 256, script: "training/gpt2.py" }] });
