/** Where cables end, as the devices see it: LLDP on a RoCE host, the subnet's link list on InfiniBand. Pure. */

/** Output of `lldpctl -f json`: one interface is an object, several are a list. */
interface LldpOutput {
    lldp?: { interface?: LldpInterfaces | LldpInterfaces[] };
}

interface LldpInterfaces {
    [netdev: string]: {
        chassis?: { [name: string]: unknown };
        port?: { id?: { value?: string }; descr?: string };
    };
}

/** Far end of each interface of a host, `leaf-u1-r1:swp1s0`, from `lldpctl -f json`. Interfaces without a neighbour are left out. */
export function cablesOfHost(json: string): Map<string, string> {
    const found = (JSON.parse(json) as LldpOutput).lldp?.interface ?? [];
    const cables = new Map<string, string>();
    for (const [netdev, neighbour] of [found].flat().flatMap((entry) => Object.entries(entry))) {
        const device = Object.keys(neighbour.chassis ?? {})[0];
        const port = neighbour.port?.id?.value;
        if (device !== undefined && port !== undefined) {
            // Switches may announce a full domain name; configurations carry the host name.
            cables.set(netdev, `${device.split(".")[0] ?? device}:${port}`);
        }
    }
    return cables;
}

/**
 * Far end of each port of the subnet's hosts by `host device`, `leaf-u1-r1:17`, from `iblinkinfo`. Switches are known by the node
 * description that managed switches send (`MF0;leaf-u1-r1:MQM9700/U1`), or by their whole description.
 */
export function cablesOfFabric(text: string): Map<string, string> {
    const cables = new Map<string, string>();
    let device = "";
    for (const line of text.split("\n")) {
        const header = /^Switch:\s+0x[0-9a-f]+\s+(.*?):?\s*$/.exec(line)?.[1];
        if (header !== undefined || /^CA:/.test(line)) {
            device = header === undefined ? "" : (/;([^:;]+):/.exec(header)?.[1] ?? header);
            continue;
        }
        const [, port, peer] = /^\s*\d+\s+(\d+)\[.*?\].*==>.*"([^"]+)"/.exec(line) ?? [];
        if (device !== "" && port !== undefined && peer !== undefined) {
            cables.set(peer, `${device}:${port}`);
        }
    }
    return cables;
}
