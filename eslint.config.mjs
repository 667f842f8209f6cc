// Type-checked rules, Pulumi's own rules, and the house rule of docs/architecture.md: an import never goes back up the list
// cli -> twin, stacks, policies -> components -> catalog.
import eslint from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** Folders that the files of one folder may not import, with the reason shown to whoever tries. */
const mayNotImport = (folders, reason) => ({
    "no-restricted-imports": [
        "error",
        { patterns: [{ regex: `^(\\.\\./)+(${folders.join("|")})(/|$)`, message: reason }] },
    ],
});

export default tseslint.config(
    { ignores: ["dist/**", "node_modules/**", "coverage/**", "training/**"] },
    eslint.configs.recommended,
    ...tseslint.configs.strictTypeChecked,
    {
        languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
        plugins: { "@pulumi": pulumi },
        rules: {
            "@pulumi/no-output-in-template-literal": "error",
            "@pulumi/no-output-instance-in-template-literal": "off",
            "@typescript-eslint/no-explicit-any": "error",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
            "@typescript-eslint/no-unnecessary-condition": "off",
            "@typescript-eslint/consistent-type-imports": "error",
        },
    },
    {
        files: ["catalog/**"],
        rules: mayNotImport(
            ["components", "stacks", "policies", "twin", "cli", "test"],
            "catalog imports nothing of the house",
        ),
    },
    {
        files: ["components/**"],
        rules: mayNotImport(["stacks", "policies", "twin", "cli", "test"], "components import only catalog"),
    },
    {
        files: ["policies/**"],
        rules: mayNotImport(
            ["stacks", "twin", "cli", "test"],
            "policies import catalog and the pure checks of components",
        ),
    },
    {
        files: ["stacks/**"],
        rules: mayNotImport(["policies", "twin", "cli", "test"], "stacks import components and catalog"),
    },
    {
        files: ["twin/**"],
        rules: mayNotImport(
            ["components", "stacks", "policies", "cli", "test"],
            "the twin runs any program and knows no component",
        ),
    },
    { files: ["cli/**"], rules: mayNotImport(["test"], "the command line ships, tests do not") },
    {
        files: ["**/*.mjs"],
        languageOptions: { globals: { URL: "readonly", console: "readonly", process: "readonly" } },
        extends: [tseslint.configs.disableTypeChecked],
        rules: { "@pulumi/no-output-in-template-literal": "off" },
    },
);
