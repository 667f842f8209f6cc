/** Data sources of the simulated AWS. */
import type { CloudView } from "./specification";
import { object, objects, text, texts } from "./specification";
import { simulatedAccount, simulatedCaller } from "./account";
import { zoneId, zonesOf } from "./network";
import type { Value, Values } from "../runtime/values";

export interface InvokeContext {
    cloud: CloudView;
    /** Token that `eks getClusterAuth` gives. */
    token: () => Promise<string>;
}

type Answer = (args: Values, context: InvokeContext) => Values | Promise<Values>;

/** `iam getPolicyDocument`: statements as IAM writes them. */
export function policyDocument(args: Values): string {
    const one = (values: string[]): Value => (values.length === 1 ? (values[0] ?? "") : values);
    const statements = objects(args["statements"]).map((statement) => {
        const principals = objects(statement["principals"]);
        const conditions: { [test: string]: { [variable: string]: Value } } = {};
        for (const condition of objects(statement["conditions"])) {
            const test = text(condition["test"]) ?? "";
            conditions[test] = {
                ...conditions[test],
                [text(condition["variable"]) ?? ""]: one(texts(condition["values"])),
            };
        }
        const all = principals.some((principal) => principal["type"] === "*");
        return {
            ...(statement["sid"] === undefined ? {} : { Sid: statement["sid"] }),
            Effect: statement["effect"] ?? "Allow",
            ...(principals.length === 0
                ? {}
                : {
                      Principal: all
                          ? "*"
                          : Object.fromEntries(
                                principals.map((each) => [text(each["type"]) ?? "", one(texts(each["identifiers"]))]),
                            ),
                  }),
            ...(statement["actions"] === undefined ? {} : { Action: one(texts(statement["actions"])) }),
            ...(statement["notActions"] === undefined ? {} : { NotAction: one(texts(statement["notActions"])) }),
            ...(statement["resources"] === undefined ? {} : { Resource: one(texts(statement["resources"])) }),
            ...(Object.keys(conditions).length === 0 ? {} : { Condition: conditions }),
        };
    });
    return JSON.stringify({ Version: text(args["version"]) ?? "2012-10-17", Statement: statements });
}

function getVpc(args: Values, { cloud }: InvokeContext): Values {
    const found = cloud.ofType("aws:ec2/vpc:Vpc").find(({ id }) => args["id"] === undefined || id === args["id"]);
    if (found === undefined) {
        throw new Error("no matching EC2 VPC found");
    }
    return { ...found.outputs, id: found.id };
}

function getSubnets(args: Values, { cloud }: InvokeContext): Values {
    const filters = objects(args["filters"]);
    const tags = object(args["tags"]) ?? {};
    const ids = cloud
        .ofType("aws:ec2/subnet:Subnet")
        .filter(({ inputs, outputs }) =>
            filters.every((filter) => {
                const name = text(filter["name"]);
                const key = name === "vpc-id" ? "vpcId" : name === "availability-zone" ? "availabilityZone" : undefined;
                if (key === undefined) {
                    throw new Error(`ec2 getSubnets: the twin does not simulate the filter ${name ?? ""}`);
                }
                return texts(filter["values"]).includes(text(outputs[key]) ?? text(inputs[key]) ?? "");
            }),
        )
        .filter(({ inputs }) => Object.entries(tags).every(([key, value]) => object(inputs["tags"])?.[key] === value))
        .map(({ id }) => id);
    return { id: cloud.region, ids };
}

const answers: { [token: string]: Answer } = {
    "aws:index/getCallerIdentity:getCallerIdentity": () => ({
        id: simulatedAccount,
        accountId: simulatedAccount,
        arn: simulatedCaller.arn,
        userId: simulatedCaller.userId,
    }),
    "aws:iam/getSessionContext:getSessionContext": (args) => ({
        id: args["arn"],
        arn: args["arn"],
        issuerArn: simulatedCaller.role,
        issuerId: simulatedCaller.userId,
        issuerName: "twin",
        sessionName: "kilogpu",
    }),
    "aws:index/getRegion:getRegion": (args, { cloud }) => {
        const region = text(args["name"]) ?? text(args["region"]) ?? cloud.region;
        return { id: region, name: region, region, description: region, endpoint: `ec2.${region}.amazonaws.com` };
    },
    "aws:index/getPartition:getPartition": () => ({
        id: "aws",
        partition: "aws",
        dnsSuffix: "amazonaws.com",
        reverseDnsPrefix: "com.amazonaws",
    }),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (_, { cloud }) => {
        const names = zonesOf(cloud.region);
        return {
            id: cloud.region,
            region: cloud.region,
            names,
            zoneIds: names.map(zoneId),
            groupNames: [cloud.region],
        };
    },
    "aws:eks/getClusterAuth:getClusterAuth": async (args, { token }) => ({
        id: args["name"],
        name: args["name"],
        token: await token(),
    }),
    "aws:iam/getPolicyDocument:getPolicyDocument": (args) => {
        const json = policyDocument(args);
        return { id: String(json.length), json, minifiedJson: json, version: text(args["version"]) ?? "2012-10-17" };
    },
    "aws:ssm/getParameter:getParameter": (args, { cloud }) => {
        const found = cloud.find("aws:ssm/parameter:Parameter", text(args["name"]) ?? "");
        if (found === undefined) {
            throw new Error(
                `ParameterNotFound: reading SSM Parameter (${text(args["name"]) ?? ""}): couldn't find resource`,
            );
        }
        return { ...found.outputs, id: found.id };
    },
    "aws:ec2/getVpc:getVpc": getVpc,
    "aws:ec2/getSubnets:getSubnets": getSubnets,
};

/** Answers a data source. Throws by name where the twin does not simulate it. */
export async function invoke(token: string, args: Values, context: InvokeContext): Promise<Values> {
    const answer = answers[token];
    if (answer === undefined) {
        throw new Error(
            `the twin does not simulate the data source ${token}; it answers ${Object.keys(answers).join(", ")}`,
        );
    }
    return answer(args, context);
}
