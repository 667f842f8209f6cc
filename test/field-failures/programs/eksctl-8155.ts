// https://github.com/eksctl-io/eksctl/issues/8155
// Capacity blocks in node groups, asked for again and again: here the template lacks the block's market type.
// Caught by: capacity-type-matches-template
import { patch, train } from "./environment";
train({}, [patch("LaunchTemplate#block-template", ["instanceMarketOptions"], undefined)]);
