/** Pools that target one reservation can use it only once. */
import { component, stackRule, type StackFinding } from "../../rule";

export const reservationsAreNotSharedOutTwice = stackRule(
    {
        name: "reservations-are-not-shared-out-twice",
        displayName: "Pools of one reservation fit into it together",
        description:
            "Each pool fits by itself, so that each is accepted; the nodes of the second never launch, and a job that counts on both waits for ever.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps: "Make the pools smaller, or give each a reservation of its own.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html",
    },
    (subjects) => {
        const pools = subjects.filter((subject) => subject.type === component("GpuNodePool"));
        const ids = new Set(
            pools
                .map((pool) => pool.props.text("capacity.reservationId"))
                .filter((id): id is string => id !== undefined),
        );
        return [...ids].flatMap((id): StackFinding[] => {
            const sharing = pools.filter((pool) => pool.props.text("capacity.reservationId") === id);
            const held = Math.max(...sharing.map((pool) => pool.props.number("capacity.reservedNodes") ?? Infinity));
            const nodes = sharing.reduce((sum, pool) => sum + (pool.props.number("nodes") ?? 0), 0);
            const about = sharing.at(-1);
            return about === undefined || nodes <= held
                ? []
                : [
                      {
                          about,
                          found: `${nodes} nodes in pools ${sharing.map((pool) => pool.name).join(", ")} on ${id}`,
                          required: `at most its ${held} instances`,
                          remedy: "Make the pools smaller or use another reservation.",
                      },
                  ];
        });
    },
);
