/** The page docs/policies.md, from the rules' own metadata; docs.test.ts writes it (`npm run docs`) and holds it to them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../../policies/rules";
import type { Rule, Topic } from "../../policies/rule";
import catalogues from "./catalogues.json";
import type { Coverage } from "./coverage";
import { cisCoverage } from "./coverage-cis";
import { nagCoverage } from "./coverage-nag";

const root = join(__dirname, "../..");

const TITLES: { [topic in Topic]: string } = {
    fabric: "Fabric",
    capacity: "Capacity and placement",
    drivers: "Drivers and operators",
    scheduling: "Scheduling and queues",
    training: "Training jobs",
    storage: "Storage and checkpoints",
    security: "Security",
    "supply-chain": "Supply chain",
    cost: "Cost",
    teardown: "Teardown",
};

/** A text as a cell of a table. */
function cell(text: string): string {
    return text.replace(/\|/g, "\\|").replace(/\s+/g, " ");
}

function levelsOf(rule: Rule): string {
    return readdirSync(join(root, "policies/config"))
        .filter((file) => file.endsWith(".json"))
        .sort()
        .flatMap((file) => {
            const content = JSON.parse(readFileSync(join(root, "policies/config", file), "utf8")) as {
                [policy: string]: string | { enforcementLevel?: string };
            };
            const own = content[rule.name];
            const level = typeof own === "string" ? own : own?.enforcementLevel;
            return level === undefined || level === rule.enforcementLevel ? [] : [`${level} in ${file.slice(0, -5)}`];
        })
        .join(", ");
}

function section(rule: Rule): string {
    const levels = levelsOf(rule);
    const mends = "add" in rule ? " At the level `remediate` the engine adds what is missing." : "";
    const settings = Object.entries(rule.configSchema?.properties ?? {}).map(
        ([key, schema]) => `\`${key}\` (default \`${JSON.stringify((schema as { default?: unknown }).default)}\`)`,
    );
    return [
        `### ${rule.name}`,
        "",
        `${rule.displayName}. ${rule.enforcementLevel}${levels === "" ? "" : ` (${levels})`}, severity ${rule.severity ?? ""}, ${"appliesTo" in rule ? "on single resources" : "on the whole stack"}.${mends}`,
        "",
        rule.description,
        "",
        `**Remedy.** ${rule.remediationSteps ?? ""}${settings.length === 0 ? "" : ` **Settings.** ${settings.join(", ")}.`} [Source](${rule.url ?? ""})`,
        "",
    ].join("\n");
}

function coverageRow({ catalogue, ids, asked, answer, note }: Coverage): string {
    const names = ids.map((id) => id.replace(/:(\w+)$/, " (AwsSolutions-$1)")).join(", ");
    const by = answer.by === "rule" ? answer.rules : answer.by === "by construction" ? answer.components : [];
    const where = [by.join(", "), note ?? ""].filter((text) => text !== "").join(": ");
    return `| ${catalogue} | ${cell(names)}${asked === undefined ? "" : ` ${cell(asked)}`} | ${answer.by} | ${cell(where)} |`;
}

const { benchmark, version: kubeBench } = catalogues["kube-bench"];
const nag = catalogues["cdk-nag"];

/** The whole page. */
export function policiesPage(): string {
    const topics = [...new Set(rules.map((rule) => rule.topic))];
    return [
        "<!-- Written from the rules' metadata by `npm run docs`; change the rules, not this page. -->",
        "",
        "# Policies",
        "",
        `${rules.length} rules, each for something that costs GPU hours, data or trust. \`kilogpu plan\` runs them offline; so does the engine:`,
        "",
        "```sh",
        "pulumi preview --policy-pack policies --policy-pack-config policies/config/prod.json",
        "```",
        "",
        'Another pack takes them from `import { rules } from "kilogpu/policies"`. A rule on single resources stops an update before that resource and its children are made. A value that is known only after the update never fires a rule, and never keeps one from firing on the rest.',
        "",
        `${rules.filter((rule) => "add" in rule).length} rules can mend what they find, at the level \`remediate\` of \`--policy-pack-config\`: ${rules
            .filter((rule) => "add" in rule)
            .map(({ name }) => `\`${name}\``)
            .join(
                " and ",
            )}. They add an input that is missing, and never change one that somebody wrote. No environment has them at that level: a program that says itself what it wants is easier to read. The others mend nothing: most remedies take something away, need a choice (a budget, a version, a number of nodes), replace what runs, or concern a component, whose children the program has made from its own arguments already: a cost tag that the pack added to \`TrainingCluster\` would reach none of them.`,
        "",
        "| Rule | Level | Severity | What it holds |",
        "|---|---|---|---|",
        ...rules.map(
            (rule) =>
                `| [${rule.name}](#${rule.name}) | ${rule.enforcementLevel ?? ""} | ${rule.severity ?? ""} | ${cell(rule.displayName ?? "")} |`,
        ),
        "",
        ...topics.flatMap((topic) => [
            `## ${TITLES[topic]}`,
            "",
            ...rules.filter((rule) => rule.topic === topic).map(section),
        ]),
        "## Coverage",
        "",
        `What two well-known catalogues ask for, and where kilogpu answers it: by a rule, by construction (the component makes it so, and its tests hold it), or not at all, and why. The lists are complete for the CIS Amazon EKS Benchmark ${benchmark.replace("eks-", "")}, as kube-bench ${kubeBench} has it, and for the rules of cdk-nag ${nag.version} on ${nag.services.join(", ")}, in whichever of its packs they stand; cdk-nag has no rule on FSx. \`npm run test:truth\` reads both packages and fails when one of their recommendations is missing here, or one stands here that is not there.`,
        "",
        "| Catalogue | Recommendation | Answer | Where or why |",
        "|---|---|---|---|",
        ...[...cisCoverage, ...nagCoverage].map(coverageRow),
        "",
    ].join("\n");
}
