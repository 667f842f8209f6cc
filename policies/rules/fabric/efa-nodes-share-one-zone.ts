/** EFA reaches one zone; a node group over several subnets spreads a gang over what EFA cannot cross. */
import { nodeGroups } from "../../cluster";
import { attachesEfa } from "../../resources";
import { stackRule } from "../../rule";

export const efaNodesShareOneZone = stackRule(
    {
        name: "efa-nodes-share-one-zone",
        displayName: "EFA node groups stand in one subnet",
        description:
            "EFA traffic does not leave its availability zone. A group of several subnets lets EC2 spread the nodes, and the first collective between zones hangs or runs over TCP.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps: "Give the node group the one subnet of the zone that the capacity stands in.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-limits",
    },
    (subjects) =>
        nodeGroups(subjects)
            .filter(({ template }) => template !== undefined && attachesEfa(template.props))
            .filter(({ group }) => group.props.list("subnetIds").length > 1)
            .map(({ group }) => ({
                about: group,
                found: `${group.props.list("subnetIds").length} subnets`,
                required: "one subnet: EFA does not cross zones",
                remedy: "Leave only the subnet of the GPU zone.",
            })),
);
