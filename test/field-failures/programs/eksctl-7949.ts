// https://github.com/eksctl-io/eksctl/issues/7949
// A placement group forced onto a reservation launched 11 of 16 instances.
// Caught by: capacity-block-without-placement-group
import { patch, train } from "./environment";
train({}, [patch("LaunchTemplate#block-template", ["placement"], { groupName: "forced" })]);
