/** How CodeBuild makes the image. Pure. */

/** What a build needs to know. */
export interface BuildSpec {
    dockerfile: string;
    tag: string;
}

/**
 * The build specification. The Dockerfile travels inside it, so that no repository and no upload is needed. A tag that is there already
 * is not built again: tags are immutable and name their content.
 */
export function buildSpec({ dockerfile, tag }: BuildSpec): string {
    const encoded = Buffer.from(dockerfile, "utf8").toString("base64");
    const present = `aws ecr describe-images --repository-name "$REPOSITORY" --image-ids imageTag=${tag}`;
    return `${JSON.stringify(
        {
            version: "0.2",
            env: { shell: "bash" },
            phases: {
                build: {
                    commands: [
                        "set -euo pipefail",
                        `if ${present} > /dev/null 2>&1; then echo "image ${tag} is there"; exit 0; fi`,
                        'aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY_URL%%/*}"',
                        "mkdir -p context",
                        `printf %s ${encoded} | base64 --decode > context/Dockerfile`,
                        `docker build --pull --tag "$REPOSITORY_URL:${tag}" context`,
                        `docker push "$REPOSITORY_URL:${tag}"`,
                    ],
                },
            },
        },
        null,
        2,
    )}\n`;
}

/** Shell command that starts the build, waits for its end and fails with its log's address when it failed. */
export const startBuild = [
    "set -eu",
    'id=$(aws codebuild start-build --project-name "$PROJECT" --query build.id --output text)',
    "while :; do",
    '  status=$(aws codebuild batch-get-builds --ids "$id" --query "builds[0].buildStatus" --output text)',
    '  case "$status" in',
    "    SUCCEEDED) break ;;",
    "    IN_PROGRESS) sleep 15 ;;",
    '    *) echo "build $id: $status; see aws codebuild batch-get-builds --ids $id --query builds[0].logs.deepLink" >&2; exit 1 ;;',
    "  esac",
    "done",
    'aws ecr describe-images --repository-name "$REPOSITORY" --image-ids imageTag="$TAG" --query "imageDetails[0].imageDigest" --output text',
].join("\n");
