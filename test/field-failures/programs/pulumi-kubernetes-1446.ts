// https://github.com/pulumi/pulumi-kubernetes/issues/1446
// A custom resource met no CRD, because nothing said that its chart comes first.
// Caught by: custom-resources-leave-before-their-operator
import { independent, train } from "./environment";
train({}, [independent("Topology#")]);
