/** The schedules of one capacity block are created side by side: whichever comes last, the group ends with the size of the twin's clock. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { autoscalingGroupOf } from "../../../twin/providers/aws/eks";
import { scaleGroup, viewOf } from "../../../twin/providers/aws/node-groups";
import { SimulatedAws } from "../../../twin/providers/aws/provider";
import type { ApiClient } from "../../../twin/control-plane";
import { CloudStore } from "../../../twin/providers/cloud-store";
import { setClock } from "../../../twin/providers/clock";
import type { Values } from "../../../twin/providers/runtime/values";

const environment = "sizes";
const nodeGroup = "block-a";
const id = `cluster:${nodeGroup}`;
const size = 6;

let home: string;

beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "kilogpu-sizes-"));
    process.env["KILOGPU_HOME"] = home;
});

afterEach(() => {
    delete process.env["KILOGPU_HOME"];
    rmSync(home, { recursive: true });
});

/** Nodes of an API server that takes its time. */
function slowApi(): { nodes: Set<string>; api: ApiClient } {
    const nodes = new Set<string>();
    const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3));
    const api = {
        list: async () => {
            await turn();
            return { items: [...nodes].map((name) => ({ metadata: { name } })) };
        },
        create: async ({ metadata }: { metadata: { name: string } }) => {
            await turn();
            nodes.add(metadata.name);
        },
        patch: turn,
        delete: async ({ kind, name }: { kind: string; name: string }) => {
            await turn();
            if (kind === "Node") {
                nodes.delete(name);
            }
        },
    };
    return { nodes, api: api as unknown as ApiClient };
}

describe("schedules of one group", () => {
    it.each([
        ["the window opens first", ["opens", "closes"]],
        ["the window closes first", ["closes", "opens"]],
    ])("give it one size, created together: %s", async (_, order) => {
        setClock(environment, "2026-12-01T12:00:00Z");
        const store = new CloudStore(environment, "aws");
        const group = store.put({
            urn: "urn:group",
            type: "aws:eks/nodeGroup:NodeGroup",
            id,
            inputs: {
                clusterName: "cluster",
                nodeGroupName: nodeGroup,
                instanceTypes: ["p5en.48xlarge"],
                subnetIds: ["subnet-1"],
                scalingConfig: { desiredSize: size },
            },
            outputs: {
                scalingConfig: { desiredSize: size },
                resources: [{ autoscalingGroups: [{ name: autoscalingGroupOf(nodeGroup, id) }] }],
            },
        });
        const { nodes, api } = slowApi();
        await scaleGroup(environment, api, group, size, viewOf(store, "us-east-2"));
        expect([...nodes]).toHaveLength(size);
        const provider = new SimulatedAws(environment);
        Object.assign(provider, { plane: { api } });
        const action = (name: string): Values => ({
            autoscalingGroupName: autoscalingGroupOf(nodeGroup, id),
            scheduledActionName: name,
            desiredCapacity: name === "opens" ? size : 0,
            // Closed last year on the 15th, open since the first of this December.
            recurrence: name === "opens" ? "30 11 1 12 *" : "0 11 15 12 *",
        });
        await Promise.all(
            order.map((name) =>
                provider.create(
                    { urn: `urn:${name}`, type: "aws:autoscaling/schedule:Schedule", name },
                    action(name),
                    false,
                ),
            ),
        );
        expect([...nodes]).toHaveLength(size);
    });
});
