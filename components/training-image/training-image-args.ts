/** Arguments of TrainingImage. */
import type * as pulumi from "@pulumi/pulumi";
import type { FabricKind } from "../fabric";

/** What the image is built from, and where it is kept. */
export interface TrainingImageArgs {
    /** Name of the ECR repository. Defaults to the component's name. */
    repository?: string;
    /** Network that the image must speak: EFA adds libfabric and the NCCL plugin, InfiniBand and RoCE the verbs libraries. */
    fabric: FabricKind;
    /** KMS key of the repository, the build and its logs: `EksCluster.access.kmsKeyArn`, whose policy lets CloudWatch Logs use it. */
    kmsKeyArn: pulumi.Input<string>;
    /** Python packages besides PyTorch, each pinned: `wandb==0.22.0`. Defaults to none. */
    packages?: string[];
    /** Whether NCCL's tests are built into /opt/nccl-tests. Defaults to true. */
    ncclTests?: boolean;
    /** Untagged and superseded images that are kept. Defaults to 10. */
    keepImages?: number;
    /** Tags of everything in AWS. Defaults to none. */
    tags?: { [key: string]: string };
}
