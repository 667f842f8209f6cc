/** Documents of IAM and resource policies, for rules that read what they allow. */
import { Facts } from "./facts";

/** Statements of a policy, which is JSON text or the object that the SDK makes text of; none where it is unknown. */
export function policyStatements(policy: Facts): Facts[] {
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

/** IAM takes one text where it takes a list of them. */
export function textsOf(value: Facts): string[] {
    const single = value.text();
    return single === undefined ? value.texts() : [single];
}
