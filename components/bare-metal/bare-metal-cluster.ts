/** The control plane of a bare-metal cluster. */
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../input";
import type { BareMetalAccess, BareMetalClusterArgs } from "./bare-metal-args";
import { checkBareMetalCluster } from "./check";
import { rke2Settings, runtimeSettings } from "./plan";
import { readSecret, stepCommand } from "./step";

const TOKEN_FILE = "/var/lib/rancher/rke2/server/node-token";
const KUBECONFIG_FILE = "/etc/rancher/rke2/rke2.yaml";

/**
 * RKE2 with the CIS profile and encrypted secrets on the given servers over SSH: limits and mirrors, then the first server,
 * then the others one after the other, so that etcd never has two new members at once. On destroy each server is reset.
 */
export class BareMetalCluster extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:BareMetalCluster";

    /** What BareMetalNodePool needs; resolves once all servers run. */
    readonly access: BareMetalAccess;
    /** Kubeconfig of the cluster's administrator; secret. */
    readonly kubeconfig: pulumi.Output<string>;

    constructor(name: string, args: BareMetalClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`BareMetalCluster "${name}"`, checkBareMetalCluster(args));
        super(BareMetalCluster.__pulumiType, name, args, opts);
        const child = { parent: this };
        const ssh = args.ssh ?? {};
        const [first, ...others] = args.servers;
        if (first === undefined) {
            throw new Error("checked: there is at least one server");
        }
        const endpoint = args.endpoint ?? first.address;
        const joinUrl = `https://${endpoint}:9345`;
        const sans = [...new Set([endpoint, ...args.servers.map((server) => server.address)])].join(" ");
        const serve = (
            server: (typeof args.servers)[number],
            settings: { [key: string]: string },
            secret: pulumi.Output<string> | undefined,
            dependsOn: pulumi.Resource[],
        ): pulumi.Resource => {
            const shared = { ROLE: "server", ...rke2Settings(server, args.rke2), TLS_SANS: sans, ...settings };
            const reset = stepCommand(
                `${name}-${server.name}-reset`,
                server,
                ssh,
                { script: "join", settings: shared, remove: "reset" },
                { ...child, dependsOn },
            );
            const runtime = stepCommand(
                `${name}-${server.name}-runtime`,
                server,
                ssh,
                { script: "runtime", settings: runtimeSettings("server", args.rke2), apply: "apply" },
                { ...child, dependsOn: [reset] },
            );
            return stepCommand(
                `${name}-${server.name}-join`,
                server,
                ssh,
                { script: "join", settings: shared, apply: "apply", ...(secret === undefined ? {} : { secret }) },
                { ...child, dependsOn: [runtime] },
            );
        };

        let last = serve(first, { FIRST: "1" }, undefined, []);
        const token = readSecret(`${name}-token`, first, ssh, TOKEN_FILE, { ...child, dependsOn: [last] });
        const joinToken = token.stdout.apply((text) => text.trim());
        for (const server of others) {
            last = serve(server, { SERVER_URL: joinUrl }, joinToken, [last]);
        }
        const file = readSecret(`${name}-kubeconfig`, first, ssh, KUBECONFIG_FILE, { ...child, dependsOn: [last] });
        this.kubeconfig = pulumi.secret(file.stdout.apply((text) => text.replace("127.0.0.1", endpoint)));
        this.access = {
            kubernetesVersion: args.kubernetesVersion,
            rke2: args.rke2,
            ssh,
            server: first,
            joinUrl,
            // After the last server, so that no agent joins a control plane that is still growing.
            joinToken: pulumi.secret(pulumi.all([joinToken, file.id]).apply(([value]) => value)),
            kubeconfig: this.kubeconfig,
        };
        this.registerOutputs({ access: this.access, kubeconfig: this.kubeconfig });
    }
}
