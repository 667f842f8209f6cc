/** The account that the simulated AWS belongs to. */

/** AWS's own example account: belongs to nobody. */
export const simulatedAccount = "123456789012";

export const simulatedCaller = {
    arn: `arn:aws:sts::${simulatedAccount}:assumed-role/twin/kilogpu`,
    userId: "AROATWINTWINTWINTWIN:kilogpu",
    role: `arn:aws:iam::${simulatedAccount}:role/twin`,
};

/** Region where neither the program nor the environment names one. */
export const simulatedRegion = "us-east-2";
