/** Changes of `prod` as people make them, each an edit of one file of a checkout. */

/** One change. */
export interface Change {
    /** Relative to the project's folder. */
    file: string;
    edit: (text: string) => string;
}

const PROD = "stacks/Pulumi.prod.yaml";

export const changes = {
    instanceType: { file: PROD, edit: (yaml) => yaml.replaceAll("p5en.48xlarge", "p5e.48xlarge") },
    /** One pool to half its machines, and what must follow: its team's quota and the job that spanned both. */
    shrink: {
        file: PROD,
        edit: (yaml) => {
            const [before = "", after = ""] = yaml.split("- name: block-b");
            return `${before}- name: block-b${after.replace("nodes: 64", "nodes: 32")}`
                .replace("gpus: 704", "gpus: 448")
                .replace("nodes: 128", "nodes: 96");
        },
    },
    chart: {
        file: "catalog/data/releases.json",
        edit: (json) => json.replace(/("name": "gpu-operator",[^}]*?"version": "v\d+\.\d+\.)(\d+)"/, '$19"'),
    },
    queue: { file: PROD, edit: (yaml) => yaml.replace("borrow: 512", "borrow: 256") },
    smallerFileSystem: { file: PROD, edit: (yaml) => yaml.replace("capacityGib: 4800", "capacityGib: 2400") },
    largerFileSystem: { file: PROD, edit: (yaml) => yaml.replace("capacityGib: 4800", "capacityGib: 9600") },
} satisfies { [name: string]: Change };
