#!/usr/bin/env bats
# Host scripts, really run in a sandboxed root: each apply twice, each check before and after, each failure by its reason.
bats_require_minimum_version 1.5.0
load sandbox.bash

# twice NAME: apply changes something, the second apply nothing at all, check agrees before and after.
twice() {
    run step "$1" check
    [ "$status" -eq 3 ]
    run step "$1" apply
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *"$1: 0 changes"* ]]
    before=$(snapshot)
    run step "$1" apply
    [ "$status" -eq 0 ]
    [[ "$output" == *"$1: 0 changes"* ]]
    [ "$(snapshot)" = "$before" ]
    run step "$1" check
    [ "$status" -eq 0 ]
}

@test "preflight of a healthy machine passes and prints valid JSON" {
    run --separate-stderr step preflight verify
    [ "$status" -eq 0 ]
    printf '%s' "$output" | node -e '
        const result = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
        if (result.status !== "pass" || result.host !== "gpu-001" || result.checks.length < 60) process.exit(1);
        if (result.checks.some((check) => check.status !== "pass")) process.exit(2);'
}

@test "preflight changes nothing" {
    before=$(snapshot)
    step preflight apply
    [ "$(snapshot)" = "$before" ]
}

# fails CHECK TEXT: preflight fails with that check alone, and says why on stderr.
fails() {
    run --separate-stderr step preflight verify
    echo "$stderr"
    [ "$status" -eq 1 ]
    [ "$stderr" = "preflight: $1: $2" ]
}

