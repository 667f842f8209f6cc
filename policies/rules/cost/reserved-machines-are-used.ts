/** Reserved machines are paid whether a node runs on them or not. */
import { component, resourceRule, type Finding } from "../../rule";

export const reservedMachinesAreUsed = resourceRule(
    {
        name: "reserved-machines-are-used",
        displayName: "Pools use all that is reserved for them",
        description: "A reservation of 64 with a pool of 32 pays 32 idle machines at the full rate.",
        severity: "medium",
        enforcementLevel: "advisory",
        topic: "cost",
        remediationSteps:
            "Make the pool as large as the reservation, or cancel a part of it. allowedIdle sets how many may stay spare.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-pricing-billing.html",
        configSchema: { properties: { allowedIdle: { type: "number", default: 0, minimum: 0 } } },
        appliesTo: [component("TrainingCluster")],
    },
    ({ props }, { config }) => {
        const allowed = typeof config["allowedIdle"] === "number" ? config["allowedIdle"] : 0;
        const pools = props.list("pools");
        return pools.flatMap((pool): Finding[] => {
            const id = pool.text("capacity.reservationId");
            const held = pool.number("capacity.reservedNodes");
            const used = pools
                .filter((other) => id !== undefined && other.text("capacity.reservationId") === id)
                .reduce((sum, other) => sum + (other.number("nodes") ?? 0), 0);
            return id === undefined || held === undefined || held - used <= allowed
                ? []
                : [
                      {
                          found: `${used} of ${held} reserved nodes used by pool ${pool.text("name") ?? ""}`,
                          required: `at most ${allowed} idle`,
                          remedy: "Raise nodes, or give capacity back.",
                      },
                  ];
        });
    },
);
