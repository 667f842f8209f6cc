/**
 * A small model of a host's NIC: it runs the commands that were rendered and answers as mlnx_qos and /sys do. Output format of
 * MLNX_OFED's mlnx_qos as people paste it (for example att/netarbiter's nvmf notes).
 */
import type { HostPort } from "../../../components/quality-of-service";
import type { HostReading } from "../../../components/switches";

export function runOnHost(port: HostPort, commands: readonly string[], gbps: number): HostReading {
    let trust = "pcp";
    let pfc = Array.from({ length: 8 }, () => "0");
    const priorityOf = Array.from({ length: 64 }, (_, dscp) => Math.floor(dscp / 8));
    const rdma = `/sys/class/infiniband/${port.device}/ports/1`;
    const sysfs: { [path: string]: string } = {
        [`${rdma}/state`]: "4: ACTIVE",
        [`${rdma}/link_layer`]: "Ethernet",
        [`${rdma}/rate`]: `${String(gbps)} Gb/sec (4X NDR)`,
        ...Object.fromEntries(
            Array.from({ length: 256 }, (_, index) => [
                `${rdma}/gid_attrs/types/${String(index)}`,
                index % 2 === 0 ? "IB/RoCE v1" : "RoCE v2",
            ]),
        ),
    };
    let cmaTos = "0";
    for (const command of commands) {
        const words = command.split(/\s+/);
        const after = (flag: string): string | undefined =>
            words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined;
        if (words[0] === "mlnx_qos" && after("-i") === port.netdev) {
            trust = after("--trust") ?? trust;
            pfc = after("--pfc")?.split(",") ?? pfc;
            const [, dscp, priority] = after("--dscp2prio")?.split(",") ?? [];
            if (dscp !== undefined) {
                priorityOf[Number(dscp)] = Number(priority);
            }
        } else if (words[0] === "cma_roce_tos" && after("-d") === port.device) {
            cmaTos = after("-t") ?? cmaTos;
        } else if (words[0] === "printf") {
            sysfs[after(">") ?? ""] = words[2] ?? "";
        } else if (words[0] === "ip" && after("dev") === port.netdev) {
            sysfs[`/sys/class/net/${port.netdev}/mtu`] = after("mtu") ?? "";
        }
    }
    const lists = Array.from({ length: 8 }, (_, priority) => {
        const dscps = priorityOf.flatMap((value, dscp) => (value === priority ? [String(dscp).padStart(2, "0")] : []));
        return `        prio:${priority} dscp:${dscps.toReversed().join(",")},`;
    });
    const mlnxQos = [
        "DCBX mode: OS controlled",
        `Priority trust state: ${trust}`,
        "dscp2prio mapping:",
        ...lists.filter((line) => !line.endsWith("dscp:,")),
        "Cable len: 7",
        "PFC configuration:",
        "        priority    0   1   2   3   4   5   6   7",
        `        enabled     ${pfc.join("   ")}   `,
        "tc: 0 ratelimit: unlimited, tsa: vendor",
        "         priority:  1",
    ].join("\n");
    return { port, mlnxQos, sysfs, cmaTos: `${cmaTos}\n` };
}
