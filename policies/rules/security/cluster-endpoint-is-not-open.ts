/** The API endpoint of a training cluster is private, or public for named addresses only. */
import { EKS_CLUSTER } from "../../resources";
import { resourceRule } from "../../rule";

export const clusterEndpointIsNotOpen = resourceRule(
    {
        name: "cluster-endpoint-is-not-open",
        displayName: "The API endpoint is not open to the world",
        description:
            "A public endpoint for 0.0.0.0/0 exposes the cluster's API to every scanner; AWS opens it that wide when publicAccessCidrs is left out.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps:
            "Set endpointPublicAccess to false, or name the CIDRs that may reach it. allowNamedCidrs false (for production) forbids public access altogether.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
        configSchema: { properties: { allowNamedCidrs: { type: "boolean", default: true } } },
        appliesTo: [EKS_CLUSTER],
    },
    ({ props }, { config }) => {
        const access = props.at("vpcConfig.endpointPublicAccess");
        // AWS's default is a public endpoint.
        const isPublic = access.present ? access.flag() === true : props.at("vpcConfig").present;
        if (!isPublic) {
            return [];
        }
        const cidrs = props.texts("vpcConfig.publicAccessCidrs");
        const wide = cidrs.filter((cidr) => cidr.endsWith("/0"));
        if (config["allowNamedCidrs"] === false) {
            return [
                {
                    found: `endpointPublicAccess with ${cidrs.join(", ") || "no publicAccessCidrs"}`,
                    required: "a private endpoint",
                    remedy: "Set endpointPublicAccess to false.",
                },
            ];
        }
        if (wide.length > 0 || (cidrs.length === 0 && !props.at("vpcConfig.publicAccessCidrs").unknown)) {
            return [
                {
                    found:
                        wide.length > 0
                            ? `publicAccessCidrs ${wide.join(", ")}`
                            : "endpointPublicAccess without publicAccessCidrs, which means 0.0.0.0/0",
                    required: "a private endpoint or named CIDRs",
                    remedy: "Set endpointPublicAccess to false, or list the addresses that need it.",
                },
            ];
        }
        return [];
    },
);
