/** Pools that target one reservation can use it only once. */
import { component, resourceRule, type Finding } from "../../rule";

export const reservationsAreNotSharedOutTwice = resourceRule(
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
        appliesTo: [component("TrainingCluster")],
    },
    ({ props }) => {
        const pools = props.list("pools");
        const ids = new Set(
            pools.map((pool) => pool.text("capacity.reservationId")).filter((id): id is string => id !== undefined),
        );
        return [...ids].flatMap((id): Finding[] => {
            const sharing = pools.filter((pool) => pool.text("capacity.reservationId") === id);
            const held = Math.max(...sharing.map((pool) => pool.number("capacity.reservedNodes") ?? Infinity));
            const nodes = sharing.reduce((sum, pool) => sum + (pool.number("nodes") ?? 0), 0);
            return nodes <= held
                ? []
                : [
                      {
                          found: `${nodes} nodes in pools ${sharing.map((pool) => pool.text("name") ?? "").join(", ")} on ${id}`,
                          required: `at most its ${held} instances`,
                          remedy: "Make the pools smaller or use another reservation.",
                      },
                  ];
        });
    },
);
