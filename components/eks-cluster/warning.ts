/** The sentence about the endpoint that a preview and an update begin with. */
import * as pulumi from "@pulumi/pulumi";
import { Reachability, endpointReachability, machineAddresses } from "./reachability";
import type { EndpointFacts } from "./reachability";

/**
 * Says whether this machine will reach the endpoint, where it is not sure to: the update would find out only after the cluster,
 * half an hour in. Nothing is said in a plan or in the twin, which go to no endpoint of AWS.
 */
export function warnOfUnreachableEndpoint(endpoint: EndpointFacts, cluster: pulumi.Resource): void {
    const elsewhere = ["KILOGPU_PLAN", "KILOGPU_TWIN"].some((name) => (process.env[name] ?? "") !== "");
    if (elsewhere || !pulumi.runtime.hasEngine()) {
        return;
    }
    const { reachable, explanation } = endpointReachability(endpoint, { addresses: machineAddresses() });
    if (reachable !== Reachability.Yes) {
        void pulumi.log.warn(explanation, cluster);
    }
}
