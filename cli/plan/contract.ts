/**
 * The shape of `kilogpu plan --json`: a contract that others script against. Fields may be added, none renamed or removed.
 * Exit code 0; 1 when a mandatory policy is violated; 2 when the input is wrong (then `PlanFailure`).
 */
import type { MonitoringSize } from "../../components/monitoring/sizing";
import type { EnvironmentCost } from "../../components/cost";
import type { InputProblem } from "../../components/input/problem";
import type { Json } from "./values";

/** One resource, in the order of registration. */
export interface PlannedResource {
    urn: string;
    type: string;
    name: string;
    /** URN of the parent; null for the stack. */
    parent: string | null;
    custom: boolean;
    /** Unknown values print as `"<computed>"`, secrets as `"<secret>"`. */
    inputs: { [key: string]: Json };
    dependencies: string[];
    /** URNs that each input with something `"<computed>"` in it comes from. */
    propertyDependencies: { [property: string]: string[] };
    protect: boolean;
}

/** Counts of the window that `at` falls in. */
export interface PlanTotals {
    /** GPU nodes. */
    nodes: number;
    /** Nodes without GPUs. */
    systemNodes: number;
    /** Physical GPUs. */
    gpus: number;
    /** GPUs that the scheduler sees: more than `gpus` under time-slicing. */
    schedulableGpus: number;
    efaInterfaces: number;
    /** vCPUs of the GPU nodes. */
    vcpus: number;
}

/** One violation. */
export interface PolicyResult {
    policy: string;
    level: "advisory" | "mandatory";
    urn: string;
    message: string;
}

/** One node pool in the inventory. */
export interface PlannedPool {
    name: string;
    urn: string;
    instanceType: string;
    nodes: number;
    gpus: number;
    schedulableGpus: number;
    efaInterfaces: number;
    vcpus: number;
    fabric: string;
    zone: string;
    capacityGroup: string;
    capacity: string;
    /** Window of a capacity block. */
    start?: string;
    end?: string;
    /** Whether the window holds at the plan's time. */
    active: boolean;
    /** Nodes and their volumes, US dollars an hour and a month of 730 hours; null where one of them has no rate. */
    hourlyUsd?: number | null;
    monthlyUsd?: number | null;
}

/** What the program said while it ran: notes and warnings of components, or the program's own. */
export interface PlanMessage {
    severity: "info" | "warning";
    text: string;
    /** URN of the resource that it is about; empty for the stack. */
    urn: string;
}

/** What a Prometheus is sized for, and what it is given. */
export interface PlannedMonitoring extends MonitoringSize {
    urn: string;
}

/** `kilogpu plan --json`. */
export interface Plan {
    environment: string;
    /** Time that totals and cost are for, ISO 8601; null where nothing depends on time. */
    at: string | null;
    resources: PlannedResource[];
    pools: PlannedPool[];
    totals: PlanTotals;
    cost: EnvironmentCost;
    /** Prometheus as sized from the declared GPUs; empty without monitoring. */
    monitoring: PlannedMonitoring[];
    policies: PolicyResult[];
    /** Lookups that only a cloud can answer; their results are unknown in this plan. */
    lookups: string[];
    messages: PlanMessage[];
}

/** `kilogpu plan --json` of an input that is wrong. */
export interface PlanFailure {
    errors: InputProblem[];
}
