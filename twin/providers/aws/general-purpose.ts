/**
 * Size of an instance type without GPU, from its name. Source: EC2's naming of instance types and its general, compute and memory
 * optimized families of generation five and later, read 2026-11-24: sizes double from large (2 vCPUs), C has 2, M 4 and R 8 GiB a vCPU.
 */

export interface InstanceSize {
    vcpus: number;
    memoryGib: number;
    architecture: "x86_64" | "arm64";
}

const gibPerVcpu: { [series: string]: number } = { c: 2, m: 4, r: 8 };

/** Undefined for a name that no such family has. */
export function generalPurpose(type: string): InstanceSize | undefined {
    const match = /^([cmr])([5-8])(g|i|a)?(?:d|n|dn|e|en|-flex)?\.(?:(large|xlarge)|(\d{1,2})xlarge)$/.exec(type);
    const [, series, , processor, small, times] = match ?? [];
    const perVcpu = gibPerVcpu[series ?? ""];
    if (match === null || perVcpu === undefined) {
        return undefined;
    }
    const multiple = Number(times ?? 1);
    if (times !== undefined && ![2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 48].includes(multiple)) {
        return undefined;
    }
    const vcpus = small === "large" ? 2 : 4 * multiple;
    return { vcpus, memoryGib: vcpus * perVcpu, architecture: processor === "g" ? "arm64" : "x86_64" };
}
