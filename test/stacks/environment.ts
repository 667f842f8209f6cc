/** Evaluates the program of an environment with the configuration of its YAML, or with a changed one. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { InputError, TrainingCluster } from "../../components";
import type { InputProblem } from "../../components";
import { readEnvironment } from "../../stacks/config";
import type { EvaluateOptions, Evaluation } from "../support/mocks";
import { evaluate } from "../support/mocks";

/** Configuration of an environment by its full keys, as YAML has it. */
export interface EnvironmentConfig {
    [key: string]: unknown;
}

/** Names of all environments. */
export const environments = ["dev", "staging", "prod", "scale"];

/** The YAML's `config`, a fresh copy each time. */
export function configOf(environment: string): EnvironmentConfig {
    const file = path.join(__dirname, "..", "..", "stacks", `Pulumi.${environment}.yaml`);
    return (parse(readFileSync(file, "utf8")) as { config: EnvironmentConfig }).config;
}

/** Runs what stacks/index.ts runs. */
export function run(
    environment: string,
    config: EnvironmentConfig = configOf(environment),
    preview = false,
): Promise<Evaluation<TrainingCluster>> {
    return evaluate(() => new TrainingCluster("train", readEnvironment()), optionsOf(environment, config, preview));
}

/** What a wrong configuration gets: its problems, and how many resources were registered before they were found. */
export async function refusal(
    environment: string,
    config: EnvironmentConfig,
): Promise<{ subject: string; problems: readonly InputProblem[]; registered: number }> {
    const evaluation = await evaluate(
        () => {
            try {
                return new TrainingCluster("train", readEnvironment());
            } catch (error) {
                return error;
            }
        },
        optionsOf(environment, config, false),
    );
    if (!(evaluation.result instanceof InputError)) {
        throw new Error(`no InputError, but ${String(evaluation.result)}`);
    }
    const { subject, problems } = evaluation.result;
    return { subject, problems, registered: evaluation.resources.length };
}

function optionsOf(environment: string, config: EnvironmentConfig, preview: boolean): EvaluateOptions {
    return {
        project: "kilogpu",
        stack: environment,
        preview,
        config: Object.fromEntries(
            Object.entries(config).map(([key, value]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
        ),
        computed,
        calls: {
            "aws:index/getCallerIdentity:getCallerIdentity": () => ({ accountId: "111122223333", arn: "", userId: "" }),
            "aws:index/getPartition:getPartition": () => ({ partition: "aws", dnsSuffix: "amazonaws.com" }),
            "aws:index/getRegion:getRegion": () => ({ region: "us-east-2", name: "us-east-2" }),
        },
    };
}

/** What AWS computes and the components read. */
function computed(type: string, name: string): { [property: string]: unknown } {
    switch (type) {
        case "aws:eks/cluster:Cluster":
            return {
                endpoint: "https://example.invalid",
                certificateAuthority: { data: "Y2E=" },
                kubernetesNetworkConfig: { serviceIpv4Cidr: "172.20.0.0/16" },
                vpcConfig: { clusterSecurityGroupId: "sg-cluster" },
            };
        case "aws:eks/nodeGroup:NodeGroup":
            return { resources: [{ autoscalingGroups: [{ name: `${name}-asg` }] }] };
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return { latestVersion: 1 };
        default:
            return {};
    }
}
