/** Simulated services around the cluster: identity, keys, logs, storage, messages. */
import { autoscalingTypes } from "./autoscaling";
import {
    arn,
    globalArn,
    hex,
    number,
    tagged,
    text,
    type CloudView,
    type Made,
    type Specification,
    show,
} from "./specification";
import type { Values } from "../runtime/values";

const roleType = "aws:iam/role:Role";
const bucketType = "aws:s3/bucket:Bucket";
const bucketTypes = [bucketType, "aws:s3/bucketV2:BucketV2"];

/** Document of a policy must be JSON with statements, or AWS says MalformedPolicyDocument. */
function refusePolicy(key: string): (inputs: Values) => string | undefined {
    return (inputs) => {
        const document = text(inputs[key]);
        if (document === undefined) {
            return undefined;
        }
        try {
            const parsed = JSON.parse(document) as { Statement?: unknown };
            return parsed.Statement === undefined ? "MalformedPolicyDocument: Syntax errors in policy." : undefined;
        } catch {
            return "MalformedPolicyDocument: This policy contains invalid Json";
        }
    };
}

function nameTaken(type: string, key: string, error: (name: string) => string): Specification["refuse"] {
    return (inputs, cloud, self) => {
        const name = text(inputs[key]);
        const taken = cloud
            .ofType(type)
            .some(({ id, inputs: other }) => id !== self && name !== undefined && other[key] === name);
        return taken ? error(name ?? "") : undefined;
    };
}

function both(first: Specification["refuse"], second: Specification["refuse"]): Specification["refuse"] {
    return (inputs, cloud, self) => first?.(inputs, cloud, self) ?? second?.(inputs, cloud, self);
}

function roleMissing(inputs: Values, cloud: CloudView): string | undefined {
    const role = text(inputs["role"]);
    return role === undefined || cloud.find(roleType, role) !== undefined
        ? undefined
        : `NoSuchEntity: The role with name ${role} cannot be found.`;
}

/** A configuration of a bucket: its id is the bucket's name. */
function ofBucket(required: string[] = []): Specification {
    return {
        id: ({ inputs }) => text(inputs["bucket"]) ?? "",
        required: ["bucket", ...required],
        replaceOn: ["bucket", "expectedBucketOwner", "region"],
        computed: { region: tagged["region"] ?? (() => "") },
        refuse: (inputs, cloud) => {
            const bucket = text(inputs["bucket"]);
            return bucket === undefined || bucketTypes.some((type) => cloud.find(type, bucket) !== undefined)
                ? undefined
                : `NoSuchBucket: The specified bucket does not exist: ${bucket}`;
        },
    };
}

const bucket: Specification = {
    id: ({ name }) => name,
    autoName: "bucket",
    nameLength: 63,
    replaceOn: ["bucket", "bucketPrefix", "objectLockEnabled", "region"],
    computed: {
        ...tagged,
        arn: globalArn("s3", ({ name }) => name),
        bucketDomainName: ({ name }) => `${name}.s3.amazonaws.com`,
        bucketRegionalDomainName: ({ name, region }) => `${name}.s3.${region}.amazonaws.com`,
        hostedZoneId: () => "Z2O1EMRO9K5GLX",
    },
    check: ({ bucket: name }) => {
        const given = text(name);
        return given === undefined || /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(given)
            ? []
            : [{ property: "bucket", reason: `invalid bucket name ${given}: 3 to 63 of a-z, 0-9, . and -` }];
    },
};

const named = (type: string, service: string, path: (made: Made) => string, replace: string[] = []): Specification => ({
    id: ({ name }) => name,
    autoName: "name",
    replaceOn: ["name", "namePrefix", "region", ...replace],
    computed: { ...tagged, arn: arn(service, path) },
    refuse: nameTaken(type, "name", (name) => `ResourceAlreadyExistsException: ${name} already exists`),
});

