/** What hosts of one's own cost by the hour: electricity, and the purchase written off over its years. Pure. */
import { hoursPerMonth } from "../../catalog";
import type { CostItem, CostSubject } from "./cost";

interface SiteInputs {
    pool?: string;
    machineType?: string;
    /** Number of GPU hosts. */
    nodes?: number;
    costs?: {
        hostUsd?: number;
        amortisationYears?: number;
        hostWatts?: number;
        usdPerKwh?: number;
        powerUsageEffectiveness?: number;
    };
}

/** Electricity and amortisation of a site's GPU hosts; without the site's figures one item that says so. */
export function siteItems(subject: CostSubject): CostItem[] {
    const { pool, machineType = "", nodes = 0, costs } = (subject.inputs["site"] ?? {}) as SiteInputs;
    const shared = { name: pool ?? machineType, quantity: nodes, unit: machineType, asOf: "", source: "site.costs" };
    if (costs?.hostUsd === undefined || costs.hostWatts === undefined || costs.usdPerKwh === undefined) {
        return [{ ...shared, kind: "own hosts", hourlyUsd: null, note: "the site gives no costs" }];
    }
    const { hostUsd, amortisationYears = 4, hostWatts, usdPerKwh, powerUsageEffectiveness = 1.3 } = costs;
    return [
        {
            ...shared,
            kind: "own hosts, power",
            hourlyUsd: ((nodes * hostWatts) / 1000) * powerUsageEffectiveness * usdPerKwh,
            note: `${String(hostWatts)} W a host, times ${String(powerUsageEffectiveness)} for the site, under full load`,
        },
        {
            ...shared,
            kind: "own hosts, amortisation",
            hourlyUsd: (nodes * hostUsd) / (amortisationYears * 12 * hoursPerMonth),
            note: `over ${String(amortisationYears)} years; interest, space and staff are left out`,
        },
    ];
}
