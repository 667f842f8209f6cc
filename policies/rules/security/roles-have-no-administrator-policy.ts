/** AWS's own administrator policies on a node or pod role hand out the account. */
import { resourceRule } from "../../rule";

const WIDE = /\/(AdministratorAccess|PowerUserAccess|IAMFullAccess|AmazonS3FullAccess|AmazonEC2FullAccess)$/;

export const rolesHaveNoAdministratorPolicy = resourceRule(
    {
        name: "roles-have-no-administrator-policy",
        displayName: "Roles carry no administrator policy",
        description: "Node roles are readable by whatever escapes a container; pod roles by the pod.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Attach the policies that the component needs, or one of your own.",
        url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        appliesTo: ["aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/role:Role"],
    },
    ({ props }) =>
        [props.text("policyArn"), ...props.texts("managedPolicyArns")]
            .filter((arn): arn is string => arn !== undefined && WIDE.test(arn))
            .map((arn) => ({
                found: arn.split("/").pop() ?? arn,
                required: "no administrator policy",
                remedy: "Attach a narrower policy.",
            })),
);
