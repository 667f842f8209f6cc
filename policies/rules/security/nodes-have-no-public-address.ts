/** A GPU node with a public address is reachable, and with several network cards it does not even launch. */
import { LAUNCH_TEMPLATE } from "../../resources";
import { resourceRule } from "../../rule";

export const nodesHaveNoPublicAddress = resourceRule(
    {
        name: "nodes-have-no-public-address",
        displayName: "Nodes have no public address",
        description:
            "EC2 refuses a public address on instances with several interfaces; where it works, the node is on the Internet.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps:
            "Remove associatePublicIpAddress and mapPublicIpOnLaunch; nodes reach the Internet through NAT.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
        appliesTo: [LAUNCH_TEMPLATE, "aws:ec2/subnet:Subnet"],
    },
    ({ props }) => [
        ...(props.flag("mapPublicIpOnLaunch") === true
            ? [{ found: "mapPublicIpOnLaunch true", required: "false", remedy: "Remove mapPublicIpOnLaunch." }]
            : []),
        ...props
            .list("networkInterfaces")
            .filter((item) => item.flag("associatePublicIpAddress") === true)
            .map((item) => ({
                found: `associatePublicIpAddress on card ${item.number("networkCardIndex") ?? 0}`,
                required: "no public address",
                remedy: "Remove associatePublicIpAddress.",
            })),
    ],
);
