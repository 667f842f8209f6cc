/** The engine's own events, read from its event log while it runs: never its text. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";

/** One policy's finding. */
export interface PolicyFinding {
    urn?: string;
    policy: string;
    pack: string;
    /** `advisory`, `mandatory` or `remediate`. */
    enforcement: string;
    message: string;
}

export interface Diagnostic {
    severity: string;
    urn?: string;
    message: string;
}

/** What `runPulumi` tells while it runs. */
export type EngineUpdate =
    | {
          kind: "resource";
          phase: "started" | "done" | "failed";
          preview: boolean;
          op: string;
          urn: string;
          type: string;
          name: string;
          /** Resources finished so far. */
          finished: number;
          /** Resources in all, from the preview of the same run or a run before; undefined where neither said. */
          total?: number;
      }
    | ({ kind: "diagnostic" } & Diagnostic)
    | ({ kind: "policy" } & PolicyFinding)
    | { kind: "summary"; preview: boolean; changes: { [op: string]: number }; seconds: number };

interface Metadata {
    op: string;
    urn: string;
    type: string;
}

/** A line of the log, as far as it is read (`apitype.EngineEvent`). */
interface EngineEvent {
    resourcePreEvent?: { metadata: Metadata; planning?: boolean };
    resOutputsEvent?: { metadata: Metadata; planning?: boolean };
    resOpFailedEvent?: { metadata: Metadata };
    diagnosticEvent?: { severity: string; urn?: string; message: string; ephemeral?: boolean; prefix?: string };
    policyEvent?: {
        resourceUrn?: string;
        message: string;
        policyName: string;
        policyPackName: string;
        enforcementLevel: string;
    };
    summaryEvent?: { isPreview?: boolean; resourceChanges?: { [op: string]: number }; durationSeconds: number };
}

/** Marks of the engine for colours, such as `<{%fg 1%}>`. */
const colour = /<\{%[^%]*%\}>/g;

/** Name at the end of a URN. */
export function urnName(urn: string): string {
    return urn.slice(urn.lastIndexOf("::") + 2);
}

/** Turns the engine's events into updates; keeps the counts. */
export class EventReader {
    private finished = 0;
    private total: number | undefined;

    constructor(expected?: number) {
        this.total = expected;
    }

    read(line: string): EngineUpdate[] {
        const event = JSON.parse(line) as EngineEvent;
        const resource = event.resourcePreEvent ?? event.resOutputsEvent ?? event.resOpFailedEvent;
        if (resource !== undefined) {
            const { op, urn, type } = resource.metadata;
            const phase = event.resourcePreEvent ? "started" : event.resOutputsEvent ? "done" : "failed";
            // Providers are no resources to whoever wrote the program, nor to the engine's own summary.
            if (phase !== "started" && !type.startsWith("pulumi:providers:")) {
                this.finished++;
            }
            const preview = "planning" in resource && resource.planning === true;
            const counts = { finished: this.finished, total: preview ? undefined : this.total };
            return [{ kind: "resource", phase, preview, op, urn, type, name: urnName(urn), ...counts }];
        }
        // Debug messages carry whole requests, secrets in plain among them.
        if (event.diagnosticEvent?.ephemeral !== true && event.diagnosticEvent?.severity === "debug") {
            return [];
        }
        if (event.diagnosticEvent !== undefined && event.diagnosticEvent.ephemeral !== true) {
            const { severity, urn, message } = event.diagnosticEvent;
            return [{ kind: "diagnostic", severity, urn, message: message.replaceAll(colour, "").trimEnd() }];
        }
        if (event.policyEvent !== undefined) {
            const { resourceUrn, message, policyName, policyPackName, enforcementLevel } = event.policyEvent;
            return [
                {
                    kind: "policy",
                    urn: resourceUrn,
                    policy: policyName,
                    pack: policyPackName,
                    enforcement: enforcementLevel,
                    message: message.replaceAll(colour, "").trimEnd(),
                },
            ];
        }
        if (event.summaryEvent !== undefined) {
            const changes = event.summaryEvent.resourceChanges ?? {};
            const preview = event.summaryEvent.isPreview === true;
            if (preview) {
                this.total = Object.values(changes).reduce((sum, count) => sum + count, 0);
            }
            this.finished = 0;
            return [{ kind: "summary", preview, changes, seconds: event.summaryEvent.durationSeconds }];
        }
        return [];
    }
}

/**
 * Splits the engine's log into its events. The engine indents its JSON, so an event ends at a line that is a closing brace and nothing
 * before it.
 */
export class EventSplitter {
    private lines: string[] = [];
    private rest = "";

    push(text: string): string[] {
        const lines = (this.rest + text).split("\n");
        this.rest = lines.pop() ?? "";
        const events: string[] = [];
        for (const line of lines) {
            this.lines.push(line);
            const alone = this.lines.length === 1 && line.startsWith("{") && line.endsWith("}");
            if (line === "}" || alone) {
                events.push(this.lines.join("\n"));
                this.lines = [];
            }
        }
        return events;
    }
}

/** Follows the log while the engine writes it. `stop` reads what is left. */
export function followEvents(path: string, onEvent: (event: string) => void): { stop: () => void } {
    let descriptor: number | undefined;
    const splitter = new EventSplitter();
    const buffer = Buffer.alloc(1 << 16);
    const decoder = new TextDecoder();
    const read = (): void => {
        if (descriptor === undefined) {
            if (!existsSync(path)) {
                return;
            }
            descriptor = openSync(path, "r");
        }
        for (let count = 1; count > 0;) {
            count = readSync(descriptor, buffer, 0, buffer.length, null);
            splitter.push(decoder.decode(buffer.subarray(0, count), { stream: true })).forEach(onEvent);
        }
    };
    const timer = setInterval(read, 100);
    return {
        stop: () => {
            clearInterval(timer);
            read();
            if (descriptor !== undefined) {
                closeSync(descriptor);
            }
        },
    };
}