const iamTypes: { [type: string]: Specification } = {
    [roleType]: {
        id: ({ name }) => name,
        autoName: "name",
        nameLength: 64,
        required: ["assumeRolePolicy"],
        replaceOn: ["name", "namePrefix", "path"],
        defaults: { path: "/", maxSessionDuration: 3600 },
        computed: {
            tagsAll: ({ inputs }) => inputs["tags"] ?? {},
            arn: globalArn("iam", ({ name, inputs }) => `role${text(inputs["path"]) ?? "/"}${name}`),
            uniqueId: (made) => `AROA${hex(made, "role").toUpperCase()}`,
            createDate: () => "2026-01-01T00:00:00Z",
        },
        refuse: both(
            refusePolicy("assumeRolePolicy"),
            nameTaken(roleType, "name", (name) => `EntityAlreadyExists: Role with name ${name} already exists.`),
        ),
        usedBy: {
            types: ["aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/instanceProfile:InstanceProfile"],
            error: () => "DeleteConflict: Cannot delete entity, must detach all policies first.",
        },
    },
    "aws:iam/rolePolicy:RolePolicy": {
        id: ({ name, inputs }) => `${text(inputs["role"]) ?? ""}:${name}`,
        autoName: "name",
        nameLength: 128,
        required: ["role", "policy"],
        replaceOn: ["name", "namePrefix", "role"],
        computed: {},
        refuse: both(refusePolicy("policy"), roleMissing),
    },
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
        id: ({ inputs }) => `${text(inputs["role"]) ?? ""}/${text(inputs["policyArn"]) ?? ""}`,
        required: ["role", "policyArn"],
        replaceOn: ["role", "policyArn"],
        computed: {},
        refuse: roleMissing,
    },
    "aws:iam/policy:Policy": {
        id: ({ name, account }) => `arn:aws:iam::${account}:policy/${name}`,
        autoName: "name",
        nameLength: 128,
        required: ["policy"],
        replaceOn: ["name", "namePrefix", "path", "description"],
        computed: {
            tagsAll: ({ inputs }) => inputs["tags"] ?? {},
            arn: ({ id }) => id,
            policyId: (made) => `ANPA${hex(made, "policy").toUpperCase()}`,
        },
        refuse: refusePolicy("policy"),
    },
    "aws:iam/instanceProfile:InstanceProfile": {
        id: ({ name }) => name,
        autoName: "name",
        nameLength: 128,
        replaceOn: ["name", "namePrefix", "path"],
        computed: {
            tagsAll: ({ inputs }) => inputs["tags"] ?? {},
            arn: globalArn("iam", ({ name }) => `instance-profile/${name}`),
            uniqueId: (made) => `AIPA${hex(made, "profile").toUpperCase()}`,
        },
    },
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
        id: ({ inputs, account }) =>
            `arn:aws:iam::${account}:oidc-provider/${(text(inputs["url"]) ?? "").replace(/^https:\/\//, "")}`,
        required: ["clientIdLists", "url"],
        replaceOn: ["url"],
        computed: { tagsAll: ({ inputs }) => inputs["tags"] ?? {}, arn: ({ id }) => id },
    },
};

const keyTypes: { [type: string]: Specification } = {
    "aws:kms/key:Key": {
        id: (made) => {
            const digits = hex({ id: made.id }, "kms-a") + hex({ id: made.id }, "kms-b");
            return [0, 8, 12, 16, 20].map((start, index) => digits.slice(start, [8, 12, 16, 20, 32][index])).join("-");
        },
        replaceOn: ["customerMasterKeySpec", "keyUsage", "multiRegion", "region"],
        defaults: { isEnabled: true, keyUsage: "ENCRYPT_DECRYPT" },
        computed: { ...tagged, arn: arn("kms", ({ id }) => `key/${id}`), keyId: ({ id }) => id },
        refuse: refusePolicy("policy"),
    },
    "aws:kms/alias:Alias": {
        id: ({ name }) => name,
        autoName: "name",
        required: ["targetKeyId"],
        replaceOn: ["name", "namePrefix", "region"],
        computed: {
            arn: arn("kms", ({ name }) => name),
            targetKeyArn: arn("kms", ({ inputs }) => `key/${text(inputs["targetKeyId"]) ?? ""}`),
        },
        check: ({ name }) =>
            text(name) === undefined || text(name)?.startsWith("alias/") === true
                ? []
                : [{ property: "name", reason: `name must begin with 'alias/', got ${show(name)}` }],
    },
    "aws:kms/keyPolicy:KeyPolicy": {
        id: ({ inputs }) => text(inputs["keyId"]) ?? "",
        required: ["keyId", "policy"],
        replaceOn: ["keyId"],
        computed: {},
        refuse: refusePolicy("policy"),
    },
};