@test "preflight names a lost GPU" {
    answer nvidia-smi '--query-gpu=index --format=csv,noheader,nounits' "$(seq 0 6)"
    fails gpu-count 'expected 8, found 7'
}
@test "preflight names a GPU on half its PCIe lanes" {
    answer nvidia-smi '--query-gpu=pcie.link.width.current --format=csv,noheader,nounits' "$(printf '16\n8')"
    fails pcie-width 'expected 16, found 16 8'
}
@test "preflight names a GPU in an old slot" {
    answer nvidia-smi '--query-gpu=pcie.link.gen.max --format=csv,noheader,nounits' 4
    fails pcie-generation 'expected 5, found 4'
}
@test "preflight names NVLinks that are down" {
    answer nvidia-smi 'nvlink --status' "$(printf 'GPU 0\n\tLink 0: <inactive>\n\tLink 1: <inactive>')"
    fails nvlink 'expected 0 links down, found 2 links down'
}
@test "preflight names NVSwitches that nobody has trained, and asks no GPU that can't say" {
    answer nvidia-smi '--query-gpu=fabric.state --format=csv,noheader,nounits' 'In Progress'
    fails nvlink-fabric 'expected Completed, found In Progress'
    answer nvidia-smi '--query-gpu=fabric.state --format=csv,noheader,nounits' 'Field "fabric.state" is not a valid field to query.'
    run --separate-stderr step preflight verify
    [ "$status" -eq 0 ]
    [[ "$output" == *'"name":"nvlink-fabric","status":"skip"'* ]]
}
@test "preflight names uncorrected memory errors" {
    answer nvidia-smi '--query-gpu=ecc.errors.uncorrected.volatile.total --format=csv,noheader,nounits' "$(printf '0\n2')"
    fails ecc 'expected 0, found 0 2'
}
@test "preflight names rows that wait for a remap" {
    answer nvidia-smi '--query-remapped-rows=remapped_rows.pending,remapped_rows.failure --format=csv,noheader,nounits' '1, 0'
    fails row-remap 'expected none pending or failed, found 1,0'
}
@test "preflight names an Xid in the kernel log" {
    answer dmesg default '[ 12.3] NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.'
    fails xid 'expected none, found 79'
}
@test "preflight names a driver updated under the running module" {
    echo 570.10 >"$ROOT/sys/module/nvidia/version"
    fails driver 'expected one version of module and tools, found module 570.10, tools 580.95.05'
}
@test "preflight names a kernel without modules" {
    rmdir "$ROOT/lib/modules/6.8.0-60-generic"
    fails kernel 'expected modules of the running kernel, found none for 6.8.0-60-generic'
}
@test "preflight names a port that is down" {
    echo '1: DOWN' >"$ROOT/sys/class/infiniband/mlx5_3/ports/1/state"
    fails 'nic-link mlx5_3' 'expected ACTIVE, found DOWN'
}
@test "preflight names a port at half its rate" {
    echo '200 Gb/sec (2X NDR)' >"$ROOT/sys/class/infiniband/mlx5_5/ports/1/rate"
    fails 'nic-rate mlx5_5' 'expected 400, found 200'
}
@test "preflight names a port of the other network" {
    echo Ethernet >"$ROOT/sys/class/infiniband/mlx5_0/ports/1/link_layer"
    fails 'nic-layer mlx5_0' 'expected infiniband, found ethernet'
}
@test "preflight names a port that flapped" {
    echo 4 >"$ROOT/sys/class/infiniband/mlx5_7/ports/1/counters/link_downed"
    fails 'nic-flaps mlx5_7' 'expected 0, found 4'
}
@test "preflight names a NIC in a slot with fewer lanes" {
    echo 8 >"$ROOT/sys/class/infiniband/mlx5_4/device/current_link_width"
    fails 'nic-pcie mlx5_4' 'expected x16 at 32.0 GT/s PCIe, found x8 at 32.0 GT/s PCIe'
}
@test "preflight names a NIC in an old slot" {
    echo '16.0 GT/s PCIe' >"$ROOT/sys/class/infiniband/mlx5_4/device/current_link_speed"
    fails 'nic-pcie mlx5_4' 'expected x16 at 32.0 GT/s PCIe, found x16 at 16.0 GT/s PCIe'
}
@test "preflight names a port without subnet manager" {
    echo 0x0 >"$ROOT/sys/class/infiniband/mlx5_1/ports/1/sm_lid"
    fails 'nic-subnet-manager mlx5_1' 'expected a subnet manager, found none'
}
@test "preflight names a port outside its partition, and a limited member of it" {
    rm "$ROOT/sys/class/infiniband/mlx5_6/ports/1/pkeys/1"
    fails 'nic-partition mlx5_6' 'expected 0x8001, found nothing'
    echo 0x0001 >"$ROOT/sys/class/infiniband/mlx5_6/ports/1/pkeys/1"
    fails 'nic-partition mlx5_6' 'expected 0x8001, found 0x0001'
}
@test "preflight asks Ethernet ports for no subnet manager" {
    for rail in 0 1 2 3 4 5 6 7; do
        echo Ethernet >"$ROOT/sys/class/infiniband/mlx5_$rail/ports/1/link_layer"
        rm "$ROOT/sys/class/infiniband/mlx5_$rail/ports/1/sm_lid"
    done
    EXPECT_LINK_LAYER=ethernet run --separate-stderr step preflight verify
    [ "$status" -eq 0 ]
    [[ "$output" != *subnet-manager* ]]
}
@test "preflight names a host that would copy through its processors" {
    version="$ROOT/proc/driver/nvidia/version"
    echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05' >"$version"
    fails gpudirect 'expected any, found neither nvidia_peermem nor open modules'
    mkdir -p "$ROOT/sys/module/nvidia_peermem"
    step preflight verify
    EXPECT_GPUDIRECT=dma-buf fails gpudirect 'expected dma-buf, found peermem'
    echo 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64' >"$version"
    EXPECT_GPUDIRECT=dma-buf step preflight verify
    answer uname -r 5.4.0-200-generic
    mkdir -p "$ROOT/lib/modules/5.4.0-200-generic"
    EXPECT_GPUDIRECT=dma-buf fails gpudirect 'expected dma-buf, found peermem'
    EXPECT_GPUDIRECT=peermem step preflight verify
}
@test "preflight names the kernel's own GPU driver" {
    mkdir -p "$ROOT/sys/module/nouveau"
    fails nouveau 'expected not loaded, found loaded'
}
@test "preflight names a kernel argument that is not there yet, and a reboot that waits" {
    EXPECT_KERNEL_ARGUMENTS='iommu=pt pci=realloc=off' fails kernel-argument 'expected pci=realloc=off, found the kernel runs without'
    mkdir -p "$ROOT/var/lib/kilogpu"
    echo boot-1 >"$ROOT/var/lib/kilogpu/reboot-asked"
    fails reboot 'expected none pending, found pending from tuning; allow reboots, or reboot the host and run again'
}
@test "preflight before tuning judges nothing that tuning sets" {
    echo 'quiet' >"$ROOT/proc/cmdline"
    echo '/dev/sda2 partition 8 0 -2' >>"$ROOT/proc/swaps"
    TUNED=0 step preflight verify
}
@test "preflight names mixed NIC firmware" {
    echo 28.39.1002 >"$ROOT/sys/class/infiniband/mlx5_2/fw_ver"
    fails nic-firmware 'expected one version on all ports, found 28.39.1002 28.43.1014'
}
@test "preflight names ACS that redirects" {
    answer lspci -vvv $'\tACSCtl:\tSrcValid+ TransBlk-'
    fails acs 'expected 0 bridges redirect, found 1 bridges redirect'
}
@test "preflight names a clock that runs away" {
    answer chronyc tracking $'System time     : 0.912345678 seconds slow of NTP time\nLeap status     : Normal'
    fails clock 'expected within 0.1 s, found 0.912345678'
}
@test "preflight names a clock that nobody sets" {
    answer chronyc tracking $'System time     : 0.000000000 seconds slow of NTP time\nLeap status     : Not synchronised'
    fails clock 'expected within 0.1 s, found unsynchronised'
}
@test "preflight names a full disk" {
    EXPECT_DISK_GIB=2000 fails disk 'expected 2000 GiB free, found 858 GiB'
}
@test "preflight names swap" {
    echo '/dev/sda2 partition 8 0 -2' >>"$ROOT/proc/swaps"
    fails swap 'expected none, found /dev/sda2'
}
@test "preflight names missing hugepages" {
    EXPECT_HUGEPAGES=8192 fails hugepages 'expected 8192, found 4096'
}
@test "preflight names an IOMMU that translates" {
    echo 'quiet intel_iommu=on' >"$ROOT/proc/cmdline"
    EXPECT_KERNEL_ARGUMENTS='' fails iommu 'expected passthrough or off, found translating'
}
@test "preflight counts GPUs on the PCI bus where there is no driver yet" {
    mkdir -p "$OVERRIDES/nvidia-smi" && echo >"$OVERRIDES/nvidia-smi/-L" && echo 9 >"$OVERRIDES/nvidia-smi/-L.exit"
    run --separate-stderr step preflight verify
    [ "$status" -eq 0 ]
    [[ "$output" == *'"name":"gpu-count","status":"pass"'* && "$output" == *'"name":"nvlink","status":"skip"'* ]]
}

