/** A role that may do everything makes one stolen credential the loss of the account. */
import { policyStatements, textsOf } from "../../iam";
import { resourceRule, type Finding } from "../../rule";

export const policiesNameWhatTheyAllow = resourceRule(
    {
        name: "policies-name-what-they-allow",
        displayName: "IAM policies name their actions and resources",
        description: "Training pods run code from notebooks and packages. What their role allows, that code may do.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "List the actions, and the ARNs that they apply to.",
        url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        appliesTo: ["aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy", "aws:iam/role:Role"],
    },
    ({ props }) =>
        [props.at("policy"), ...props.list("inlinePolicies").map((item) => item.at("policy"))]
            .flatMap(policyStatements)
            .filter((statement) => statement.text("Effect") === "Allow")
            .flatMap((statement): Finding[] => {
                const everywhere = textsOf(statement.at("Resource")).includes("*");
                const actions = textsOf(statement.at("Action")).filter(
                    (action) => action === "*" || (everywhere && action.endsWith(":*")),
                );
                // NotAction allows whatever it does not name.
                const excepted = textsOf(statement.at("NotAction"));
                const wide = excepted.length > 0 ? [...actions, `all but ${excepted.join(", ")}`] : actions;
                return wide.map((action) => ({
                    found: `Allow ${action} on ${everywhere ? "every resource" : "its resources"}`,
                    required: "named actions on named resources",
                    remedy: "List the actions that are needed.",
                }));
            }),
);
