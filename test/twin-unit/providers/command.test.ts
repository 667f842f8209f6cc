/** Inputs of remote commands, and what of the package the twin refuses by name. */
import { describe, expect, it } from "vitest";
import { checkCommand, TwinCommand } from "../../../twin/providers/command/provider";

const resource = (type: string) => ({ urn: `urn:pulumi:dev::p::${type}::step`, type, name: "step" });

describe("remote commands in the twin", () => {
    it("get the package's own defaults, of the jump host too", () => {
        const { inputs, failures } = checkCommand({
            connection: { host: "10.0.0.1", user: "ops", proxy: { host: "bastion" } },
            create: "true",
        });
        expect(failures).toEqual([]);
        expect(inputs).toEqual({
            addPreviousOutputInEnv: true,
            create: "true",
            connection: {
                host: "10.0.0.1",
                user: "ops",
                port: 22,
                dialErrorLimit: 10,
                perDialTimeout: 15,
                proxy: { host: "bastion", user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 },
            },
        });
    });

    it("need a host", () => {
        expect(checkCommand({ connection: {} }).failures).toHaveLength(1);
    });

    it("run again in place on a change, and are replaced by another trigger", async () => {
        const provider = new TwinCommand("dev");
        const olds = { create: "a", triggers: ["1"] };
        const [inPlace, replaced] = await Promise.all(
            [
                { create: "b", triggers: ["1"] },
                { create: "a", triggers: ["2"] },
            ].map((news) => provider.diff(resource("command:remote:Command"), "id", olds, news)),
        );
        expect(inPlace?.changes.map(({ path, replace }) => [path, replace])).toEqual([["create", false]]);
        expect(replaced?.changes.every(({ replace }) => replace)).toBe(true);
    });

    it.each(["command:local:Command", "command:remote:CopyToRemote"])(
        "are not %s, which is refused by name",
        (type) => {
            expect(() => new TwinCommand("dev").check(resource(type), undefined, {})).toThrow(
                `${type} (step) is not simulated by the twin`,
            );
        },
    );
});