@test "tuning applied twice changes nothing the second time" {
    printf '/dev/sda2 none swap sw 0 0\nUUID=1 / ext4 defaults 0 1\n' >"$ROOT/etc/fstab"
    echo '/dev/sda2 partition 8 0 -2' >>"$ROOT/proc/swaps"
    twice tuning
    grep -q '^# kilogpu: /dev/sda2' "$ROOT/etc/fstab"
    grep -q '^UUID=1 / ext4' "$ROOT/etc/fstab"
    grep -q 'options ib_core netns_mode=0' "$ROOT/etc/modprobe.d/90-kilogpu-rdma.conf"
    [ "$(grep -c '^swapoff' "$CALLS")" -eq 1 ]
    [ "$(grep -c '^update-grub' "$CALLS")" -eq 1 ]
}
@test "tuning reboots once and only where that is allowed" {
    step tuning apply
    run ! grep -q reboot "$CALLS"
    run step tuning verify
    [ "$status" -eq 1 ]
    [[ "$output" == *'a reboot is pending and not allowed'* ]]
    ALLOW_REBOOT=1 step tuning apply
    grep -q '^systemd-run .*systemctl reboot' "$CALLS"
    echo boot-2 >"$ROOT/proc/sys/kernel/random/boot_id"
    : >"$CALLS"
    ALLOW_REBOOT=1 step tuning apply
    run ! grep -q reboot "$CALLS"
    step tuning verify
}
@test "tuning reboots no host whose GPUs work" {
    answer nvidia-smi '--query-compute-apps=pid --format=csv,noheader' "$(printf '4711\n4712')"
    ALLOW_REBOOT=1 run step tuning apply
    [ "$status" -eq 1 ]
    [[ "$output" == *'a reboot is pending and 2 processes use the GPUs; run kubectl drain gpu-001 '* ]]
    run ! grep -q 'systemctl reboot' "$CALLS"
    answer nvidia-smi '--query-compute-apps=pid --format=csv,noheader' ''
    ALLOW_REBOOT=1 step tuning apply
    grep -q '^systemd-run .*systemctl reboot' "$CALLS"
}
@test "tuning loads nvidia_peermem where it was asked for and the driver has it" {
    PEERMEM=1 step tuning apply
    [ ! -e "$ROOT/etc/modules-load.d/90-kilogpu.conf" ]
    : >"$ROOT/lib/modules/6.8.0-60-generic/nvidia-peermem.ko"
    PEERMEM=1 run step tuning check
    [[ "$output" == *'differs: nvidia_peermem is not loaded'* ]]
    PEERMEM=1 step tuning apply
    [ "$(cat "$ROOT/etc/modules-load.d/90-kilogpu.conf")" = nvidia_peermem ]
    grep -q '^modprobe nvidia_peermem$' "$CALLS"
    mkdir -p "$ROOT/sys/module/nvidia_peermem"
    PEERMEM=1 run step tuning apply
    [[ "$output" == *'tuning: 0 changes'* ]]
}
@test "tuning says why nvidia_peermem does not load" {
    : >"$ROOT/lib/modules/6.8.0-60-generic/nvidia-peermem.ko"
    mkdir -p "$OVERRIDES/modprobe" && : >"$OVERRIDES/modprobe/default" && echo 1 >"$OVERRIDES/modprobe/default.exit"
    PEERMEM=1 run step tuning apply
    [ "$status" -eq 1 ]
    [[ "$output" == *'needs DOCA-OFED under the driver; install it, or use dma-buf'* ]]
}
@test "tuning shows a file changed by hand as drift and mends it" {
    step tuning apply
    echo 'vm.nr_hugepages = 1' >"$ROOT/etc/sysctl.d/90-kilogpu.conf"
    run step tuning check
    [ "$status" -eq 3 ]
    [ "$output" = 'differs: /etc/sysctl.d/90-kilogpu.conf' ]
    step tuning apply
    run step tuning check
    [ "$status" -eq 0 ]
}
@test "tuning shows a mode changed by hand" {
    step tuning apply
    chmod 666 "$ROOT/etc/sysctl.d/90-kilogpu.conf"
    run step tuning check
    [ "$status" -eq 3 ]
}
@test "check changes nothing on any step" {
    archive
    before=$(snapshot)
    for name in tuning storage runtime join; do
        ROLE=agent SERVER_URL=https://10.0.0.1:9345 run step "$name" check
        [ "$status" -eq 3 ]
    done
    [ "$(snapshot)" = "$before" ]
    run ! grep -Eq 'enable|restart|mdadm|curl|update-grub' "$CALLS"
}

