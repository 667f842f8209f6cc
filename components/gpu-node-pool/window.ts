/**
 * The window of a capacity block as recurring schedules.
 *
 * AWS refuses a one-time schedule that starts in the past, so that a program with one would depend on the clock of whoever runs
 * it. Recurring expressions are accepted at any time. These fire `up` at the start and every ten minutes of the window until the
 * drain begins, and `down` every ten minutes from then until the block ends. So an `up` inside a running window fills the
 * pool within ten minutes, and one after the window starts nothing until the same dates come round in a year.
 */
import { capacityBlockRules } from "../../catalog/capacity-blocks";
import type { InstanceType } from "../../catalog/types";

/** Minutes between two firings of the same schedule. */
export const REPEAT_MINUTES = 10;

/** Minutes before the end of a block at which its nodes go where nothing else is said: then AWS begins to take them anyway. */
export const DRAIN_MINUTES = capacityBlockRules.terminationMinutes;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** When a pool's nodes are wanted. Instants are UTC, in whole minutes. */
export interface CapacityWindow {
    /** Milliseconds of the first minute. */
    start: number;
    /** Milliseconds of the minute at which the nodes begin to drain. */
    drain: number;
    /** Milliseconds at which AWS takes the instances. */
    end: number;
}

/** One recurring schedule. */
export interface Recurrence {
    /** `up` or `down`. */
    action: "up" | "down";
    /** Five cron fields, UTC. */
    cron: string;
}

/** Reads `2026-12-01T11:30:00Z`; undefined when it is no such instant in whole minutes. */
export function parseInstant(text: string): number | undefined {
    const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::00(?:\.0+)?)?Z$/.exec(text);
    const minutes = match?.[1];
    if (minutes === undefined) {
        return undefined;
    }
    const instant = Date.parse(`${minutes}:00Z`);
    // Date.parse turns 31 November into 1 December.
    return Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(minutes) ? undefined : instant;
}

/** The least drain of a type: UltraServers go earlier than other instances. */
export function leastDrainMinutes(entry: InstanceType | undefined): number {
    return entry !== undefined && entry.nvlinkDomainGpus > entry.gpus.count
        ? capacityBlockRules.ultraServerTerminationMinutes
        : DRAIN_MINUTES;
}

/** The window between two instants, with the drain taken off its end. */
export function capacityWindow(start: number, end: number, drainMinutes: number = DRAIN_MINUTES): CapacityWindow {
    return { start, drain: end - drainMinutes * MINUTE, end };
}

/** The schedules of a window: ten at most, in order of time. */
export function windowSchedules(window: CapacityWindow): Recurrence[] {
    return [
        ...coverWithCron(window.start, window.drain).map((cron): Recurrence => ({ action: "up", cron })),
        ...coverWithCron(window.drain, window.end).map((cron): Recurrence => ({ action: "down", cron })),
    ];
}

/**
 * Cron expressions that fire at `from`, at every tenth minute after it and before `until`, and at no other minute of the
 * year. A window is cut where a field would change its meaning: the first and the last hour, the first and the last day, the
 * first and the last month, and what lies between in one expression each.
 */
export function coverWithCron(from: number, until: number): string[] {
    if (until <= from) {
        return [];
    }
    const [firstHour, lastHour] = [floorTo(from, HOUR), floorTo(until, HOUR)];
    if (firstHour === lastHour) {
        return hourCron(from, minuteOf(from), minuteOf(until));
    }
    return [
        ...hourCron(from, minuteOf(from), 60),
        ...coverHours(firstHour + HOUR, lastHour),
        ...hourCron(lastHour, 0, minuteOf(until)),
    ];
}

/** One hour's expression, from its minute `first` (which fires whatever it is) up to but without minute `end`. */
function hourCron(hour: number, first: number, end: number): string[] {
    const minutes = Array.from({ length: 60 / REPEAT_MINUTES }, (_, index) => index * REPEAT_MINUTES).filter(
        (minute) => minute > first && minute < end,
    );
    if (first < end) {
        minutes.unshift(first);
    }
    const at = new Date(hour);
    return minutes.length === 0
        ? []
        : [cronOf(minutes.join(","), String(at.getUTCHours()), String(at.getUTCDate()), String(at.getUTCMonth() + 1))];
}

/** Whole hours. */
function coverHours(from: number, until: number): string[] {
    if (until <= from) {
        return [];
    }
    const [firstDay, lastDay] = [floorTo(from, DAY), floorTo(until, DAY)];
    if (firstDay === lastDay) {
        return [dayCron(from, hourOf(from), hourOf(until) - 1)];
    }
    const wholeFrom = hourOf(from) === 0 ? firstDay : firstDay + DAY;
    return [
        ...(wholeFrom === firstDay ? [] : [dayCron(from, hourOf(from), 23)]),
        ...coverDays(wholeFrom, lastDay),
        ...(hourOf(until) === 0 ? [] : [dayCron(until, 0, hourOf(until) - 1)]),
    ];
}

function dayCron(day: number, firstHour: number, lastHour: number): string {
    const at = new Date(day);
    return cronOf(everyRepeat(), range(firstHour, lastHour), String(at.getUTCDate()), String(at.getUTCMonth() + 1));
}

/** Whole days, both ends at midnight, `until` excluded. */
function coverDays(from: number, until: number): string[] {
    if (until <= from) {
        return [];
    }
    const first = new Date(from);
    const last = new Date(until - DAY);
    if (monthIndex(first) === monthIndex(last)) {
        return [monthCron(range(first.getUTCDate(), last.getUTCDate()), [first.getUTCMonth() + 1])];
    }
    const startsMonth = first.getUTCDate() === 1;
    const endsMonth = new Date(until).getUTCDate() === 1;
    const wholeMonths: number[] = [];
    const [wholeFirst, wholeLast] = [monthIndex(first) + (startsMonth ? 0 : 1), monthIndex(last) - (endsMonth ? 0 : 1)];
    for (let index = wholeFirst; index <= wholeLast; index++) {
        wholeMonths.push((index % 12) + 1);
    }
    return [
        ...(startsMonth ? [] : [monthCron(range(first.getUTCDate(), 31), [first.getUTCMonth() + 1])]),
        ...(wholeMonths.length === 0 ? [] : [monthCron("*", wholeMonths)]),
        ...(endsMonth ? [] : [monthCron(range(1, last.getUTCDate()), [last.getUTCMonth() + 1])]),
    ];
}

function monthCron(days: string, months: number[]): string {
    return cronOf(everyRepeat(), "*", days, months.join(","));
}

function cronOf(minutes: string, hours: string, days: string, months: string): string {
    return `${minutes} ${hours} ${days} ${months} *`;
}

function everyRepeat(): string {
    return `*/${String(REPEAT_MINUTES)}`;
}

function range(first: number, last: number): string {
    return first === last ? String(first) : `${String(first)}-${String(last)}`;
}

function floorTo(instant: number, unit: number): number {
    return Math.floor(instant / unit) * unit;
}

function minuteOf(instant: number): number {
    return new Date(instant).getUTCMinutes();
}

function hourOf(instant: number): number {
    return new Date(instant).getUTCHours();
}

function monthIndex(date: Date): number {
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
