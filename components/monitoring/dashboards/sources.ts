/** The seven dashboards. Queries use catalogue names; index.ts checks them and puts in the names that are deployed. */
import type { Infrastructure } from "../infrastructure";
import { capacityBoard } from "./capacity";
import { fabricBoard } from "./fabric";
import { fleetBoard } from "./fleet";
import { jobBoard } from "./job";
import { ncclBoard } from "./nccl";
import { nodeBoard } from "./node";
import { queuesBoard } from "./queues";
import type { DashboardSource } from "./panel";

/** All dashboards of an infrastructure. */
export function dashboardSources(infrastructure: Infrastructure): DashboardSource[] {
    return [
        fleetBoard(),
        nodeBoard(),
        jobBoard(infrastructure),
        fabricBoard(infrastructure),
        ncclBoard(),
        queuesBoard(),
        capacityBoard(),
    ];
}
