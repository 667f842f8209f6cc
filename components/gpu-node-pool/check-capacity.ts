/** The mistakes in how a pool's instances are bought. Paths are relative to `capacity`. */
import { capacityBlockRules } from "../../catalog/capacity-blocks";
import { findInstance, instanceTypes } from "../../catalog/instances";
import type { InstanceType } from "../../catalog/types";
import { oneOf, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { CapacityKind } from "./gpu-node-pool-args";
import type { CapacityArgs, GpuNodePoolArgs } from "./gpu-node-pool-args";
import { MAX_BLOCK_INSTANCES } from "./plan";
import { leastDrainMinutes, parseInstant } from "./window";

const MAX_BLOCK_DAYS = capacityBlockRules.maximumDays;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** All mistakes of `args.capacity`. */
export function checkCapacity(args: GpuNodePoolArgs, entry: InstanceType | undefined): InputProblem[] {
    const { capacity } = args;
    const kind = oneOf("kind", capacity.kind, Object.values(CapacityKind));
    if (kind.length > 0) {
        return kind;
    }
    return [
        ...(entry === undefined ? [] : checkSold(capacity.kind, entry)),
        ...checkReservation(args),
        ...checkReservedNodes(args),
        ...checkWindow(capacity, leastDrainMinutes(entry)),
        ...checkPlacementGroup(capacity),
    ];
}

function checkSold(kind: CapacityKind, entry: InstanceType): InputProblem[] {
    if (entry.capacityKinds.includes(kind)) {
        return [];
    }
    const others = instanceTypes().filter(
        (type) =>
            findInstance(type)?.gpus.model === entry.gpus.model && findInstance(type)?.capacityKinds.includes(kind),
    );
    return [
        {
            path: "kind",
            got: show(kind),
            legal: `${entry.type} is sold as ${entry.capacityKinds.join(", ")}`,
            remedy: others.length > 0 ? `Use one of these, or ${others.join(" or ")}.` : "Use one of these.",
        },
    ];
}

function checkReservation({ capacity, nodes }: GpuNodePoolArgs): InputProblem[] {
    const reserved = capacity.kind === CapacityKind.Reservation || capacity.kind === CapacityKind.CapacityBlock;
    const { reservationId, reservationGroupArn } = capacity;
    const problems: InputProblem[] = [];
    if (!reserved) {
        for (const path of ["reservationId", "reservationGroupArn", "reservedNodes"] as const) {
            if (capacity[path] !== undefined) {
                problems.push({
                    path,
                    got: show(capacity[path]),
                    legal: `${capacity.kind} instances come from no reservation`,
                    remedy: `Remove ${path}, or set kind to reservation or capacity-block.`,
                });
            }
        }
        return problems;
    }
    if (reservationId === undefined && reservationGroupArn === undefined) {
        problems.push({
            path: "reservationId",
            got: "nothing",
            legal: `kind ${capacity.kind} needs the id of what was bought`,
            remedy: "Give the id that the EC2 console shows, cr-… .",
        });
    }
    if (reservationId !== undefined && reservationGroupArn !== undefined) {
        problems.push({
            path: "reservationGroupArn",
            got: show(reservationGroupArn),
            legal: "a launch template targets one reservation or one group of them",
            remedy: "Leave reservationId or reservationGroupArn out.",
        });
    }
    if (reservationId !== undefined && !/^cr-[0-9a-f]{3,17}$/.test(reservationId)) {
        problems.push({
            path: "reservationId",
            got: show(reservationId),
            legal: "an id is cr- and hexadecimal digits",
            remedy: "Copy it from the EC2 console or from `aws ec2 describe-capacity-reservations`.",
        });
    }
    if (
        reservationGroupArn !== undefined &&
        !/^arn:aws[a-z-]*:resource-groups:.+:group\/.+$/.test(reservationGroupArn)
    ) {
        problems.push({
            path: "reservationGroupArn",
            got: show(reservationGroupArn),
            legal: "the ARN of a resource group is arn:aws:resource-groups:REGION:ACCOUNT:group/NAME",
            remedy: "Copy it from `aws resource-groups list-groups`.",
        });
    }
    if (capacity.kind === CapacityKind.CapacityBlock && nodes > MAX_BLOCK_INSTANCES) {
        problems.push({
            path: "reservedNodes",
            got: `${String(nodes)} nodes`,
            legal: `one capacity block holds ${String(MAX_BLOCK_INSTANCES)} instances at most`,
            remedy: `Buy ${String(Math.ceil(nodes / MAX_BLOCK_INSTANCES))} blocks and give each a pool; pools of one type, zone and fabric form one capacity group.`,
        });
    }
    return problems;
}

function checkReservedNodes({ capacity, nodes }: GpuNodePoolArgs): InputProblem[] {
    if (capacity.reservedNodes === undefined) {
        return [];
    }
    const whole = wholeNumber("reservedNodes", capacity.reservedNodes, { min: 1, max: 100_000 });
    if (whole.length > 0 || nodes <= capacity.reservedNodes) {
        return whole;
    }
    return [
        {
            path: "reservedNodes",
            got: String(capacity.reservedNodes),
            legal: `the pool wants ${String(nodes)} nodes, more than the reservation holds`,
            remedy: `Set nodes to ${String(capacity.reservedNodes)}, or enlarge the reservation.`,
        },
    ];
}

function checkWindow(capacity: CapacityArgs, leastDrain: number): InputProblem[] {
    const block = capacity.kind === CapacityKind.CapacityBlock;
    const problems: InputProblem[] = [];
    const instants: { start?: number; end?: number } = {};
    for (const path of ["start", "end"] as const) {
        const text = capacity[path];
        const instant = text === undefined ? undefined : parseInstant(text);
        if (!block && text !== undefined) {
            problems.push({
                path,
                got: text,
                legal: `only a capacity block has a window, not ${capacity.kind}`,
                remedy: `Remove ${path}.`,
            });
        } else if (block && instant === undefined) {
            problems.push({
                path,
                got: text ?? "nothing",
                legal: "an instant in UTC and whole minutes is legal, such as 2026-12-01T11:30:00Z",
                remedy: "Give the time that the block's purchase names.",
            });
        } else if (instant !== undefined) {
            instants[path] = instant;
        }
    }
    const drain = capacity.drainMinutes ?? leastDrain;
    problems.push(...wholeNumber("drainMinutes", drain, { min: leastDrain, max: 1440 }));
    if (instants.start === undefined || instants.end === undefined) {
        return problems;
    }
    if (instants.start >= instants.end) {
        problems.push({
            path: "start",
            got: String(capacity.start),
            legal: `after capacity.end ${String(capacity.end)}`,
            remedy: "Give a start before the end.",
        });
    } else if (instants.end - instants.start > MAX_BLOCK_DAYS * DAY) {
        problems.push({
            path: "end",
            got: String(capacity.end),
            legal: `a capacity block lasts ${String(MAX_BLOCK_DAYS)} days at most`,
            remedy: "Give the end of the block that was bought.",
        });
    } else if (instants.end - instants.start <= drain * MINUTE) {
        problems.push({
            path: "drainMinutes",
            got: String(drain),
            legal: `the window is ${String((instants.end - instants.start) / MINUTE)} minutes long`,
            remedy: "Give a shorter drain, or the right window.",
        });
    }
    return problems;
}

function checkPlacementGroup(capacity: CapacityArgs): InputProblem[] {
    const reserved = capacity.kind === CapacityKind.Reservation || capacity.kind === CapacityKind.CapacityBlock;
    return reserved && capacity.placementGroup === true
        ? [
              {
                  path: "placementGroup",
                  got: "true",
                  legal: `AWS has placed the instances of a ${capacity.kind} already; a placement group on top makes launches fail with InsufficientInstanceCapacity`,
                  remedy: "Remove placementGroup.",
              },
          ]
        : [];
}
