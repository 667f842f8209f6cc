// https://github.com/awslabs/data-on-eks/issues/685
// Destroy took the routes before the nodes and left a VPC behind: here the node group knows cluster and subnets by name alone.
// Caught by: nodes-leave-before-their-routes
import { independent, train } from "./environment";

const byName = {
    clusterName: "train",
    nodeRoleArn: "arn:aws:iam::123456789012:role/node",
    subnetIds: ["subnet-0a1b2c3d4e5f60718"],
    launchTemplate: { id: "lt-0a1b2c3d4e5f60718", version: "1" },
};
train({}, [independent("NodeGroup#train-eks-system-nodes", byName)]);
