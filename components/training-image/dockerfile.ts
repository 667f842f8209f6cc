/** The Dockerfile of the training image, by network. Pure: its text decides the image's tag. */
import { createHash } from "node:crypto";
import { imageReference, release } from "../../catalog/releases";
import { FabricKind } from "../fabric";

/** What differs between images. */
export interface ImageContents {
    fabric: FabricKind;
    packages: string[];
    ncclTests: boolean;
}

/** User of the image; training pods with pinned memory override it, every other pod runs as it. */
const USER = 1000;

/**
 * The Dockerfile. It starts from PyTorch's image by digest. EFA's installer brings libfabric and aws-ofi-nccl; the kernel module stays
 * out, because the node has it. NCCL's tests are compiled in a stage of their own, so that no compiler gets into the image.
 */
export function dockerfile(contents: ImageContents): string {
    return [
        ...(contents.ncclTests ? [...buildStage(), ""] : []),
        `FROM ${imageReference("pytorch")}`,
        'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]',
        "ENV DEBIAN_FRONTEND=noninteractive",
        ...fabricLayer(contents.fabric),
        ...(contents.packages.length === 0
            ? []
            : [
                  `RUN python3 -m pip install --no-cache-dir --break-system-packages ${contents.packages.map((name) => `'${name}'`).join(" ")}`,
              ]),
        ...(contents.ncclTests ? ["COPY --from=nccl-tests /opt/nccl-tests /opt/nccl-tests"] : []),
        "ENV DEBIAN_FRONTEND=",
        `USER ${String(USER)}:${String(USER)}`,
        "WORKDIR /scratch",
        "",
    ].join("\n");
}

/** Tag of the image: what went into it, so that a tag never means two images. */
export function contentTag(text: string): string {
    return `c-${createHash("sha256").update(text).digest("hex").slice(0, 20)}`;
}

function buildStage(): string[] {
    const tests = release("nccl-tests-source");
    const nccl = release("nccl");
    const cuda = release("cuda");
    return [
        `FROM docker.io/nvidia/cuda:${cuda.version}-devel-ubuntu22.04 AS nccl-tests`,
        'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]',
        "RUN apt-get update \\",
        "    && apt-get install --yes --no-install-recommends ca-certificates git make \\",
        "    && rm -rf /var/lib/apt/lists/*",
        `RUN git clone --depth 1 --branch ${nccl.version} ${nccl.location}.git /src/nccl \\`,
        "    && make -C /src/nccl -j src.build BUILDDIR=/opt/nccl",
        `RUN git clone --depth 1 --branch ${tests.version} ${tests.location}.git /src/nccl-tests \\`,
        "    && make -C /src/nccl-tests -j MPI=0 NCCL_HOME=/opt/nccl BUILDDIR=/opt/nccl-tests",
    ];
}

function fabricLayer(fabric: FabricKind): string[] {
    switch (fabric) {
        case FabricKind.Efa:
            return efaLayer();
        case FabricKind.Infiniband:
        case FabricKind.Roce:
            return [
                "RUN apt-get update \\",
                "    && apt-get install --yes --no-install-recommends ibverbs-providers libibverbs1 librdmacm1 rdma-core \\",
                "    && rm -rf /var/lib/apt/lists/*",
            ];
        case FabricKind.Tcp:
            return [];
    }
}

function efaLayer(): string[] {
    const installer = release("efa-installer");
    return [
        "RUN apt-get update \\",
        "    && apt-get install --yes --no-install-recommends ca-certificates curl \\",
        `    && curl --fail --silent --show-error --location --retry 5 ${installer.location} | tar -xz -C /tmp \\`,
        "    && cd /tmp/aws-efa-installer \\",
        "    && ./efa_installer.sh -y -g --skip-kmod --skip-limit-conf --no-verify \\",
        "    && rm -rf /tmp/aws-efa-installer /var/lib/apt/lists/*",
        // The NCCL of PyTorch's wheel finds the plugin by name in these folders.
        "ENV LD_LIBRARY_PATH=/opt/amazon/ofi-nccl/lib:/opt/amazon/efa/lib:${LD_LIBRARY_PATH}",
        "ENV PATH=/opt/amazon/efa/bin:${PATH}",
    ];
}
