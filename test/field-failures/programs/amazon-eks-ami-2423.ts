// https://github.com/awslabs/amazon-eks-ami/issues/2423
// p5en nodes with EFA interfaces did not join; here one interface stands on a card that the type has not.
// Caught by: efa-interfaces-match-the-instance
import { patch, train } from "./environment";
train({}, [patch("LaunchTemplate#block-template", ["networkInterfaces", 1, "networkCardIndex"], 16)]);
