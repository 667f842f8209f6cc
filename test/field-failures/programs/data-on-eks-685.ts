// https://github.com/awslabs/data-on-eks/issues/685
// Destroy took the routes before the nodes and left a VPC behind.
// Caught by: nodes-leave-before-their-routes
import { independent, train } from "./environment";
const subnets = { subnetIds: ["subnet-0a1b2c3d4e5f60718"] };
train({}, [independent("NodeGroup#train-eks-system-nodes", subnets)]);
