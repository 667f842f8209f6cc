/** The pack that the engine runs: `pulumi preview --policy-pack policies`. */
import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules";

new PolicyPack("kilogpu", { policies: rules });
