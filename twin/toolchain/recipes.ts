/** How each tool is recognised on a machine, downloaded and built. Data only: the code that follows a recipe knows no tool by name. */
import { minorOf } from "./versions";
import { ToolName } from "./types";

/** An official download. `{version}` is the version with its leading v, `{bare}` without it. */
export interface Download {
    url: string;
    /** A file that lists sha256 sums, or holds the one. */
    checksums?: string;
    /** Path of the executable inside a `.tar.gz`; absent where the URL is the executable itself. */
    member?: string;
}

export interface Recipe {
    tool: ToolName;
    /** How to ask an installed one for its version; absent where nobody installs it under that name. */
    installed?: {
        versionArguments: string[];
        /** Whether a version found on the machine can stand in for the pinned one. */
        fits: (found: string, pinned: string) => boolean;
    };
    /** Undefined where the project publishes no executables, only images. */
    download?: (version: string, os: "linux" | "darwin", cpu: "amd64" | "arm64") => Download;
    build: {
        /** Folder under `modules/`. */
        wrapper: string;
        /** Go module whose version is the tool's. */
        module: string;
        /** Package of the executable. */
        package: string;
        /** Build tags. Defaults to none. */
        tags?: string[];
        /** `-X` settings: a program that is not told its version says v0.0.0, and others then refuse it. */
        stamps: (version: string, date: string) => { [variable: string]: string };
        /** Folders of the module that the twin reads, kept beside the executable. */
        keep: string[];
    };
}

const sameMinor = (found: string, pinned: string): boolean => minorOf(found) === minorOf(pinned);
const sameMajor = (found: string, pinned: string): boolean => major(found) === major(pinned);
const sameMajorNotOlder = (found: string, pinned: string): boolean =>
    sameMajor(found, pinned) && minor(found) >= minor(pinned);
/** kubectl is supported one minor away from the API server, either way. */
const withinOneMinor = (found: string, pinned: string): boolean =>
    sameMajor(found, pinned) && Math.abs(minor(found) - minor(pinned)) <= 1;
const any = (): boolean => true;

const none = (): { [variable: string]: string } => ({});

function kubernetes(
    tool: ToolName,
    fits: (found: string, pinned: string) => boolean,
    versionArguments: string[],
): Recipe {
    return {
        tool,
        installed: { versionArguments, fits },
        download: (version, os, cpu) => {
            const url = `https://dl.k8s.io/release/${version}/bin/${os}/${cpu}/${tool}`;
            return { url, checksums: `${url}.sha256` };
        },
        build: {
            wrapper: "kubernetes",
            module: "k8s.io/kubernetes",
            package: `k8s.io/kubernetes/cmd/${tool}`,
            stamps: (version, date) => {
                const [majorNumber = "", minorNumber = ""] = minorOf(version).split(".");
                const values = {
                    gitVersion: version,
                    gitMajor: majorNumber,
                    gitMinor: minorNumber,
                    gitCommit: "unknown",
                    gitTreeState: "clean",
                    buildDate: date,
                };
                return Object.fromEntries(
                    Object.entries(values).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
                );
            },
            keep: [],
        },
    };
}

function prometheus(tool: ToolName): Recipe {
    return {
        tool,
        installed: { versionArguments: ["--version"], fits: any },
        // The Go module counts v0.311.3 where the product says 3.11.3.
        download: (version, os, cpu) => {
            const [, minor = "", patch = ""] = version.split(".");
            const product = `3.${Number(minor) - 300}.${patch}`;
            const base = `https://github.com/prometheus/prometheus/releases/download/v${product}`;
            const folder = `prometheus-${product}.${os}-${cpu}`;
            return {
                url: `${base}/${folder}.tar.gz`,
                checksums: `${base}/sha256sums.txt`,
                member: `${folder}/${tool}`,
            };
        },
        build: {
            wrapper: "prometheus",
            module: "github.com/prometheus/prometheus",
            package: `github.com/prometheus/prometheus/cmd/${tool}`,
            // No clouds to discover targets in, a fifth of what is compiled: in a twin they come over HTTP and from the configuration.
            tags: ["remove_all_sd"],
            stamps: (version, date) => ({
                "github.com/prometheus/common/version.Version": version.slice(1),
                "github.com/prometheus/common/version.BuildDate": date,
            }),
            keep: [],
        },
    };
}

function alertmanager(tool: ToolName): Recipe {
    return {
        tool,
        installed: { versionArguments: ["--version"], fits: any },
        download: (version, os, cpu) => {
            const bare = version.slice(1);
            const base = `https://github.com/prometheus/alertmanager/releases/download/${version}`;
            const folder = `alertmanager-${bare}.${os}-${cpu}`;
            return {
                url: `${base}/${folder}.tar.gz`,
                checksums: `${base}/sha256sums.txt`,
                member: `${folder}/${tool}`,
            };
        },
        build: {
            wrapper: "alertmanager",
            module: "github.com/prometheus/alertmanager",
            package: `github.com/prometheus/alertmanager/cmd/${tool}`,
            stamps: (version, date) => ({
                "github.com/prometheus/common/version.Version": version.slice(1),
                "github.com/prometheus/common/version.BuildDate": date,
            }),
            keep: [],
        },
    };
}

