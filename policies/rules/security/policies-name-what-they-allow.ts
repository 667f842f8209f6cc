/** A role that may do everything makes one stolen credential the loss of the account. */
import { Facts } from "../../facts";
import { resourceRule, type Finding } from "../../rule";

/** A policy is JSON text, or the object that the SDK makes text of. */
function statements(policy: Facts): Facts[] {
    const text = policy.text();
    let document = policy;
    if (text !== undefined) {
        try {
            document = Facts.of(JSON.parse(text));
        } catch {
            // No JSON: AWS refuses it, and there is nothing here to judge.
            return [];
        }
    }
    const statement = document.at("Statement");
    return statement.list().length > 0 ? statement.list() : statement.present ? [statement] : [];
}

function many(value: Facts): string[] {
    const single = value.text();
    return single === undefined ? value.texts() : [single];
}

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
            .flatMap(statements)
            .filter((statement) => statement.text("Effect") === "Allow")
            .flatMap((statement): Finding[] => {
                const everywhere = many(statement.at("Resource")).includes("*");
                const actions = many(statement.at("Action")).filter(
                    (action) => action === "*" || (everywhere && action.endsWith(":*")),
                );
                return actions.map((action) => ({
                    found: `Allow ${action} on ${everywhere ? "every resource" : "its resources"}`,
                    required: "named actions on named resources",
                    remedy: "List the actions that are needed.",
                }));
            }),
);
