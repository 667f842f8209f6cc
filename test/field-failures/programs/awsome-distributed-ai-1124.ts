// https://github.com/awslabs/awsome-distributed-ai/pull/1124
// A Lustre file system takes capacity in steps only; with EFA in much larger ones.
// Caught by: checkpoints.fileSystem.capacityGib
import { train } from "./environment";
train({ checkpoints: { fileSystem: { capacityGib: 1000, throughputPerTib: 500 } } });
