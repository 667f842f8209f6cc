/** How a simulated AWS resource type is described. Everything here is data and pure functions: the tests need no process. */
import { digest, type CloudRecord } from "../cloud-store";
import type { CheckFailure } from "../runtime/provider";
import { isUnknown, type Value, type Values } from "../runtime/values";
import { simulatedAccount } from "./account";

/** What exists, as the checks see it. */
export interface CloudView {
    region: string;
    find(type: string, id: string): CloudRecord | undefined;
    ofType(type: string): CloudRecord[];
}

/** What the outputs of one resource are computed from. */
export interface Made {
    id: string;
    name: string;
    inputs: Values;
    region: string;
    account: string;
    cloud: CloudView;
}

export interface Specification {
    /** `vpc` gives `vpc-0123456789abcdef0`. */
    idPrefix?: string;
    /** The id where it is not a prefix with digits. */
    id?: (made: Made) => string;
    /** Property that gets a generated name where the program gives none. */
    autoName?: string;
    /** Longest generated name. */
    nameLength?: number;
    /** Outputs beside the inputs, by name. */
    computed: { [output: string]: (made: Made) => Value };
    /** Inputs that must be given. */
    required?: string[];
    /** Inputs with defaults. */
    defaults?: Values;
    /** Inputs whose change makes a new resource. Source, unless said: ForceNew in the schemas of terraform-provider-aws, which @pulumi/aws wraps. */
    replaceOn: string[];
    /** Inputs whose change makes a new resource for some values only. */
    replaceIf?: (before: Values, after: Values) => string[];
    /** Outputs that an update with these changed inputs makes anew: a preview does not know them. */
    renewedBy?: (changed: string[]) => string[];
    /** Pure checks on the inputs alone. Unknown values are to be passed over. */
    check?: (inputs: Values, region: string) => CheckFailure[];
    /** What AWS answers when it refuses to create or update; `self` is the id on update. */
    refuse?: (inputs: Values, cloud: CloudView, self?: string) => string | undefined;
    /** Types that may still refer to this one, and what AWS says then. */
    usedBy?: { types: string[]; error: (id: string, user: CloudRecord) => string };
    secretOutputs?: string[];
}

/** The value as text, or undefined where it is missing or not known yet. */
export function text(value: Value | undefined): string | undefined {
    return typeof value === "string" && !isUnknown(value) ? value : undefined;
}

export function number(value: Value | undefined): number | undefined {
    return typeof value === "number" ? value : undefined;
}

/** A value for a sentence. */
export function show(value: Value | undefined): string {
    return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** Items of a list of objects. */
export function objects(value: Value | undefined): Values[] {
    return Array.isArray(value) ? value.filter((item): item is Values => object(item) !== undefined) : [];
}

export function object(value: Value | undefined): Values | undefined {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

/** Known texts of a list. */
export function texts(value: Value | undefined): string[] {
    return Array.isArray(value) ? value.map(text).filter((item) => item !== undefined) : [];
}

/** Seventeen hexadecimal digits, as EC2's ids have. */
export function hex(made: { id: string }, purpose: string): string {
    return digest(`${made.id}/${purpose}`, 17);
}

/** ARN of a regional resource. */
export function arn(service: string, path: (made: Made) => string): (made: Made) => string {
    return (made) => `arn:aws:${service}:${made.region}:${simulatedAccount}:${path(made)}`;
}

/** ARN of IAM and S3: without region. */
export function globalArn(service: string, path: (made: Made) => string): (made: Made) => string {
    return (made) => `arn:aws:${service}::${service === "s3" ? "" : simulatedAccount}:${path(made)}`;
}

/** Outputs of nearly every type. */
export const tagged: Specification["computed"] = {
    tagsAll: ({ inputs }) => inputs["tags"] ?? {},
    region: ({ inputs, region }) => inputs["region"] ?? region,
};