@test "storage makes one array of the empty disks, never of the system's" {
    twice storage
    [ "$(grep -c '^mdadm' "$CALLS")" -eq 1 ]
    grep -q '^mdadm --create /dev/md/kilogpu .*--raid-devices 2 --run /dev/nvme1n1 /dev/nvme2n1$' "$CALLS"
    [ -e "$ROOT/etc/systemd/system/mnt-scratch\\x2ddisks.mount" ]
    step storage verify
}
@test "storage refuses a disk that carries something" {
    answer blkid '-p -o value -s TYPE /dev/nvme2n1' ext4
    run step storage apply
    [ "$status" -eq 1 ]
    [[ "$output" == *'found 1 empty NVMe disks (/dev/nvme1n1), expected 2; nothing was touched'* ]]
    run ! grep -q '^mdadm' "$CALLS"
}

@test "runtime applied twice changes nothing the second time, with and without mirror" {
    export ROLE=agent REGISTRY_MIRROR=https://registry.example REGISTRY_CA=/etc/ssl/site.pem
    twice runtime
    grep -q 'ca_file: /etc/ssl/site.pem' "$ROOT/etc/rancher/rke2/registries.yaml"
    [ -e "$ROOT/var/lib/kilogpu/restart-rke2" ]
    rm "$ROOT/var/lib/kilogpu/restart-rke2"
    unset REGISTRY_MIRROR REGISTRY_CA
    twice runtime
    [ ! -e "$ROOT/etc/rancher/rke2/registries.yaml" ]
    # A mirror that is gone is used until RKE2 starts again, too.
    [ -e "$ROOT/var/lib/kilogpu/restart-rke2" ]
}

