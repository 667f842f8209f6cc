/** Checkpoints inside the cluster: what a pod mounts, and as whom it writes. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { release } from "../../catalog/releases";
import { checkChartMirror, checkChartValues, checkImageMirror, installChart } from "../helm-chart";
import type { InputProblem } from "../input";
import { refuse, requirePlain, show } from "../input";
import type { CheckpointMount, CheckpointMounts } from "./mounts";
import type { CheckpointFolderArgs, CheckpointPlaceArgs, LustreMountArgs } from "./place";

/** What connects checkpoints with the pods of a cluster. */
export interface CheckpointVolumesArgs {
    /** Where checkpoints live: `CheckpointStorage.place`. */
    place: CheckpointPlaceArgs;
    /**
     * Resolves once the folders' namespaces exist, for example `TrainingQueues.spec.localQueues`: orders what is put into them.
     * Defaults to namespaces that were there before.
     */
    namespacesReady?: pulumi.Input<pulumi.Input<string>[]>;
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Values of the aws-fsx-csi-driver chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    values?: { [key: string]: any };
}

/**
 * What a claim asks for, whatever the size of its file system: it is bound to its volume by name, and Kubernetes refuses to change the size that
 * a claim of a volume made by hand asks for. So the file system can grow. 1,200 GiB is the smallest that FSx sells.
 */
const LEAST = "1200Gi";

/** Name of the claim in each namespace. */
export const CHECKPOINT_CLAIM = "checkpoints";

/**
 * A service account for each folder of the checkpoints, with which pods write to their prefix in the bucket; and where there is a Lustre
 * file system, its CSI driver and a claim in each folder's namespace that every node of the cluster can mount at once.
 *
 * Lustre is one file system for all: claims order its folders and are no wall between teams, whereas prefixes in the bucket are.
 * Volumes are retained: deleting a claim deletes no checkpoint.
 */
export class CheckpointVolumes extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:CheckpointVolumes";

    /** What jobs need to mount them. */
    readonly mounts: CheckpointMounts;

    constructor(name: string, args: CheckpointVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`CheckpointVolumes "${name}"`, checkCheckpointVolumes(args));
        super(CheckpointVolumes.__pulumiType, name, args, opts);
        const child = { parent: this };
        const { place } = args;
        const ready = pulumi.output(args.namespacesReady ?? []);
        const namespaceOf = (folder: CheckpointFolderArgs): pulumi.Output<string> =>
            ready.apply(() => folder.namespace);

        const driver = place.lustre === undefined ? [] : [installDriver(name, args, child)];
        const claims = new Map<string, k8s.core.v1.PersistentVolumeClaim>();
        const { lustre } = place;
        if (lustre !== undefined) {
            for (const folder of place.folders.filter((candidate) => !claims.has(candidate.namespace))) {
                claims.set(
                    folder.namespace,
                    lustreClaim(name, folder, namespaceOf(folder), lustre, { ...child, dependsOn: driver }),
                );
            }
        }
        this.mounts = {
            mounts: place.folders.map((folder): CheckpointMount => {
                const account = new k8s.core.v1.ServiceAccount(
                    `${name}-${folder.namespace}-${folder.serviceAccount}`,
                    {
                        metadata: {
                            name: folder.serviceAccount,
                            namespace: namespaceOf(folder),
                            // Pod Identity reads its associations when a pod starts: the account comes after its role.
                            annotations: { "kilogpu.dev/checkpoints": folder.url },
                        },
                        automountServiceAccountToken: false,
                    },
                    child,
                );
                const claim = claims.get(folder.namespace);
                return {
                    namespace: folder.namespace,
                    serviceAccount: folder.serviceAccount,
                    readyServiceAccount: account.metadata.name,
                    url: pulumi.output(folder.url),
                    ...(claim === undefined ? {} : { claim: CHECKPOINT_CLAIM, readyClaim: claim.metadata.name }),
                };
            }),
        };
        this.registerOutputs({ mounts: this.mounts });
    }
}

/** All mistakes of the arguments. */
export function checkCheckpointVolumes(args: CheckpointVolumesArgs): InputProblem[] {
    const unknown = requirePlain({
        chartMirror: args.chartMirror,
        imageMirror: args.imageMirror,
        "place.folders": args.place.folders.map(({ namespace, serviceAccount }) => ({ namespace, serviceAccount })),
    });
    if (unknown.length > 0) {
        return unknown;
    }
    const automatic = args.place.folders.findIndex((folder) => folder.serviceAccount === "default");
    return [
        ...(automatic < 0
            ? []
            : [
                  {
                      path: `place.folders[${String(automatic)}].serviceAccount`,
                      got: show("default"),
                      legal: "Kubernetes makes the account default itself, and every pod that names none has it",
                      remedy: "Give the jobs an account of their own, such as training.",
                  },
              ]),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release("aws-fsx-csi-driver"), args.values),
    ];
}

function installDriver(
    name: string,
    args: CheckpointVolumesArgs,
    child: pulumi.CustomResourceOptions,
): k8s.helm.v3.Release {
    return installChart(
        `${name}-fsx-csi`,
        {
            release: "aws-fsx-csi-driver",
            values: {
                // The controller makes file systems from claims. Here Pulumi makes them, and no pod may create any.
                nodeComponentOnly: true,
                node: {
                    // Otherwise it asks the instance metadata, which pods do not reach over one hop.
                    region: args.place.region,
                    tolerateAllTaints: true,
                },
            },
            userValues: args.values,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        child,
    );
}

/** A volume that stands for the file system, kept for one claim. */
function lustreClaim(
    name: string,
    folder: CheckpointFolderArgs,
    namespace: pulumi.Output<string>,
    lustre: LustreMountArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
    const storage = `${String(lustre.capacityGib)}Gi`;
    const volume = new k8s.core.v1.PersistentVolume(
        `${name}-${folder.namespace}`,
        {
            metadata: { name: `${name}-${folder.namespace}` },
            spec: {
                capacity: { storage },
                volumeMode: "Filesystem",
                accessModes: ["ReadWriteMany"],
                persistentVolumeReclaimPolicy: "Retain",
                storageClassName: "",
                // Locks that hold over all nodes; no write for each read.
                mountOptions: ["flock", "noatime"],
                claimRef: { namespace: folder.namespace, name: CHECKPOINT_CLAIM },
                csi: {
                    driver: "fsx.csi.aws.com",
                    // One handle for each volume: a node mounts a handle once, also where two namespaces share the file system. The
                    // driver finds the file system by its attributes.
                    volumeHandle: pulumi.interpolate`${lustre.fileSystemId}-${folder.namespace}`,
                    volumeAttributes: { dnsname: lustre.dnsName, mountname: lustre.mountName },
                },
            },
        },
        // The source of a volume is immutable, and the name is taken until the old one is gone.
        { ...opts, deleteBeforeReplace: true },
    );
    return new k8s.core.v1.PersistentVolumeClaim(
        `${name}-${folder.namespace}`,
        {
            metadata: { name: CHECKPOINT_CLAIM, namespace },
            spec: {
                accessModes: ["ReadWriteMany"],
                storageClassName: "",
                volumeName: volume.metadata.name,
                resources: { requests: { storage: LEAST } },
            },
        },
        { ...opts, deleteBeforeReplace: true },
    );
}
