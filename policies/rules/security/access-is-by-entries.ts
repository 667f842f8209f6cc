/** The aws-auth ConfigMap is one typo away from locking everybody out. */
import { EKS_CLUSTER } from "../../resources";
import { resourceRule } from "../../rule";

export const accessIsByEntries = resourceRule(
    {
        name: "access-is-by-entries",
        displayName: "Access is given by access entries",
        description:
            "aws-auth is edited inside the cluster, by whoever may, and seen by no plan. Access entries are resources of the program.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Set accessConfig.authenticationMode to API.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
        appliesTo: [EKS_CLUSTER],
    },
    ({ props }) => {
        const mode = props.at("accessConfig.authenticationMode");
        return mode.unknown || mode.text() === "API"
            ? []
            : [
                  {
                      found: `accessConfig.authenticationMode ${mode.text() ?? "not set, which means CONFIG_MAP"}`,
                      required: "API",
                      remedy: "Set authenticationMode to API.",
                  },
              ];
    },
);
