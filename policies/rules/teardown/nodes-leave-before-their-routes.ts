/** Nodes without a way out cannot drain: routes must go after them. */
import { allDependencies, byUrn } from "../../cluster";
import { NODE_GROUP } from "../../resources";
import { stackRule } from "../../rule";

export const nodesLeaveBeforeTheirRoutes = stackRule(
    {
        name: "nodes-leave-before-their-routes",
        displayName: "Node groups depend on the routes of their subnets",
        description:
            "Where the NAT route goes first, kubelets lose the API and registries; pods never end, load balancers and interfaces stay behind and the VPC cannot be deleted.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "teardown",
        remediationSteps: "Let the node group depend on the network's routes; the components do.",
        url: "https://github.com/awslabs/data-on-eks/issues/685",
    },
    (subjects) => {
        const index = byUrn(subjects);
        const ways = subjects.filter(
            (subject) => subject.type === "aws:ec2/route:Route" && subject.props.at("natGatewayId").present,
        );
        return ways.length === 0
            ? []
            : subjects
                  .filter((subject) => subject.type === NODE_GROUP)
                  .filter((about) => {
                      const all = allDependencies(about, index);
                      return !ways.some((way) => all.has(way.urn));
                  })
                  .map((about) => ({
                      about,
                      found: "no dependency on any NAT route",
                      required: "a dependency on the routes that the nodes need to drain",
                      remedy: "Add the routes to dependsOn, or take the subnets from ClusterNetwork.",
                  }));
    },
);