@test "join as agent twice: installed, configured and started once; the token is in no argument" {
    archive
    export ROLE=agent SERVER_URL=https://10.0.0.1:9345 NODE_TAINTS='nvidia.com/gpu=true:NoSchedule' SECRET_FILE="$BATS_TEST_TMPDIR/secret"
    printf 'K10planted-secret' >"$SECRET_FILE"
    twice join
    [ "$(grep -c '^curl' "$CALLS")" -eq 1 ]
    [ "$(grep -c '^systemctl restart rke2-agent' "$CALLS")" -eq 1 ]
    [ "$(cat "$ROOT/etc/rancher/rke2/token")" = K10planted-secret ]
    [ "$(stat -c %a "$ROOT/etc/rancher/rke2/token")" = 600 ]
    run ! grep -q planted-secret "$CALLS"
    grep -q 'nvidia.com/gpu=true:NoSchedule' "$ROOT/etc/rancher/rke2/config.yaml"
    run ! grep -q planted-secret "$ROOT/etc/rancher/rke2/config.yaml"
}
@test "join as first server needs no token, and hardens" {
    archive
    export ROLE=server FIRST=1 TLS_SANS='k8s.example 10.0.0.5'
    twice join
    grep -q '^profile: cis$' "$ROOT/etc/rancher/rke2/config.yaml"
    [ "$(grep -A2 '^tls-san:' "$ROOT/etc/rancher/rke2/config.yaml" | tail -n 1)" = '  - "10.0.0.5"' ]
    run ! grep -q '^server:' "$ROOT/etc/rancher/rke2/config.yaml"
}
@test "join refuses an archive with another hash" {
    archive
    export ROLE=agent SERVER_URL=https://10.0.0.1:9345
    RKE2_SHA256=$(printf 0 | sha256sum | cut -d' ' -f1) run step join apply
    [ "$status" -eq 1 ]
    [[ "$output" == *'has another SHA-256'* ]]
    [ ! -e "$ROOT/usr/local/bin" ]
}
@test "join refuses while a reboot is pending" {
    archive
    export ROLE=server FIRST=1
    step tuning apply
    run step join apply
    [ "$status" -eq 1 ]
    [[ "$output" == *'a reboot is pending'* ]]
    run ! grep -q '^systemctl restart rke2' "$CALLS"
}
@test "join starts a service that somebody stopped" {
    archive
    export ROLE=server FIRST=1
    step join apply
    systemctl stop rke2-server
    run step join check
    [ "$output" = 'differs: rke2-server is not running' ]
    step join apply
    step join verify
}
@test "reset takes everything out, and is idempotent" {
    archive
    export ROLE=server FIRST=1
    step join apply
    step join reset
    [ ! -e "$ROOT/etc/rancher/rke2" ]
    grep -q '^killed$' "$CALLS"
    step join reset
    run step join check
    [ "$status" -eq 3 ]
}

@test "member labels a node once" {
    : >"$ROOT/run/nodes/gpu-001"
    run step member apply
    [ "$status" -eq 0 ]
    [[ "$output" == *'member: 2 changes'* ]]
    run step member apply
    [[ "$output" == *'member: 0 changes'* ]]
    [ "$(grep -c '^kubectl label' "$CALLS")" -eq 1 ]
    step member verify
}
@test "member names the label that somebody changed" {
    printf '%s\n' kilogpu.dev/pool=other topology.kilogpu.dev/rack=r01 >"$ROOT/run/nodes/gpu-001"
    run step member check
    [ "$status" -eq 3 ]
    [ "$output" = 'differs: label kilogpu.dev/pool is other, not h100' ]
}
@test "member says which node never came" {
    run step member apply
    [ "$status" -eq 1 ]
    [[ "$output" == *'gpu-001 did not register within 0 s'* ]]
}
@test "leave drains before it deletes, and again does nothing" {
    : >"$ROOT/run/nodes/gpu-001"
    step member leave
    [ "$(grep -oE '^kubectl (cordon|drain|delete)' "$CALLS" | tr '\n' ' ')" = 'kubectl cordon kubectl drain kubectl delete ' ]
    step member leave
}
@test "an unknown mode is refused" {
    for name in preflight tuning; do
        run step "$name" destroy
        [ "$status" -eq 1 ]
        [[ "$output" == *'legal are check, apply and verify'* ]]
    done
}
@test "every script passes shellcheck, alone with the common part in front" {
    for name in preflight tuning storage runtime join member; do
        cat "$scripts/common.sh" "$scripts/$name.sh" >"$BATS_TEST_TMPDIR/$name.sh"
        shellcheck -s sh "$BATS_TEST_TMPDIR/$name.sh"
    done
}
