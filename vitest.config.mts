// Fast suites only: what starts processes or takes minutes runs from .ci/run with vitest.slow.config.mts.
import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/**/*.test.ts"],
        exclude: [
            "test/twin/**",
            "test/truth/**",
            "test/package/**",
            "test/alerts/**",
            "test/mutants/**",
            "test/field-failures/**",
            "test/bench/**",
            "test/logs/**",
            "test/dashboards/**",
            "test/languages/**",
            "test/switches/**",
            "node_modules/**",
        ],
        testTimeout: 60_000,
        hookTimeout: 60_000,
        pool: "forks",
        // By default one core is left for vitest itself, which is idle: on two cores that is half the machine.
        maxWorkers: "100%",
    },
});
