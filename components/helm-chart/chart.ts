/**
 * A Helm chart of the release catalogue as a Pulumi resource. The only place that builds a Release, so that every chart is
 * pinned, waits until its pods are ready, leaves nothing half-installed behind and can come from a mirror.
 */
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { release } from "../../catalog/releases";
import type { Release } from "../../catalog/types";
import type { InputProblem } from "../input";
import { show } from "../input";
import { mirroredValues } from "./image-mirror";
import { mergeValues } from "./values";
import type { ChartValues } from "./values";

/** What a chart is installed with. */
export interface ChartInstall {
    /** Name in the release catalogue, for example `kueue`. It is the Helm release's name too, so that Services keep theirs. */
    release: string;
    /** Name of the Helm release, where the chart is installed a second time. Defaults to the chart's. */
    releaseName?: string;
    /** Namespace, where it differs from the catalogue's. An Output orders the release after the namespace. */
    namespace?: pulumi.Input<string>;
    values: ChartValues;
    /** The user's values, on top of ours. */
    userValues?: ChartValues;
    /** Where charts come from instead of their own repositories: `oci://…`, `https://…` or a folder with `<chart>-<version>.tgz`. */
    chartMirror?: string;
    /** Registry, with or without a path, that images come from instead of their own registries. */
    imageMirror?: string;
    /** Seconds that an installation may take. Defaults to 600. */
    timeoutSeconds?: number;
}

/** Where Helm finds the chart. */
export interface ChartReference {
    /** Chart name in a repository, `oci://` reference, or path of an archive. */
    chart: string;
    /** Repository URL; absent for OCI references and archives. */
    repository?: string;
}

/** Where the chart of `pin` is, taking a mirror into account. */
export function chartReference(pin: Release, chartMirror?: string): ChartReference {
    const chart = pin.chart ?? pin.name;
    const source = (chartMirror ?? pin.location).replace(/\/+$/, "");
    if (source.startsWith("oci://")) {
        return { chart: `${source}/${chart}` };
    }
    if (/^https?:\/\//.test(source)) {
        return { chart, repository: source };
    }
    return { chart: path.join(source, `${chart}-${pin.version.replace(/^v/, "")}.tgz`) };
}

/** Arguments of the Release for a pinned chart. Pure. */
export function releaseArgs(pin: Release, install: ChartInstall): k8s.helm.v3.ReleaseArgs {
    const reference = chartReference(pin, install.chartMirror);
    return {
        name: install.releaseName ?? pin.chart ?? pin.name,
        chart: reference.chart,
        version: pin.version,
        ...(reference.repository === undefined ? {} : { repositoryOpts: { repo: reference.repository } }),
        namespace: install.namespace ?? pin.namespace ?? "default",
        values: mergeValues(
            mergeValues(install.values, mirroredValues(pin.name, install.imageMirror)),
            install.userValues,
        ),
        // A release that failed is taken back, so that the next `up` starts clean instead of meeting "cannot re-use a name".
        atomic: true,
        cleanupOnFail: true,
        skipAwait: false,
        timeout: install.timeoutSeconds ?? 600,
        // Helm keeps every revision as a Secret of up to 1 MiB; five are enough to look back.
        maxHistory: 5,
    };
}

/** Installs a chart of the release catalogue. */
export function installChart(
    name: string,
    install: ChartInstall,
    opts: pulumi.CustomResourceOptions,
): k8s.helm.v3.Release {
    return new k8s.helm.v3.Release(name, releaseArgs(release(install.release), install), opts);
}

/** Problems of a `chartMirror`. */
export function checkChartMirror(mirror: string | undefined): InputProblem[] {
    if (mirror === undefined || /^(oci|https):\/\/[^/]+/.test(mirror) || path.isAbsolute(mirror)) {
        return [];
    }
    return [
        {
            path: "chartMirror",
            got: show(mirror),
            legal: "an OCI registry (oci://…), a repository (https://…) or the absolute path of a folder is legal",
            remedy: "Give one of these, for example oci://registry.example.com/charts.",
        },
    ];
}
