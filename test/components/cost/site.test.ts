import { describe, expect, it } from "vitest";
import { siteItems } from "../../../components/cost/site";

const subject = (site: object) => ({
    urn: "u",
    type: "kilogpu:index:OnPremisesCluster",
    name: "t",
    parent: "",
    inputs: { site },
});

describe("cost of own hosts", () => {
    it("is power by the site's overhead, and the purchase over its years", () => {
        const costs = {
            hostUsd: 35_040,
            amortisationYears: 4,
            hostWatts: 10_000,
            usdPerKwh: 0.1,
            powerUsageEffectiveness: 1.5,
        };
        const [power, written] = siteItems(subject({ machineType: "hgx-h100", nodes: 10, costs }));
        expect(power?.hourlyUsd).toBeCloseTo(15);
        expect(written?.hourlyUsd).toBeCloseTo(10);
    });

    it("is unknown, not nothing, where the site gives no figures", () => {
        expect(siteItems(subject({ machineType: "hgx-h100", nodes: 10 }))).toMatchObject([{ hourlyUsd: null }]);
    });
});
