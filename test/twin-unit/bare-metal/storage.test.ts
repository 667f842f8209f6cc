/** Which claims of the site's own storage an object needs. */
import { describe, expect, it } from "vitest";
import { claimsOf } from "../../../twin/bare-metal/storage";

describe("claims", () => {
    it("are found wherever pods stand in an object, each once", () => {
        const volume = (claimName: string) => ({ name: "data", persistentVolumeClaim: { claimName } });
        const pod = { spec: { volumes: [volume("checkpoints"), volume("datasets"), { name: "shm", emptyDir: {} }] } };
        expect(claimsOf({ runtimePatches: [{ template: pod }, { template: pod }] })).toEqual([
            "checkpoints",
            "datasets",
        ]);
    });

    it("are none where pods mount none", () => {
        expect(claimsOf({ replicas: 3, template: { spec: { volumes: null } } })).toEqual([]);
    });
});
