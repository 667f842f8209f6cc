/** What a group's scheduled actions make of its size at an instant of the twin's clock. Pure. */

/** One scheduled action of an Auto Scaling group. */
export interface ScheduledAction {
    /** Size that it sets; undefined or -1 leaves the size alone. */
    desired?: number;
    /** Five fields of cron, UTC. */
    recurrence?: string;
    /** Instant of a one-time action, or the first of a recurring one, ms. */
    start?: number;
    /** No occurrence after this, ms. */
    end?: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** A recurring window comes back every year at the latest. */
const lookBackDays = 367;

/** Values that a cron field allows, or undefined for all. Throws on a field that is no cron. */
export function cronField(field: string, low: number, high: number): Set<number> | undefined {
    if (field === "*") {
        return undefined;
    }
    const values = new Set<number>();
    for (const part of field.split(",")) {
        const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
        const first = Number(match?.[1] ?? low);
        const last = match?.[1] === undefined ? high : Number(match[2] ?? (match[3] === undefined ? first : high));
        const step = Number(match?.[3] ?? 1);
        if (match === null || first < low || last > high || first > last || step < 1) {
            throw new Error(`ValidationError: Given recurrence field "${field}" is not a valid cron expression`);
        }
        for (let value = first; value <= last; value += step) {
            values.add(value);
        }
    }
    return values;
}

interface Cron {
    minutes?: Set<number>;
    hours?: Set<number>;
    days?: Set<number>;
    months?: Set<number>;
    weekdays?: Set<number>;
}

export function parseCron(expression: string): Cron {
    const fields = expression.trim().split(/\s+/);
    const [minutes, hours, days, months, weekdays] = fields;
    if (fields.length !== 5) {
        throw new Error(`ValidationError: Given recurrence string: ${expression} is invalid`);
    }
    const sundays = cronField(weekdays ?? "*", 0, 7);
    return {
        minutes: cronField(minutes ?? "*", 0, 59),
        hours: cronField(hours ?? "*", 0, 23),
        days: cronField(days ?? "*", 1, 31),
        months: cronField(months ?? "*", 1, 12),
        weekdays: sundays === undefined ? undefined : new Set([...sundays].map((weekday) => weekday % 7)),
    };
}

function onDay(cron: Cron, date: Date): boolean {
    if (cron.months !== undefined && !cron.months.has(date.getUTCMonth() + 1)) {
        return false;
    }
    const byDay = cron.days?.has(date.getUTCDate());
    const byWeekday = cron.weekdays?.has(date.getUTCDay());
    // Cron's own rule: with both fields given, either suffices.
    return byDay === undefined ? byWeekday !== false : byWeekday === undefined ? byDay : byDay || byWeekday;
}

/** The last occurrence at or before an instant, within the last year; undefined where there is none. */
export function lastOccurrence(action: ScheduledAction, now: number): number | undefined {
    const until = Math.min(now, action.end ?? now);
    if (action.recurrence === undefined) {
        return action.start !== undefined && action.start <= until ? action.start : undefined;
    }
    const cron = parseCron(action.recurrence);
    const today = Math.floor(until / day) * day;
    for (let back = 0; back <= lookBackDays; back++) {
        const midnight = today - back * day;
        if (!onDay(cron, new Date(midnight))) {
            continue;
        }
        for (let hour = 23; hour >= 0; hour--) {
            if (cron.hours !== undefined && !cron.hours.has(hour)) {
                continue;
            }
            for (let each = 59; each >= 0; each--) {
                const instant = midnight + (hour * 60 + each) * minute;
                if (instant <= until && (cron.minutes === undefined || cron.minutes.has(each))) {
                    return instant >= (action.start ?? -Infinity) ? instant : undefined;
                }
            }
        }
    }
    return undefined;
}

/** Size that the latest action before `now` set, or undefined where none has acted: the group keeps its own. */
export function scheduledSize(actions: ScheduledAction[], now: number): number | undefined {
    let size: number | undefined;
    let latest = -Infinity;
    for (const action of actions) {
        const at = action.desired === undefined || action.desired < 0 ? undefined : lastOccurrence(action, now);
        if (at !== undefined && at >= latest) {
            latest = at;
            size = action.desired;
        }
    }
    return size;
}
