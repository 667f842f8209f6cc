export { BareMetalCluster } from "./bare-metal-cluster";
export { BareMetalNodePool } from "./bare-metal-node-pool";
export type {
    BareMetalAccess,
    BareMetalAccessArgs,
    BareMetalClusterArgs,
    BareMetalNodePoolArgs,
    ExpectationArgs,
    JumpHostArgs,
    Rke2Args,
    RolloutArgs,
    ScratchArgs,
    SshArgs,
    TuningArgs,
} from "./bare-metal-args";
export { checkBareMetalCluster, checkBareMetalNodePool, checkHosts, checkSsh } from "./check";
export { bareMetalFacts, hostSettings, rackMachine } from "./plan";
export { rolloutStages } from "./rollout";
export { hostScript, launcher, scriptFolder } from "./scripts";
export { readDrift } from "./drift";
export { knownHosts, sshCommand } from "./ssh-client";
export type { SshTarget } from "./ssh-client";
export { quoted } from "./scripts";
