// https://github.com/aws-quickstart/cdk-eks-blueprints/issues/1237
// EFA machines came up without EFA, and training ran on TCP.
// Caught by: efa-pools-use-efa
import { settings, train } from "./environment";
const [block] = settings.pools;
if (block !== undefined) {
    train({ pools: [{ ...block, fabric: "tcp" }] });
}
