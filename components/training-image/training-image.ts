/** The image that training pods run, built in the account that uses it. */
import * as aws from "@pulumi/aws";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../input";
import { buildSpec, startBuild } from "./build-spec";
import { checkTrainingImage } from "./check";
import { contentTag, dockerfile } from "./dockerfile";
import type { TrainingImageArgs } from "./training-image-args";

/**
 * An ECR repository (immutable tags, scanned on push, encrypted) and a CodeBuild project that builds the training image into it: PyTorch
 * with the libraries of the network and NCCL's tests, all in the versions of the release catalogue. The tag is a hash of the Dockerfile,
 * so that an image is built once for each content; no Docker is needed where `up` runs, only the AWS CLI.
 *
 * The build host runs privileged, as building with Docker does; it is a machine of CodeBuild's for this one build, and its role reaches
 * this repository and its own log only.
 */
export class TrainingImage extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:TrainingImage";

    /** Tag of the image, known before it is built. */
    readonly tag: string;
    /** `repository@sha256:…` once the image is built. Give it to `Kubeflow.image` of another stack, or to a job. */
    readonly reference: pulumi.Output<string>;
    /** URL of the repository. */
    readonly repositoryUrl: pulumi.Output<string>;

    constructor(name: string, args: TrainingImageArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`TrainingImage "${name}"`, checkTrainingImage(name, args));
        super(TrainingImage.__pulumiType, name, args, opts);
        const child = { parent: this };
        const tags = args.tags ?? {};
        const text = dockerfile({
            fabric: args.fabric,
            packages: args.packages ?? [],
            ncclTests: args.ncclTests ?? true,
        });
        this.tag = contentTag(text);

        const repository = createRepository(name, args, tags, child);
        const logs = new aws.cloudwatch.LogGroup(
            `${name}-build`,
            {
                name: `/kilogpu/image/${args.repository ?? name}`,
                retentionInDays: 30,
                kmsKeyId: args.kmsKeyArn,
                tags,
            },
            child,
        );
        const { role, policy } = buildRole(name, repository, logs, args.kmsKeyArn, tags, child);
        const project = new aws.codebuild.Project(
            `${name}-build`,
            {
                description: `Training image for ${args.fabric}`,
                serviceRole: role.arn,
                artifacts: { type: "NO_ARTIFACTS" },
                source: { type: "NO_SOURCE", buildspec: buildSpec({ dockerfile: text, tag: this.tag }) },
                environment: {
                    type: "LINUX_CONTAINER",
                    // NCCL for all architectures takes an hour on the smallest machine.
                    computeType: "BUILD_GENERAL1_LARGE",
                    image: "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                    privilegedMode: true,
                    environmentVariables: [
                        { name: "REPOSITORY", value: repository.name },
                        { name: "REPOSITORY_URL", value: repository.repositoryUrl },
                    ],
                },
                encryptionKey: args.kmsKeyArn,
                logsConfig: { cloudwatchLogs: { groupName: logs.name } },
                // Two builds of one tag would fight over it.
                concurrentBuildLimit: 1,
                buildTimeout: 120,
                tags,
            },
            child,
        );
        const build = new local.Command(
            `${name}-build`,
            {
                create: startBuild,
                environment: { PROJECT: project.name, REPOSITORY: repository.name, TAG: this.tag },
                triggers: [this.tag],
            },
            // A build that starts before its role may push fails at its last step.
            { ...child, dependsOn: [policy], customTimeouts: { create: "130m" } },
        );

        this.repositoryUrl = repository.repositoryUrl;
        this.reference = pulumi
            .all([repository.repositoryUrl, build.stdout])
            .apply(([url, digest]) => `${url}@${digest.trim()}`);
        this.registerOutputs({ tag: this.tag, reference: this.reference, repositoryUrl: this.repositoryUrl });
    }
}

function createRepository(
    name: string,
    args: TrainingImageArgs,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
): aws.ecr.Repository {
    const repository = new aws.ecr.Repository(
        `${name}-repository`,
        {
            name: args.repository ?? name,
            imageTagMutability: "IMMUTABLE",
            imageScanningConfiguration: { scanOnPush: true },
            encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.kmsKeyArn }],
            tags,
        },
        child,
    );
    new aws.ecr.LifecyclePolicy(
        `${name}-lifecycle`,
        {
            repository: repository.name,
            policy: JSON.stringify({
                rules: [
                    {
                        rulePriority: 1,
                        description: "Superseded images",
                        selection: {
                            tagStatus: "any",
                            countType: "imageCountMoreThan",
                            countNumber: args.keepImages ?? 10,
                        },
                        action: { type: "expire" },
                    },
                ],
            }),
        },
        child,
    );
    return repository;
}

/** What the build may do: push to its repository, write its log. */
function buildRole(
    name: string,
    repository: aws.ecr.Repository,
    logs: aws.cloudwatch.LogGroup,
    kmsKeyArn: pulumi.Input<string>,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
): { role: aws.iam.Role; policy: aws.iam.RolePolicy } {
    const role = new aws.iam.Role(
        `${name}-build`,
        {
            description: "Builds the training image",
            assumeRolePolicy: JSON.stringify({
                Version: "2012-10-17",
                Statement: [
                    { Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" },
                ],
            }),
            tags,
        },
        child,
    );
    const policy = new aws.iam.RolePolicy(
        `${name}-build-policy`,
        {
            role: role.name,
            policy: pulumi
                .all([repository.arn, logs.arn, kmsKeyArn])
                .apply(([repositoryArn, logArn, keyArn]) => JSON.stringify(buildPolicy(repositoryArn, logArn, keyArn))),
        },
        child,
    );
    return { role, policy };
}

/** The policy of the build's role. */
export function buildPolicy(repositoryArn: string, logArn: string, keyArn: string): { [key: string]: unknown } {
    return {
        Version: "2012-10-17",
        Statement: [
            // The one action of ECR that knows no resource.
            { Sid: "SignIn", Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
            {
                Sid: "Push",
                Effect: "Allow",
                Action: [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:CompleteLayerUpload",
                    "ecr:DescribeImages",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
                Resource: repositoryArn,
            },
            {
                Sid: "Log",
                Effect: "Allow",
                Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
                Resource: `${logArn}:*`,
            },
            { Sid: "Key", Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: keyArn },
        ],
    };
}
