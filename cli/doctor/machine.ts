/** What this machine has and lacks for each way of using kilogpu. It looks only at what lies here: nothing is called over the network. */
import { execFileSync } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";
import { homedir, totalmem } from "node:os";
import { join } from "node:path";
import { machineAddresses, type MachineFacts } from "../../components/eks-cluster/reachability";
import { onPath } from "../../twin/toolchain/installed";

/** How a finding is to be read. */
export const Verdict = { Ok: "ok", Missing: "missing", Note: "note" } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** One line of the doctor's. */
export interface Finding {
    subject: string;
    verdict: Verdict;
    /** What was found. */
    found: string;
    /** What it is needed for, or what to do. */
    meaning: string;
}

const GIB = 2 ** 30;
/** A twin of prod holds 1.3 GiB, its first build of the Kubernetes binaries about three. */
const TWIN_MEMORY_GIB = 6;
/** Go's caches and the binaries of a first run. */
const TWIN_DISK_GIB = 15;

/** The first line that a tool prints about its version; undefined where it cannot be run. */
function versionLine(file: string, args: string[]): string | undefined {
    try {
        return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 })
            .trim()
            .split("\n")[0];
    } catch {
        return undefined;
    }
}

function tool(name: string, args: string[], meaning: string): Finding {
    const file = onPath(name);
    const version = file === undefined ? undefined : versionLine(file, args);
    const found = version ?? (file === undefined ? "not on PATH" : "on PATH, but does not run");
    return { subject: name, verdict: version === undefined ? Verdict.Note : Verdict.Ok, found, meaning };
}

function node(version = process.versions.node): Finding {
    const major = Number(version.split(".")[0]);
    return {
        subject: "node",
        verdict: major >= 20 ? Verdict.Ok : Verdict.Missing,
        found: version,
        meaning: major >= 20 ? "runs everything" : "20 or later is needed",
    };
}

/** Whether credentials for AWS lie where the SDKs look; their content is not read. */
export function awsCredentials(env: NodeJS.ProcessEnv = process.env, home = homedir()): Finding {
    const places: [string, boolean][] = [
        ["AWS_ACCESS_KEY_ID", env["AWS_ACCESS_KEY_ID"] !== undefined],
        ["AWS_PROFILE", env["AWS_PROFILE"] !== undefined],
        ["a web identity token", env["AWS_WEB_IDENTITY_TOKEN_FILE"] !== undefined],
        [
            "container credentials",
            env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] !== undefined ||
                env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] !== undefined,
        ],
        ["~/.aws/credentials", existsSync(env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(home, ".aws", "credentials"))],
        ["~/.aws/config", existsSync(env["AWS_CONFIG_FILE"] ?? join(home, ".aws", "config"))],
    ];
    const present = places.filter(([, there]) => there).map(([place]) => place);
    return {
        subject: "AWS credentials",
        verdict: present.length > 0 ? Verdict.Ok : Verdict.Note,
        found: present.length > 0 ? present.join(", ") : "none where the SDKs look",
        meaning: "needed for --target aws only; aws sts get-caller-identity tells whether they are valid",
    };
}

function space(): Finding[] {
    const memory = totalmem() / GIB;
    const disk = statfsSync(homedir());
    const free = (disk.bavail * disk.bsize) / GIB;
    const measure = (subject: string, gib: number, least: number): Finding => ({
        subject,
        verdict: gib >= least ? Verdict.Ok : Verdict.Note,
        found: `${gib.toFixed(0)} GiB`,
        meaning: `${String(least)} GiB for the first twin up`,
    });
    return [measure("memory", memory, TWIN_MEMORY_GIB), measure("free disk", free, TWIN_DISK_GIB)];
}

/** Everything that can be told without a network. */
export function machineFindings(): Finding[] {
    return [
        node(),
        tool("pulumi", ["version"], "needed for --target aws; the twin builds its own"),
        tool("go", ["version"], "1.26 or later builds the twin's tools where they cannot be downloaded"),
        tool("helm", ["version", "--short"], "needed for doctor --charts and mirror; the twin builds its own"),
        tool("kubectl", ["version", "--client=true"], "to look into a cluster; the twin builds its own"),
        tool("aws", ["--version"], "signs kubectl in to EKS; needed for --target aws"),
        awsCredentials(),
        ...space(),
    ];
}

/** What can be told of this machine's place in the network. */
export function machineFacts(egressAddress?: string): MachineFacts {
    return { addresses: machineAddresses(), ...(egressAddress === undefined ? {} : { egressAddress }) };
}
