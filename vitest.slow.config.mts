// Suites that start real processes or install packages, one file at a time: `vitest run --config vitest.slow.config.mts --dir test/twin`.
import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["**/*.test.ts"],
        testTimeout: 1_800_000,
        hookTimeout: 1_800_000,
        pool: "forks",
        fileParallelism: false,
        sequence: { concurrent: false },
        // Of tests that say themselves that they run beside each other.
        maxConcurrency: 2,
        reporters: ["verbose"],
    },
});