/**
 * Lustre grows in place and never shrinks; its version rises in place. Source: CustomizeDiff of terraform-provider-aws,
 * internal/service/fsx/lustre_file_system.go, and for the version the documentation of @pulumi/aws 7.48.
 */
function replacedLustre(before: Values, after: Values): string[] {
    const [from, to] = [number(before["storageCapacity"]), number(after["storageCapacity"])];
    const [old, now] = [Number(before["fileSystemTypeVersion"]), Number(after["fileSystemTypeVersion"])];
    const scratch = (text(after["deploymentType"]) ?? "SCRATCH_1") === "SCRATCH_1";
    return [
        ...(scratch || (from !== undefined && to !== undefined && to < from) ? ["storageCapacity"] : []),
        ...(now < old ? ["fileSystemTypeVersion"] : []),
    ];
}

/** Steps in which FSx sells Lustre capacity: 1,200 GiB or a multiple of 2,400. */
function refuseLustre(inputs: Values): string | undefined {
    const capacity = number(inputs["storageCapacity"]);
    return capacity !== undefined && capacity !== 1200 && (capacity < 2400 || capacity % 2400 !== 0)
        ? `BadRequest: Invalid storage capacity ${capacity}: must be 1200 or a multiple of 2400 GiB`
        : undefined;
}

const storageTypes: { [type: string]: Specification } = {
    [bucketType]: bucket,
    "aws:s3/bucketV2:BucketV2": bucket,
    ...Object.fromEntries(
        [
            ["bucketVersioning:BucketVersioning", "versioningConfiguration"],
            ["bucketPublicAccessBlock:BucketPublicAccessBlock"],
            ["bucketPolicy:BucketPolicy", "policy"],
            ["bucketOwnershipControls:BucketOwnershipControls", "rule"],
            ["bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "rules"],
            ["bucketLifecycleConfiguration:BucketLifecycleConfiguration"],
            ["bucketLogging:BucketLogging", "targetBucket"],
            ["bucketObjectLockConfiguration:BucketObjectLockConfiguration"],
            ["bucketNotification:BucketNotification"],
            ["bucketMetric:BucketMetric"],
            ["bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration"],
            ["bucketAccelerateConfiguration:BucketAccelerateConfiguration"],
        ].map(([type, ...required]) => [`aws:s3/${type ?? ""}`, ofBucket(required)]),
    ),
    "aws:ecr/repository:Repository": {
        ...named("aws:ecr/repository:Repository", "ecr", ({ name }) => `repository/${name}`, [
            "encryptionConfigurations",
        ]),
        computed: {
            ...tagged,
            arn: arn("ecr", ({ name }) => `repository/${name}`),
            registryId: ({ account }) => account,
            repositoryUrl: ({ account, region, name }) => `${account}.dkr.ecr.${region}.amazonaws.com/${name}`,
        },
    },
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
        id: ({ inputs }) => text(inputs["repository"]) ?? "",
        required: ["repository", "policy"],
        replaceOn: ["repository", "policy"],
        computed: { registryId: ({ account }) => account },
    },
    "aws:fsx/lustreFileSystem:LustreFileSystem": {
        idPrefix: "fs",
        required: ["subnetIds"],
        replaceOn: [
            "deploymentType",
            "subnetIds",
            "securityGroupIds",
            "storageType",
            "kmsKeyId",
            "efaEnabled",
            "backupId",
            "copyTagsToBackups",
            "driveCacheType",
            "exportPath",
            "importPath",
            "importedFileChunkSize",
            "region",
        ],
        replaceIf: replacedLustre,
        computed: {
            ...tagged,
            arn: arn("fsx", ({ id }) => `file-system/${id}`),
            dnsName: ({ id, region }) => `${id}.fsx.${region}.amazonaws.com`,
            mountName: (made) => hex(made, "mount").slice(0, 8),
            ownerId: ({ account }) => account,
            vpcId: ({ inputs, cloud }) =>
                cloud.find("aws:ec2/subnet:Subnet", text(inputs["subnetIds"]) ?? "")?.inputs["vpcId"] ?? "",
            networkInterfaceIds: (made) => [`eni-${hex(made, "eni")}`],
        },
        refuse: refuseLustre,
    },
    "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation": {
        idPrefix: "dra",
        required: ["dataRepositoryPath", "fileSystemId", "fileSystemPath"],
        replaceOn: ["dataRepositoryPath", "fileSystemId", "fileSystemPath", "region"],
        computed: {
            ...tagged,
            associationId: ({ id }) => id,
            arn: arn("fsx", ({ inputs, id }) => `association/${text(inputs["fileSystemId"]) ?? ""}/${id}`),
        },
    },
};

