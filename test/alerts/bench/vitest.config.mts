// Benchmarks of the rules: minutes, so apart from the tests. `vitest run --config test/alerts/bench/vitest.config.mts`.
import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        root: import.meta.dirname,
        include: ["**/*.bench.ts"],
        testTimeout: 1_800_000,
        pool: "forks",
        reporters: ["verbose"],
    },
});
