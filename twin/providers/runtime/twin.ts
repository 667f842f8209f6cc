/** Which twin a plugin process belongs to. */

/** Name of the environment. Throws outside a twin, so that a simulated provider can't be run against anything real by accident. */
export function twinOfThisProcess(): string {
    const environment = process.env["KILOGPU_TWIN"];
    if (environment === undefined || environment === "") {
        throw new Error('a provider of the twin runs only inside one: eval "$(kilogpu twin env <environment>)"');
    }
    return environment;
}
