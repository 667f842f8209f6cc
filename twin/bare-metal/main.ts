/** The process of a twin's racks: serves SSH for every host, holds the operator's key, acts on what hosts report. */
import { readFileSync, rmSync } from "node:fs";
import { utils, type ParsedKey } from "ssh2";
import { writeWhole } from "../control-plane/layout";
import { requireControlPlane } from "../control-plane/control-plane";
import type { ControlPlane } from "../control-plane/types";
import { serveAgent } from "./agent";
import { answerEvents, type HostEvent } from "./events";
import { RackHost, type HostContext } from "./host";
import { RackServices } from "./services";
import { hostAt, readSite, sitePlaces } from "./site";

/** Starts everything; the process then lives until it is ended. */
async function main(environment: string, version: string): Promise<void> {
    const site = readSite(environment);
    if (site === undefined) {
        throw new Error(`the twin "${environment}" has no racks`);
    }
    const places = sitePlaces(environment);
    const operator = keyOf(places.operatorKey);
    let plane: ControlPlane | undefined;
    const services = new RackServices(environment, () => (plane ??= requireControlPlane(environment)));
    const context: HostContext = {
        environment,
        operator,
        scripts: site.scripts,
        kubectl: site.kubectl,
        apiServer: requireControlPlane(environment).server,
        resolve: (address, port) => hostAt(site, address, port)?.listen,
        started: (host, unit) => services.started(host, unit),
    };
    const hosts = new Map(site.hosts.map((host) => [host.name, new RackHost(host, context)]));
    const stopEvents = answerEvents(places.events, (event) => act(event, hosts, services));
    const agent = await serveAgent(places.agentSocket, operator);
    await Promise.all([...hosts.values()].map((host) => host.start()));
    writeWhole(places.ready, version);
    const leave = (): void => {
        stopEvents();
        agent.close();
        rmSync(places.agentSocket, { force: true });
        process.exit(0);
    };
    process.on("SIGTERM", leave);
    process.on("SIGINT", leave);
}

function keyOf(path: string): ParsedKey {
    const key = utils.parseKey(readFileSync(path, "utf8"));
    if (key instanceof Error) {
        throw new Error(`${path}: ${key.message}`);
    }
    return Array.isArray(key) ? (key[0] as ParsedKey) : key;
}

/** Acts on one event; empty, or why not. */
async function act(event: HostEvent, hosts: Map<string, RackHost>, services: RackServices): Promise<string> {
    const rack = hosts.get(event.host);
    if (rack === undefined) {
        return `no host ${event.host}`;
    }
    const ssh = event.subject === "ssh" || event.subject === "sshd";
    switch (event.what) {
        case "started":
            if (ssh) {
                await rack.listen();
            }
            return services.started(rack.host, event.subject);
        case "stopped":
            if (ssh) {
                rack.refuseConnections();
            }
            return services.stopped(rack.host, event.subject);
        case "labelled":
            return services.labelled(event.subject);
        case "reboot":
            rack.reboot(Number(event.subject));
            return "";
        case "cut":
            rack.cut();
            return "";
        default:
            return `hosts report no ${event.what}`;
    }
}

const [environment = "", version = ""] = process.argv.slice(2);
main(environment, version).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
});
