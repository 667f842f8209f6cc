// https://github.com/eksctl-io/eksctl/issues/8320
// The same request: here nodes are asked for before the block begins.
// Caught by: block-nodes-follow-the-window
import { patch, train } from "./environment";
train({}, [patch("NodeGroup#block-nodes", ["scalingConfig", "minSize"], 64)]);
