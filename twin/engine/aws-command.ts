/** Stand-in for the `aws` command inside the twin: what a kubeconfig's exec credential and a person checking their account ask it. */
import { readControlPlane } from "../control-plane/control-plane";
import { simulatedAccount, simulatedCaller } from "../providers/aws/account";

/** Flags that take no value; every other flag's value is dropped when looking for the command. */
const switches = new Set(["--no-cli-pager", "--no-paginate", "--debug"]);

function words(args: string[]): string[] {
    const found: string[] = [];
    for (let index = 0; index < args.length; index++) {
        const argument = args[index] ?? "";
        if (!argument.startsWith("--")) {
            found.push(argument);
        } else if (!switches.has(argument) && !argument.includes("=")) {
            index++;
        }
    }
    return found;
}

function answer(environment: string, args: string[]): unknown {
    const command = words(args).slice(0, 2).join(" ");
    switch (command) {
        case "eks get-token": {
            const plane = readControlPlane(environment);
            if (plane === undefined) {
                throw new Error(
                    `the twin "${environment}" has no running control plane: kilogpu twin up ${environment}`,
                );
            }
            return {
                kind: "ExecCredential",
                apiVersion: "client.authentication.k8s.io/v1beta1",
                spec: {},
                status: {
                    expirationTimestamp: new Date(Date.now() + 14 * 60_000).toISOString().replace(/\.\d+Z$/, "Z"),
                    token: plane.token,
                },
            };
        }
        case "sts get-caller-identity":
            return { UserId: simulatedCaller.userId, Account: simulatedAccount, Arn: simulatedCaller.arn };
        default:
            throw new Error(
                `aws ${command}: the twin's stand-in answers "eks get-token" and "sts get-caller-identity" only; nothing here is a real account`,
            );
    }
}

Promise.resolve()
    .then(() => answer(process.env["KILOGPU_TWIN"] ?? "", process.argv.slice(2)))
    .then(
        (result) => {
            process.stdout.write(`${JSON.stringify(result, undefined, 4)}\n`);
        },
        (error: unknown) => {
            process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
            process.exitCode = 255;
        },
    );
