/** A VPC with subnets, a role and a bucket: enough for creates, updates, replacements, refusals and a kill in the middle. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const count = config.requireNumber("subnets");
const vpc = new aws.ec2.Vpc("net", { cidrBlock: config.get("cidr") ?? "10.0.0.0/16", tags: { purpose: "test" } });
const zones = aws.getAvailabilityZonesOutput({ state: "available" });
const subnets = Array.from(
    { length: count },
    (_, index) =>
        new aws.ec2.Subnet(`net-${String(index)}`, {
            vpcId: vpc.id,
            cidrBlock: `10.0.${String(index)}.0/24`,
            availabilityZone: zones.names.apply((names) => names[index % names.length] ?? ""),
        }),
);
const role = new aws.iam.Role("job", {
    assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
});
const bucket = new aws.s3.Bucket("checkpoints", {});
const parameter = new aws.ssm.Parameter("token", { type: "SecureString", value: pulumi.secret("do-not-print-me") });

export const vpcId = vpc.id;
export const subnetIds = subnets.map((subnet) => subnet.id);
export const roleArn = role.arn;
export const bucketName = bucket.bucket;
export const token = parameter.value;
