/** Where things are in a training container. */

/** The script, its files and the launcher. */
export const SCRIPT_FOLDER = "/opt/kilogpu";

/** The volume of the checkpoints, where the job has one. */
export const CHECKPOINT_FOLDER = "/checkpoints";

/** Checkpoints of a job without volume: on the node's own disk, which a lost node takes along. */
export const LOCAL_CHECKPOINT_FOLDER = "/scratch/checkpoints";
