/**
 * An environment's Kubernetes side as files, for people who deliver by GitOps: plain manifests in the order of their waves, and each Helm release
 * as an Argo CD Application or a Flux HelmRelease. Cloud resources stay with Pulumi; what only they can tell is marked in the file.
 */
import { stringify } from "yaml";
import type { Plan, PlannedResource } from "../plan/contract";
import type { Json } from "../plan/values";

/** Which controller will read the files. */
export const GitOps = { Argo: "argo", Flux: "flux" } as const;
export type GitOps = (typeof GitOps)[keyof typeof GitOps];

/** One file to write. */
export interface RenderedFile {
    path: string;
    content: string;
}

type JsonMap = { [key: string]: Json };

/** Kinds that others need first, by wave; what is not named goes last. */
const WAVES: { [kind: string]: number } = {
    Namespace: 0,
    PriorityClass: 0,
    StorageClass: 0,
    CustomResourceDefinition: 1,
    ServiceAccount: 2,
    ConfigMap: 2,
    Secret: 2,
    Topology: 10,
    ResourceFlavor: 11,
    WorkloadPriorityClass: 11,
    Cohort: 12,
    ClusterQueue: 12,
    LocalQueue: 13,
    ClusterTrainingRuntime: 14,
    TrainJob: 20,
};
/** Releases come between their namespaces and the custom resources that need their CRDs. */
const RELEASE_WAVE = 5;
const LAST_WAVE = 15;

function text(value: Json | undefined): string {
    return typeof value === "string" ? value : "";
}

function map(value: Json | undefined): JsonMap {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** Paths of values that this plan cannot know, or must not print. */
function openPaths(value: Json, path = ""): string[] {
    if (value === "<computed>" || value === "<secret>") {
        return [`${path} ${value}`];
    }
    if (Array.isArray(value)) {
        return value.flatMap((item, index) => openPaths(item, `${path}[${index}]`));
    }
    return Object.entries(map(value)).flatMap(([key, item]) => openPaths(item, path === "" ? key : `${path}.${key}`));
}

function header(resource: PlannedResource, open: string[]): string {
    const lines = [`# ${resource.urn}`, ...open.map((path) => `# fill in: ${path}`)];
    return `${lines.join("\n")}\n`;
}

/** `kubernetes:kueue.x-k8s.io/v1beta2:Topology` is apiVersion and kind; the core group has no slash. */
function identity(type: string): { apiVersion: string; kind: string } {
    const [, apiVersion = "", kind = ""] = type.split(":");
    return { apiVersion: apiVersion.replace(/^core\//, ""), kind };
}

/** Objects of one name in several namespaces are several files. */
function fileName(kind: string, name: string, namespace: string): string {
    const parts = [kind, ...(namespace === "" ? [] : [namespace]), name];
    return `${parts
        .join("-")
        .toLowerCase()
        .replace(/[^a-z0-9.-]+/g, "-")}.yaml`;
}

function waveFolder(wave: number): string {
    return `wave-${String(wave).padStart(2, "0")}`;
}

function manifest(resource: PlannedResource, gitOps: GitOps): RenderedFile {
    const { apiVersion, kind } = identity(resource.type);
    const wave = WAVES[kind] ?? LAST_WAVE;
    const metadata = map(resource.inputs["metadata"]);
    const name = text(metadata["name"]) || resource.name;
    const annotations: JsonMap = {
        ...map(metadata["annotations"]),
        ...(gitOps === GitOps.Argo ? { "argocd.argoproj.io/sync-wave": String(wave) } : {}),
    };
    const body: JsonMap = {
        apiVersion,
        kind,
        ...resource.inputs,
        metadata: { ...metadata, name, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    };
    return {
        path: `${waveFolder(wave)}/${fileName(kind, name, text(metadata["namespace"]))}`,
        content: header(resource, openPaths(body)) + stringify(body),
    };
}

/** Repository URL and chart name of a release, from `repositoryOpts.repo` or an `oci://` chart reference. */
function chartSource(inputs: JsonMap): { repository: string; chart: string; isOci: boolean } {
    const chart = text(inputs["chart"]);
    const short = chart.split("/").pop() ?? chart;
    const repository =
        text(map(inputs["repositoryOpts"])["repo"]) || chart.slice(0, Math.max(0, chart.length - short.length - 1));
    return { repository, chart: short, isOci: repository.startsWith("oci://") };
}

function argoApplication(resource: PlannedResource): JsonMap {
    const { inputs } = resource;
    const { repository, chart } = chartSource(inputs);
    return {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "Application",
        metadata: {
            name: text(inputs["name"]) || resource.name,
            namespace: "argocd",
            annotations: { "argocd.argoproj.io/sync-wave": String(RELEASE_WAVE) },
        },
        spec: {
            project: "default",
            destination: { server: "https://kubernetes.default.svc", namespace: text(inputs["namespace"]) },
            source: {
                // Argo CD takes an OCI registry without its scheme.
                repoURL: repository.replace(/^oci:\/\//, ""),
                chart,
                targetRevision: text(inputs["version"]),
                helm: { releaseName: text(inputs["name"]) || resource.name, valuesObject: map(inputs["values"]) },
            },
            syncPolicy: { syncOptions: ["CreateNamespace=true", "ServerSideApply=true"] },
        },
    };
}

function fluxRelease(resource: PlannedResource): JsonMap[] {
    const { inputs } = resource;
    const { repository, chart, isOci } = chartSource(inputs);
    const name = text(inputs["name"]) || resource.name;
    const namespace = text(inputs["namespace"]);
    return [
        {
            apiVersion: "source.toolkit.fluxcd.io/v1",
            kind: "HelmRepository",
            metadata: { name, namespace },
            spec: { ...(isOci ? { type: "oci" } : {}), url: repository, interval: "1h" },
        },
        {
            apiVersion: "helm.toolkit.fluxcd.io/v2",
            kind: "HelmRelease",
            metadata: { name, namespace },
            spec: {
                interval: "1h",
                releaseName: name,
                chart: {
                    spec: { chart, version: text(inputs["version"]), sourceRef: { kind: "HelmRepository", name } },
                },
                install: { createNamespace: true, crds: "CreateReplace" },
                upgrade: { crds: "CreateReplace" },
                values: map(inputs["values"]),
            },
        },
    ];
}

function releaseFile(resource: PlannedResource, gitOps: GitOps): RenderedFile {
    const documents = gitOps === GitOps.Argo ? [argoApplication(resource)] : fluxRelease(resource);
    const name = text(resource.inputs["name"]) || resource.name;
    return {
        path: `${waveFolder(RELEASE_WAVE)}/${fileName("release", name, text(resource.inputs["namespace"]))}`,
        content:
            header(
                resource,
                documents.flatMap((document) => openPaths(document)),
            ) + documents.map((document) => stringify(document)).join("---\n"),
    };
}

/** All files of a plan, sorted by path. */
export function renderFiles(plan: Plan, gitOps: GitOps): RenderedFile[] {
    const kubernetes = plan.resources.filter(({ type, custom }) => custom && type.startsWith("kubernetes:"));
    return kubernetes
        .map((resource) =>
            resource.type === "kubernetes:helm.sh/v3:Release"
                ? releaseFile(resource, gitOps)
                : manifest(resource, gitOps),
        )
        .sort((a, b) => (a.path < b.path ? -1 : 1));
}
