/** What the plan and the program's process have agreed on. */

/** Address that the SDK is given for monitor and engine: who answers is in the same process. */
export const IN_PROCESS = "kilogpu-plan";

/** File descriptor by which the program's process hands over what was registered, as JSON, when it ends. */
export const REGISTRATIONS = 4;
