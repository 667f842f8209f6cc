/** Every network card that carries EFA has its interface; a card without one is bandwidth that is paid and never used. */
import { findInstance } from "../../../catalog";
import { attachesEfa, LAUNCH_TEMPLATE } from "../../resources";
import { resourceRule, type Finding } from "../../rule";

export const efaInterfacesMatchTheInstance = resourceRule(
    {
        name: "efa-interfaces-match-the-instance",
        displayName: "EFA interfaces match the instance type's cards",
        description:
            "NCCL spreads traffic over the EFA interfaces that are attached. A template that names too few, or a card that the type has not, gives nodes with a part of the fabric, or none at all: RunInstances refuses the whole launch.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps:
            "Take the layout from the instance catalogue (GpuNodePool does): one interface for IP on card 0 and one EFA interface on each card that carries it.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html",
        appliesTo: [LAUNCH_TEMPLATE],
    },
    ({ props }) => {
        const instance = findInstance(props.text("instanceType") ?? "");
        if (instance === undefined || !attachesEfa(props)) {
            return [];
        }
        const findings: Finding[] = [];
        const interfaces = props.list("networkInterfaces");
        const cards = new Set(instance.network.cards.map((card) => card.index));
        const strange = interfaces
            .map((item) => item.number("networkCardIndex") ?? 0)
            .filter((card) => !cards.has(card));
        if (strange.length > 0) {
            findings.push({
                found: `networkCardIndex ${strange.join(", ")} on ${instance.type}`,
                required: `cards ${[...cards].join(", ")}`,
                remedy: "Name cards that the type has.",
            });
        }
        const efa = interfaces.filter((item) => item.text("interfaceType")?.startsWith("efa") === true).length;
        if (efa !== instance.network.efaInterfaces && strange.length === 0) {
            findings.push({
                found: `${efa} EFA interfaces on ${instance.type}`,
                required: `${instance.network.efaInterfaces}`,
                remedy: "Attach one EFA interface for each card that carries EFA.",
            });
        }
        return findings;
    },
);
