// Fast suites only: what needs the twin's processes lives in test/twin and runs from .ci/run (vitest.twin.config.ts).
import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/**/*.test.ts"],
        exclude: ["test/twin/**", "node_modules/**"],
        testTimeout: 60_000,
        hookTimeout: 60_000,
        pool: "forks",
    },
});
