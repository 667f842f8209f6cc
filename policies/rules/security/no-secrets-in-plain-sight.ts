/** A token in a ConfigMap, in user data or in a chart's values is readable by everybody who may look. */
import type { Facts } from "../../facts";
import { resourceRule, type Finding } from "../../rule";

const PATTERNS = [
    { what: "an AWS access key", pattern: /\b(AKIA|ASIA)[0-9A-Z]{16}\b/ },
    { what: "a private key", pattern: /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/ },
    { what: "a Hugging Face token", pattern: /\bhf_[A-Za-z0-9]{30,}\b/ },
    { what: "a GitHub token", pattern: /\b(ghp|gho|ghs)_[A-Za-z0-9]{30,}\b/ },
    { what: "an NGC key", pattern: /\bnvapi-[A-Za-z0-9_-]{40,}/ },
];

const NAMES = /(^|_)(PASSWORD|SECRET|SECRET_KEY|API_KEY|TOKEN|SECRET_ACCESS_KEY)$/;
/** Tokens of a language model's vocabulary, and numbers of them: EOS_TOKEN, MAX_TOKEN. */
const VOCABULARY = /(^|_)(BOS|EOS|PAD|UNK|MASK|SEP|CLS|MAX|MIN|NUM)_TOKEN$/;
/** A value that Kubernetes takes from another variable of the pod: `$(NAME)`. */
const REFERENCE = /^\$\([A-Za-z_][A-Za-z0-9_]*\)$/;

function isSecret(name: string, value: string): boolean {
    return NAMES.test(name) && !VOCABULARY.test(name) && value !== "" && !REFERENCE.test(value);
}

/** Never says what the secret is. */
function finding(path: string, what: string): Finding {
    return {
        found: `${path} with ${what}`,
        required: "a Secret",
        remedy: "Move the value into a Secret and rotate it.",
    };
}

/** Paths of environment variables that are named like a secret and carry a literal value. */
function environment(facts: Facts, path: string): string[] {
    const here = facts
        .list("env")
        .filter((item) => isSecret(item.text("name") ?? "", item.text("value") ?? ""))
        .map((item) => `${path === "" ? "" : `${path}.`}env ${item.text("name") ?? ""}`);
    const join = (key: string): string => (path === "" ? key : `${path}.${key}`);
    return [
        ...here,
        ...facts.entries().flatMap(([key, value]) => environment(value, join(key))),
        ...facts.list().flatMap((value, index) => environment(value, `${path}[${index}]`)),
    ];
}

export const noSecretsInPlainSight = resourceRule(
    {
        name: "no-secrets-in-plain-sight",
        displayName: "No secrets in plain configuration",
        description:
            "Values of ConfigMaps, environment variables, Helm values and user data are shown in consoles, stored in state and logs, and copied into every backup.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Put the value into a Secret, or let Pod Identity replace it.",
        url: "https://kubernetes.io/docs/concepts/configuration/secret/",
        appliesTo: ["kubernetes:*", "aws:ec2/launchTemplate:LaunchTemplate", "aws:ssm/parameter:Parameter"],
    },
    ({ type, props }) =>
        type.endsWith(":Secret") || (type.startsWith("aws:ssm") && props.text("type") === "SecureString")
            ? []
            : [
                  ...props.allTexts().flatMap(([path, text]) => {
                      const plain = path === "userData" ? Buffer.from(text, "base64").toString("utf8") : text;
                      return PATTERNS.filter(({ pattern }) => pattern.test(plain)).map(({ what }) =>
                          finding(path, what),
                      );
                  }),
                  ...environment(props, "").map((path) => finding(path, "a literal value under the name of a secret")),
              ],
);
