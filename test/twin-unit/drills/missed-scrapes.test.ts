/** What a failed drill says of a machine that did not keep up. */
import { describe, expect, it } from "vitest";
import { missedScrapes } from "../../../twin/drills/missed-scrapes";

const answering = (jobs: { labels: { [label: string]: string }; value: number }[]) => {
    const asked: string[] = [];
    return {
        asked,
        query: (expression: string) => {
            asked.push(expression);
            return Promise.resolve(jobs);
        },
    };
};

describe("a drill on a busy machine", () => {
    it("names the jobs that were not scraped in time, how often they were, and the load", async () => {
        const prometheus = answering([
            { labels: { job: "dcgm" }, value: 0.714 },
            { labels: { job: "node-exporter" }, value: 0.5 },
        ]);
        const [said, ...more] = await missedScrapes(prometheus, Date.now() - 59_500);
        expect(more).toEqual([]);
        expect(said).toMatch(
            /^scrapes that were answered in time: dcgm 71 %, node-exporter 50 % \(load \d+\.\d on \d+ processors\): .*quiet machine$/,
        );
        // Since the fault, and no longer: what was slow before it took nothing from the drill.
        expect(prometheus.asked).toEqual(["avg by (job) (avg_over_time(up[60s])) < 0.9"]);
    });

    it("says nothing where all scrapes came in time", async () => {
        expect(await missedScrapes(answering([]), Date.now())).toEqual([]);
    });
});
