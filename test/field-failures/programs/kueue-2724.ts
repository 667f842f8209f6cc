// https://github.com/kubernetes-sigs/kueue/issues/2724
// Gangs placed without regard to topology: here the flavor names none.
// Caught by: flavors-name-their-topology
import { patch, train } from "./environment";
train({}, [patch("ResourceFlavor#", ["spec", "topologyName"], undefined)]);
