/** Inputs of remote commands, read by type. */
import { isObject, type Value, type Values } from "../runtime/values";

export function text(value: Value | undefined): string | undefined {
    return typeof value === "string" ? value : undefined;
}

export function number(value: Value | undefined): number | undefined {
    return typeof value === "number" ? value : undefined;
}

export function object(value: Value | undefined): Values | undefined {
    return isObject(value) ? value : undefined;
}
