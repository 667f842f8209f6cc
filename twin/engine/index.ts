/** The real Pulumi engine inside the twin. */
export { prepareWorkspace, readWorkspace, workspaceEnv } from "./workspace";
export type { Workspace, WorkspaceOptions } from "./workspace";
export { runPulumi, stackResources } from "./run";
export type { RunOptions, RunResult } from "./run";
export type { Diagnostic, EngineUpdate, PolicyFinding } from "./events";
