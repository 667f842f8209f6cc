/** What Alertmanager sent to the recorder that stands in for the receivers. */

export interface NotifiedAlert {
    status: "firing" | "resolved";
    labels: { [label: string]: string };
    annotations: { [name: string]: string };
    startsAt: string;
}

/** One call of a webhook. */
export interface Notification {
    /** Name of the receiver in Alertmanager's configuration. */
    receiver: string;
    /** When it arrived, ms. */
    at: number;
    status: "firing" | "resolved";
    groupKey: string;
    alerts: NotifiedAlert[];
}

/** Alerts of a notification that still hold. */
export function firing(notification: Notification): NotifiedAlert[] {
    return notification.alerts.filter(({ status }) => status === "firing");
}