const messageTypes: { [type: string]: Specification } = {
    "aws:cloudwatch/logGroup:LogGroup": {
        ...named("aws:cloudwatch/logGroup:LogGroup", "logs", ({ name }) => `log-group:${name}`),
        check: ({ retentionInDays }) =>
            number(retentionInDays) === undefined || retentionDays.includes(number(retentionInDays) ?? 0)
                ? []
                : [
                      {
                          property: "retentionInDays",
                          reason: `expected one of ${retentionDays.join(", ")}, got ${show(retentionInDays)}`,
                      },
                  ],
    },
    "aws:cloudwatch/eventRule:EventRule": {
        ...named("aws:cloudwatch/eventRule:EventRule", "events", ({ name }) => `rule/${name}`, ["eventBusName"]),
        nameLength: 64,
        check: ({ eventPattern, scheduleExpression }) =>
            eventPattern === undefined && scheduleExpression === undefined
                ? [{ property: "eventPattern", reason: "one of eventPattern, scheduleExpression must be given" }]
                : [],
    },
    "aws:cloudwatch/eventTarget:EventTarget": {
        id: (made) => `${text(made.inputs["rule"]) ?? ""}-${text(made.inputs["targetId"]) ?? hex(made, "target")}`,
        required: ["rule", "arn"],
        replaceOn: ["rule", "targetId", "eventBusName", "region"],
        computed: { targetId: (made) => made.inputs["targetId"] ?? `terraform-${hex(made, "target")}` },
        refuse: (inputs, cloud) => {
            const rule = text(inputs["rule"]);
            return rule === undefined || cloud.find("aws:cloudwatch/eventRule:EventRule", rule) !== undefined
                ? undefined
                : `ResourceNotFoundException: Rule ${rule} does not exist on EventBus default.`;
        },
    },
    "aws:sqs/queue:Queue": {
        id: ({ name, account, region }) => `https://sqs.${region}.amazonaws.com/${account}/${name}`,
        autoName: "name",
        nameLength: 80,
        replaceOn: ["name", "namePrefix", "fifoQueue", "region"],
        computed: { ...tagged, arn: arn("sqs", ({ name }) => name), url: ({ id }) => id },
    },
    "aws:sqs/queuePolicy:QueuePolicy": {
        id: ({ inputs }) => text(inputs["queueUrl"]) ?? "",
        required: ["queueUrl", "policy"],
        replaceOn: ["queueUrl"],
        computed: {},
        refuse: refusePolicy("policy"),
    },
    "aws:amp/workspace:Workspace": {
        idPrefix: "ws",
        replaceOn: ["kmsKeyArn", "region"],
        computed: {
            ...tagged,
            arn: arn("aps", ({ id }) => `workspace/${id}`),
            prometheusEndpoint: ({ id, region }) => `https://aps-workspaces.${region}.amazonaws.com/workspaces/${id}/`,
        },
    },
    "aws:ssm/parameter:Parameter": {
        ...named("aws:ssm/parameter:Parameter", "ssm", ({ name }) => `parameter/${name.replace(/^\//, "")}`),
        required: ["type"],
        secretOutputs: ["value"],
        computed: {
            ...tagged,
            arn: arn("ssm", ({ name }) => `parameter/${name.replace(/^\//, "")}`),
            version: () => 1,
            tier: ({ inputs }) => inputs["tier"] ?? "Standard",
        },
    },
};

/** CloudWatch Logs takes these and no others. */
const retentionDays = [
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const serviceTypes: { [type: string]: Specification } = {
    ...iamTypes,
    ...keyTypes,
    ...storageTypes,
    ...messageTypes,
    ...autoscalingTypes,
};
