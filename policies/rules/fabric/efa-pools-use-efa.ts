/** Several machines with EFA that are joined by TCP use a few per cent of the network that is paid for. */
import { findInstance } from "../../../catalog";
import { component, resourceRule } from "../../rule";

export const efaPoolsUseEfa = resourceRule(
    {
        name: "efa-pools-use-efa",
        displayName: "Pools of EFA machines use EFA",
        description:
            "The most frequent silent loss of this field: a cluster of p5 that came up without EFA trains, slowly, and nothing reports an error.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps: "Set fabric to efa; a single machine of serving or development may stay with tcp.",
        url: "https://github.com/aws-quickstart/cdk-eks-blueprints/issues/1237",
        appliesTo: [component("GpuNodePool")],
    },
    ({ props }) => {
        const instance = findInstance(props.text("instanceType") ?? "");
        const nodes = props.number("nodes") ?? 0;
        return instance !== undefined &&
            instance.network.efaInterfaces > 1 &&
            nodes > 1 &&
            props.text("fabric") === "tcp"
            ? [
                  {
                      found: `fabric tcp on ${nodes} nodes of ${instance.type}`,
                      required: `efa: ${instance.network.efaGbps} Gbit/s a node`,
                      remedy: "Set fabric to efa.",
                  },
              ]
            : [];
    },
);
