// Suites that start real processes: the engine, a control plane, controllers. One at a time; .ci/run calls them after the fast suites.
import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/twin/**/*.test.ts"],
        testTimeout: 1_800_000,
        hookTimeout: 1_800_000,
        pool: "forks",
        fileParallelism: false,
        sequence: { concurrent: false },
        reporters: ["verbose"],
    },
});