const list: Recipe[] = [
    {
        tool: ToolName.Pulumi,
        installed: { versionArguments: ["version"], fits: sameMajorNotOlder },
        // The archive brings the language host too; it is kept beside the executable.
        download: (version, os, cpu) => {
            const bare = version.slice(1);
            const base = `https://github.com/pulumi/pulumi/releases/download/${version}`;
            return {
                url: `${base}/pulumi-${version}-${os}-${cpu === "amd64" ? "x64" : cpu}.tar.gz`,
                checksums: `${base}/pulumi-${bare}-checksums.txt`,
                member: "pulumi/pulumi",
            };
        },
        build: {
            wrapper: "pulumi",
            module: "github.com/pulumi/pulumi/pkg/v3",
            package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            stamps: (version) => ({ "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": version }),
            keep: [],
        },
    },
    {
        tool: ToolName.Etcd,
        installed: { versionArguments: ["--version"], fits: sameMajor },
        download: (version, os, cpu) => {
            const base = `https://github.com/etcd-io/etcd/releases/download/${version}`;
            const folder = `etcd-${version}-${os}-${cpu}`;
            // Only Linux comes as a tar archive; elsewhere the build is taken.
            return { url: `${base}/${folder}.tar.gz`, checksums: `${base}/SHA256SUMS`, member: `${folder}/etcd` };
        },
        build: {
            wrapper: "etcd",
            module: "go.etcd.io/etcd/server/v3",
            package: "go.etcd.io/etcd/server/v3",
            stamps: none,
            keep: [],
        },
    },
    kubernetes(ToolName.ApiServer, sameMinor, ["--version"]),
    kubernetes(ToolName.Scheduler, sameMinor, ["--version"]),
    kubernetes(ToolName.ControllerManager, sameMinor, ["--version"]),
    kubernetes(ToolName.Kubectl, withinOneMinor, ["version", "--client"]),
    {
        tool: ToolName.Kwok,
        installed: { versionArguments: ["--version"], fits: sameMinor },
        download: (version, os, cpu) => ({
            url: `https://github.com/kubernetes-sigs/kwok/releases/download/${version}/kwok-${os}-${cpu}`,
        }),
        build: {
            wrapper: "kwok",
            module: "sigs.k8s.io/kwok",
            package: "sigs.k8s.io/kwok/cmd/kwok",
            stamps: none,
            keep: [],
        },
    },
    {
        tool: ToolName.Kueue,
        build: {
            wrapper: "kueue",
            module: "sigs.k8s.io/kueue",
            package: "sigs.k8s.io/kueue/cmd/kueue",
            stamps: (version, date) => ({
                "sigs.k8s.io/kueue/pkg/version.GitVersion": version,
                "sigs.k8s.io/kueue/pkg/version.BuildDate": date,
            }),
            keep: ["charts"],
        },
    },
    {
        tool: ToolName.Jobset,
        build: {
            wrapper: "jobset",
            module: "sigs.k8s.io/jobset",
            package: "sigs.k8s.io/jobset",
            stamps: none,
            keep: ["charts"],
        },
    },
    {
        tool: ToolName.Trainer,
        build: {
            wrapper: "trainer",
            module: "github.com/kubeflow/trainer/v2",
            package: "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager",
            stamps: none,
            keep: ["charts"],
        },
    },
    {
        tool: ToolName.Helm,
        installed: { versionArguments: ["version", "--short"], fits: sameMajor },
        download: (version, os, cpu) => {
            const url = `https://get.helm.sh/helm-${version}-${os}-${cpu}.tar.gz`;
            return { url, checksums: `${url}.sha256sum`, member: `${os}-${cpu}/helm` };
        },
        build: {
            wrapper: "helm",
            module: "helm.sh/helm/v4",
            package: "helm.sh/helm/v4/cmd/helm",
            stamps: (version) => ({ "helm.sh/helm/v4/internal/version.version": version }),
            keep: [],
        },
    },
    prometheus(ToolName.Prometheus),
    prometheus(ToolName.Promtool),
    alertmanager(ToolName.Alertmanager),
    alertmanager(ToolName.Amtool),
    {
        // Debian's package of this name is something else, so that one on PATH is not asked.
        tool: ToolName.Loki,
        build: {
            wrapper: "loki",
            module: "github.com/grafana/loki/v3",
            package: "github.com/grafana/loki/v3/cmd/loki",
            stamps: (version, date) => ({
                "github.com/grafana/loki/v3/pkg/util/build.Version": version.slice(1),
                "github.com/grafana/loki/v3/pkg/util/build.BuildDate": date,
            }),
            keep: [],
        },
    },
];

export function recipeFor(tool: ToolName): Recipe {
    const recipe = list.find((candidate) => candidate.tool === tool);
    if (recipe === undefined) {
        throw new Error(`no recipe for ${tool}`);
    }
    return recipe;
}

function major(version: string): number {
    return Number(minorOf(version).split(".")[0]);
}

function minor(version: string): number {
    return Number(minorOf(version).split(".")[1]);
}
