/** A checkpoint on a node's own disk is lost with the node that it should save the job from. */
import { component, resourceRule } from "../../rule";

export const checkpointsOutliveNodes = resourceRule(
    {
        name: "checkpoints-outlive-nodes",
        displayName: "Jobs of several nodes keep checkpoints off the nodes",
        description:
            "Restarts recreate all pods. With checkpoints on local NVMe a lost node takes its shards along, and the run starts from step zero: at 128 nodes that is eight thousand dollars for each hour since.",
        severity: "high",
        enforcementLevel: "advisory",
        topic: "storage",
        remediationSteps:
            "Give TrainingJob a checkpoints claim on shared storage. fromNodes says from which size on it matters.",
        url: "https://docs.aws.amazon.com/eks/latest/best-practices/aiml-storage.html",
        configSchema: { properties: { fromNodes: { type: "number", default: 2, minimum: 1 } } },
        appliesTo: [component("TrainingJob")],
    },
    ({ props }, { config }) => {
        const nodes = props.number("nodes") ?? 0;
        const from = typeof config["fromNodes"] === "number" ? config["fromNodes"] : 2;
        return nodes >= from && !props.at("checkpoints").present
            ? [
                  {
                      found: `${nodes} nodes and no checkpoints claim`,
                      required: "checkpoints on storage that outlives the nodes",
                      remedy: "Set checkpoints.claim to a volume of shared storage.",
                  },
              ]
            : [];
    },
);
