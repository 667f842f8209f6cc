# A host in a folder: /proc, /sys and /etc as the scripts see them under $ROOT, hardware commands replaced by recorded answers.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
scripts="$here/../../../components/bare-metal/scripts"

setup() {
    export ROOT="$BATS_TEST_TMPDIR/root" CALLS="$BATS_TEST_TMPDIR/calls" OVERRIDES="$BATS_TEST_TMPDIR/overrides"
    export ANSWERS="$here/fixtures/hgx-h100" PATH="$here/fixtures/bin:$PATH"
    mkdir -p "$ROOT"/{etc,run/nodes,var/lib,proc/sys/kernel/random,sys/module/nvidia,lib/modules/6.8.0-60-generic} "$OVERRIDES"
    : >"$CALLS"
    mkdir -p "$ROOT/proc/driver/nvidia"
    echo 580.95.05 >"$ROOT/sys/module/nvidia/version"
    echo 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build' >"$ROOT/proc/driver/nvidia/version"
    echo boot-1 >"$ROOT/proc/sys/kernel/random/boot_id"
    echo 'BOOT_IMAGE=/vmlinuz root=/dev/nvme0n1p2 quiet iommu=pt' >"$ROOT/proc/cmdline"
    printf 'Filename Type Size Used Priority\n' >"$ROOT/proc/swaps"
    printf 'MemTotal: 2113000000 kB\nHugePages_Total:    4096\n' >"$ROOT/proc/meminfo"
    for rail in 0 1 2 3 4 5 6 7; do
        port="$ROOT/sys/class/infiniband/mlx5_$rail/ports/1"
        slot="$ROOT/sys/class/infiniband/mlx5_$rail/device"
        mkdir -p "$port/counters" "$port/pkeys" "$slot"
        echo 16 | tee "$slot/max_link_width" >"$slot/current_link_width"
        echo '32.0 GT/s PCIe' | tee "$slot/max_link_speed" >"$slot/current_link_speed"
        echo 0x1 >"$port/sm_lid"
        echo 0x7fff >"$port/pkeys/0"
        echo 0x8001 >"$port/pkeys/1"
        echo '4: ACTIVE' >"$port/state"
        echo '400 Gb/sec (4X NDR)' >"$port/rate"
        echo InfiniBand >"$port/link_layer"
        echo 0 >"$port/counters/link_downed"
        echo 28.43.1014 >"$ROOT/sys/class/infiniband/mlx5_$rail/fw_ver"
    done
    export EXPECT_GPUS=8 EXPECT_PCIE_GENERATION=5 EXPECT_NIC_GBPS=400 EXPECT_LINK_LAYER=infiniband EXPECT_DISK_GIB=100 TUNED=1
    export EXPECT_NIC_DEVICES='mlx5_0 mlx5_1 mlx5_2 mlx5_3 mlx5_4 mlx5_5 mlx5_6 mlx5_7' EXPECT_HUGEPAGES=4096
    export EXPECT_KERNEL_ARGUMENTS='iommu=pt' EXPECT_GPUDIRECT=any EXPECT_PKEY=0x8001
    export HUGEPAGES=4096 RDMA_NETNS=exclusive KERNEL_ARGUMENTS='iommu=pt' NVME_DISKS=2 MOUNT_POINT=/mnt/scratch-disks
    export RKE2_VERSION=v1.35.4+rke2r1 RKE2_URL=https://mirror.example/rke2.tar.gz NODE_NAME=gpu-001 NODE_ADDRESS=10.0.0.11
    export NODE_LABELS='kilogpu.dev/pool=h100 topology.kilogpu.dev/rack=r01' READY_SECONDS=0
}

# step NAME MODE: as it is sent, with the common part in front.
step() {
    cat "$scripts/common.sh" "$scripts/$1.sh" >"$BATS_TEST_TMPDIR/step"
    sh "$BATS_TEST_TMPDIR/step" "$2"
}

# Everything under ROOT by name, mode, content and time of change: what a second run must leave as it is.
snapshot() { (cd "$ROOT" && find . -type f -printf '%p %m %T@\n' -exec sha256sum {} + | sort); }

# Answers `name args` with the text for this test.
answer() {
    mkdir -p "$OVERRIDES/$1"
    printf '%s\n' "$3" >"$OVERRIDES/$1/$(printf '%s' "$2" | tr ' /' '_+')"
}

# An RKE2 archive, and its hash in RKE2_SHA256.
archive() {
    mkdir -p "$BATS_TEST_TMPDIR/rke2/bin"
    printf '#!/bin/sh\necho killed >>"%s"\n' "$CALLS" >"$BATS_TEST_TMPDIR/rke2/bin/rke2-killall.sh"
    chmod +x "$BATS_TEST_TMPDIR/rke2/bin/rke2-killall.sh"
    export ARCHIVE="$BATS_TEST_TMPDIR/rke2.tar.gz"
    tar -czf "$ARCHIVE" -C "$BATS_TEST_TMPDIR/rke2" .
    RKE2_SHA256=$(sha256sum "$ARCHIVE" | cut -d' ' -f1)
    export RKE2_SHA256
}
