/** `kilogpu doctor`: what this machine has and lacks; `doctor aws <env>`: whether it would reach the cluster; `doctor inventory`: what a rack's inventory holds; `--charts`: values against the charts themselves. */
import colors from "picocolors";
import type { Command } from "commander";
// Not the whole component: that brings the SDKs, which take seconds and no command here needs.
import { endpointReachability, Reachability } from "../../components/eks-cluster/reachability";
import { checkCharts, checkObjects } from "../doctor/charts";
import { machineFacts, machineFindings, Verdict } from "../doctor/machine";
import { ExitCode, fail } from "../failure";
import type { Plan } from "../plan/contract";
import { plan } from "../plan/plan";
import { environments, readProject } from "../plan/project";
import type { Json } from "../plan/values";
import { table } from "../table";

interface Flags {
    cwd: string;
    charts?: boolean;
    egress?: string;
}

function print(lines: readonly string[]): void {
    process.stdout.write(`${lines.join("\n")}\n`);
}

function machine(): number {
    const findings = machineFindings();
    const mark = { [Verdict.Ok]: "ok", [Verdict.Missing]: "missing", [Verdict.Note]: "–" };
    print(
        table(
            [{ heading: "what" }, { heading: "" }, { heading: "found" }, { heading: "for" }],
            findings.map(({ subject, verdict, found, meaning }) => [subject, mark[verdict], found, meaning]),
        ),
    );
    return findings.some(({ verdict }) => verdict === Verdict.Missing) ? ExitCode.Violation : ExitCode.Ok;
}

async function charts(flags: Flags): Promise<number> {
    const project = readProject(flags.cwd);
    let wrong = 0;
    let unread = 0;
    for (const environment of environments(project)) {
        const planned = await plan(project, environment);
        const findings = await checkCharts(planned);
        for (const finding of findings) {
            const name = `${environment}: ${finding.chart} ${finding.version}`;
            if (finding.problem !== undefined) {
                unread += 1;
                print([`${colors.yellow("not checked")} ${environment}: ${finding.problem}`]);
                continue;
            }
            const mistakes = [
                ...(finding.unknownKeys ?? []).map((key) => `reads no value ${key}`),
                ...(finding.missingCrds ?? []).map((crd) => `brings no CRD ${crd}`),
            ];
            wrong += mistakes.length;
            print(
                mistakes.length === 0
                    ? [`ok ${name}`]
                    : mistakes.map((mistake) => `${colors.red("wrong")} ${name} ${mistake}`),
            );
        }
        const objects = checkObjects(
            planned,
            findings.flatMap(({ definitions }) => definitions ?? []),
        );
        wrong += objects.violations.length;
        print([
            `${String(objects.judged)} objects of ${environment} judged by their charts' CRDs` +
                (objects.unjudged.length === 0
                    ? ""
                    : `; no chart that was read has a CRD of ${objects.unjudged.join(", ")}`),
            ...objects.violations.map((violation) => `${colors.red("wrong")} ${environment}: ${violation}`),
        ]);
    }
    if (unread > 0) {
        print([
            "",
            "Charts that were not checked are held to the keys of the catalogue by npm test; docs/truth.md says which.",
        ]);
    }
    return wrong > 0 ? ExitCode.Violation : unread > 0 ? ExitCode.Failure : ExitCode.Ok;
}

function text(value: Json | undefined, fallback = ""): string {
    return typeof value === "string" && !value.startsWith("<") ? value : fallback;
}

/** Facts of the endpoint from a plan. */
export function endpointFacts(result: Plan): Parameters<typeof endpointReachability>[0] | undefined {
    const cluster = result.resources.find(({ type }) => type === "aws:eks/cluster:Cluster");
    if (cluster === undefined) {
        return undefined;
    }
    const vpc = result.resources.find(({ type }) => type === "aws:ec2/vpc:Vpc");
    const access = cluster.inputs["vpcConfig"] as { publicAccessCidrs?: Json; endpointPublicAccess?: Json } | undefined;
    const cidrs =
        access?.endpointPublicAccess === true && Array.isArray(access.publicAccessCidrs)
            ? access.publicAccessCidrs
            : [];
    return {
        clusterName: text(cluster.inputs["name"], cluster.name),
        vpcCidr: text(vpc?.inputs["cidrBlock"]),
        publicAccessCidrs: cidrs.map((cidr) => text(cidr)).filter((cidr) => cidr !== ""),
    };
}

async function aws(environment: string, flags: Flags): Promise<number> {
    const endpoint = endpointFacts(await plan(readProject(flags.cwd), environment));
    if (endpoint === undefined) {
        print([`${environment} has no EKS cluster.`]);
        return ExitCode.Ok;
    }
    const facts = machineFacts(flags.egress);
    const answer = endpointReachability(endpoint, facts);
    print([`This machine's addresses: ${facts.addresses.join(", ") || "none"}.`, answer.explanation]);
    return answer.reachable === Reachability.No ? ExitCode.Violation : ExitCode.Ok;
}

async function inventory(file: string, flags: { json?: boolean; machineType?: string }): Promise<number> {
    const { readInventoryFile } = await import("../fabric/inventory-file.js");
    const { inventoryLines, inventoryReport } = await import("../doctor/inventory.js");
    const report = inventoryReport(readInventoryFile(file, flags.machineType));
    print(flags.json === true ? [JSON.stringify(report, null, 2)] : inventoryLines(report));
    return ExitCode.Ok;
}

/** Adds the command. */
export function addDoctorCommand(program: Command): void {
    const guarded = async (action: () => Promise<number> | number, json = false): Promise<void> => {
        try {
            process.exitCode = await action();
        } catch (error) {
            process.exitCode = fail(error, json);
        }
    };
    const doctor = program
        .command("doctor")
        .description("what this machine has and lacks for planning, the twin and AWS")
        .option(
            "--charts",
            "compare the values and objects of every environment with the charts and their CRDs (needs helm and their repositories)",
        )
        .option("--cwd <folder>", "folder of the Pulumi project", ".")
        .action((flags: Flags) => guarded(() => (flags.charts === true ? charts(flags) : machine())));
    doctor
        .command("aws <environment>")
        .description("whether this machine will reach the cluster's API endpoint")
        .option("--egress <address>", "IPv4 address that the internet sees of this machine; nobody is asked for it")
        .option("--cwd <folder>", "folder of the Pulumi project", ".")
        .action((environment: string, flags: Flags) => guarded(() => aws(environment, flags)));
    doctor
        .command("inventory <file>")
        .description("check an inventory (YAML, CSV, NetBox's export) and show what is derived from it")
        .option("--machine-type <type>", "machine type of a CSV's hosts that name none")
        .option("--json", "print the report as JSON and nothing else on standard output")
        .action((file: string, flags: { json?: boolean; machineType?: string }) =>
            guarded(() => inventory(file, flags), flags.json === true),
        );
}
