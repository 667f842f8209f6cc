# shellcheck shell=sh
# Preflight: is this machine what the inventory says, and healthy? Changes nothing in any mode; prints one JSON object.
# Needs: EXPECT_GPUS EXPECT_PCIE_GENERATION EXPECT_NIC_DEVICES EXPECT_NIC_GBPS EXPECT_LINK_LAYER EXPECT_DISK_GIB; optional
# EXPECT_PCIE_WIDTH (16), EXPECT_NIC_FIRMWARE, EXPECT_DRIVER, EXPECT_PKEY (0x8001), ACS_ALLOWED (1), MAX_CLOCK_OFFSET (0.1 s). With TUNED=1,
# once tuning has run, also EXPECT_HUGEPAGES, EXPECT_KERNEL_ARGUMENTS and EXPECT_GPUDIRECT (any, peermem, dma-buf).
RESULTS=
FAILED=0

# json_string TEXT: as a JSON string, in JSON. Without a process where nothing is to be escaped, as nearly always.
json_string() {
    case $1 in
        *[\"\\]* | *[[:cntrl:]]*) JSON="\"$(printf '%s' "$1" | tr '[:cntrl:]' ' ' | sed 's/\\/\\\\/g; s/"/\\"/g')\"" ;;
        *) JSON="\"$1\"" ;;
    esac
}

# record NAME pass|fail|skip EXPECTED FOUND
record() {
    [ "$2" != fail ] || FAILED=$((FAILED + 1))
    [ -z "$RESULTS" ] || RESULTS="$RESULTS,"
    json_string "$1"
    RESULTS="$RESULTS{\"name\":$JSON,\"status\":\"$2\""
    json_string "$3"
    RESULTS="$RESULTS,\"expected\":$JSON"
    json_string "$4"
    RESULTS="$RESULTS,\"found\":$JSON}"
}

# first_line FILE: its first line, in LINE; nothing where there is no such file.
first_line() {
    LINE=
    { IFS= read -r LINE <"$1"; } 2>/dev/null || true
}

# expect NAME EXPECTED FOUND: equal or failed.
expect() {
    if [ "$2" = "$3" ]; then record "$1" pass "$2" "$3"; else record "$1" fail "$2" "${3:-nothing}"; fi
}

# The different values of a column, on one line.
distinct() { sort -u | paste -sd ' ' - | sed 's/  */ /g; s/^ //; s/ $//'; }

query() { nvidia-smi --query-gpu="$1" --format=csv,noheader,nounits 2>/dev/null | sed 's/^ *//; s/ *$//'; }

gpus() {
    if ! have nvidia-smi || ! nvidia-smi -L >/dev/null 2>&1; then
        # The operator installs the driver later on some sites: then PCI must at least show the GPUs.
        expect gpu-count "$EXPECT_GPUS" "$(lspci -n -d 10de: 2>/dev/null | grep -c ' 030[02]: ' || true)"
        for name in pcie-width pcie-generation nvlink nvlink-fabric ecc row-remap driver; do
            record "$name" skip "needs the driver" "no driver on the host"
        done
        return 0
    fi
    expect gpu-count "$EXPECT_GPUS" "$(query index | grep -c . || true)"
    expect pcie-width "${EXPECT_PCIE_WIDTH:-16}" "$(query pcie.link.width.current | distinct)"
    # The current generation falls while a GPU idles; the maximum of GPU and slot together does not.
    expect pcie-generation "$EXPECT_PCIE_GENERATION" "$(query pcie.link.gen.max | distinct)"
    down=$(nvidia-smi nvlink --status 2>/dev/null | grep -ci inactive || true)
    expect nvlink "0 links down" "$down links down"
    # NVSwitches carry nothing until the fabric manager has trained them; before Hopper GPUs don't say.
    trained=$(query fabric.state | distinct)
    case $trained in
        '' | *N/A* | *'not a valid field'*) record nvlink-fabric skip Completed "the driver does not say" ;;
        *) expect nvlink-fabric Completed "$trained" ;;
    esac
    expect ecc "0" "$(query ecc.errors.uncorrected.volatile.total | distinct)"
    remap=$(nvidia-smi --query-remapped-rows=remapped_rows.pending,remapped_rows.failure --format=csv,noheader,nounits 2>/dev/null | tr -d ' ' | distinct)
    case $remap in
        0,0 | No,No) record row-remap pass "none pending or failed" "$remap" ;;
        *) record row-remap fail "none pending or failed" "${remap:-nothing}" ;;
    esac
    loaded=$(cat "$ROOT/sys/module/nvidia/version" 2>/dev/null || true)
    tool=$(query driver_version | distinct)
    # A driver updated under a running kernel module answers with two versions, and every CUDA program fails.
    if [ "$loaded" != "$tool" ]; then
        record driver fail "one version of module and tools" "module ${loaded:-none}, tools ${tool:-none}"
    else
        expect driver "${EXPECT_DRIVER:-$tool}" "$tool"
    fi
}

kernel() {
    release=$(uname -r)
    if [ -d "$ROOT/lib/modules/$release" ]; then
        record kernel pass "modules of the running kernel" "$release"
    else
        record kernel fail "modules of the running kernel" "none for $release"
    fi
    # The kernel's own driver takes the GPUs before NVIDIA's does.
    if [ -d "$ROOT/sys/module/nouveau" ]; then record nouveau fail "not loaded" loaded; else record nouveau pass "not loaded" "not loaded"; fi
    xids=$(dmesg 2>/dev/null | sed -n 's/.*NVRM: Xid ([^)]*): \([0-9]*\).*/\1/p' | distinct)
    expect xid none "${xids:-none}"
}

# A NIC in a slot with fewer lanes, or an older one, links up all the same and sends slower.
nic_slot() {
    slot="$ROOT/sys/class/infiniband/$1/device"
    if [ ! -r "$slot/max_link_speed" ]; then
        record "nic-pcie $1" skip "as fast as the NIC can" "the kernel does not say"
    else
        first_line "$slot/max_link_width"
        best="x$LINE"
        first_line "$slot/max_link_speed"
        best="$best at $LINE"
        first_line "$slot/current_link_width"
        now="x$LINE"
        first_line "$slot/current_link_speed"
        expect "nic-pcie $1" "$best" "$now at $LINE"
    fi
}

# A port without subnet manager has no address; one outside its partition can't talk to the others. Index 0 of the table is the default
# partition, in which nodes are limited members: NCCL is told to use index 1.
subnet() {
    if [ ! -r "$2/sm_lid" ]; then
        record "nic-subnet-manager $1" skip "a subnet manager" "the kernel does not say"
    else
        first_line "$2/sm_lid"
        case $LINE in
            0 | 0x0) record "nic-subnet-manager $1" fail "a subnet manager" none ;;
            *) record "nic-subnet-manager $1" pass "a subnet manager" "LID $LINE" ;;
        esac
    fi
    [ -n "${EXPECT_PKEY:-}" ] || return 0
    first_line "$2/pkeys/1"
    expect "nic-partition $1" "$EXPECT_PKEY" "$LINE"
}

nics() {
    for device in $EXPECT_NIC_DEVICES; do
        port="$ROOT/sys/class/infiniband/$device/ports/1"
        first_line "$port/state"
        expect "nic-link $device" ACTIVE "${LINE#*: }"
        first_line "$port/rate"
        rate=${LINE%% Gb*}
        expect "nic-rate $device" "$EXPECT_NIC_GBPS" "${rate%.0}"
        first_line "$port/link_layer"
        case $LINE in InfiniBand) LINE=infiniband ;; Ethernet) LINE=ethernet ;; esac
        expect "nic-layer $device" "$EXPECT_LINK_LAYER" "$LINE"
        # A port that went down since boot has a bad cable or transceiver, even if it is up now.
        first_line "$port/counters/link_downed"
        expect "nic-flaps $device" 0 "$LINE"
        nic_slot "$device"
        [ "$EXPECT_LINK_LAYER" != infiniband ] || subnet "$device" "$port"
    done
    firmware=$(for device in $EXPECT_NIC_DEVICES; do cat "$ROOT/sys/class/infiniband/$device/fw_ver" 2>/dev/null || say none; done | distinct)
    case $firmware in
        *' '*) record nic-firmware fail "one version on all ports" "$firmware" ;;
        *) expect nic-firmware "${EXPECT_NIC_FIRMWARE:-$firmware}" "$firmware" ;;
    esac
}

host() {
    acs=$(lspci -vvv 2>/dev/null | grep -c 'ACSCtl:.*SrcValid+' || true)
    if [ "${ACS_ALLOWED:-0}" = 1 ]; then
        record acs skip "allowed by the site" "$acs bridges"
    else
        # ACS sends GPU-to-NIC traffic up to the root complex: half the bandwidth, and no error anywhere.
        expect acs "0 bridges redirect" "$acs bridges redirect"
    fi
    free=$(df -Pk "$ROOT/var/lib" | awk 'NR == 2 { printf "%d", $4 / 1048576 }')
    if [ "$free" -ge "$EXPECT_DISK_GIB" ]; then record disk pass "$EXPECT_DISK_GIB GiB free" "$free GiB"; else record disk fail "$EXPECT_DISK_GIB GiB free" "$free GiB"; fi
    offset=$(chronyc tracking 2>/dev/null | awk '/^System time/ { print $4 } /^Leap status/ && $4 != "Normal" { print "unsynchronised" }' | tail -n 1)
    if [ -n "$offset" ] && awk -v o="$offset" -v m="${MAX_CLOCK_OFFSET:-0.1}" 'BEGIN { exit !(o ~ /^[0-9.]+$/ && o <= m) }'; then
        record clock pass "within ${MAX_CLOCK_OFFSET:-0.1} s" "$offset s"
    else
        record clock fail "within ${MAX_CLOCK_OFFSET:-0.1} s" "${offset:-no chrony}"
    fi
    [ "${TUNED:-0}" = 1 ] || return 0
    if reboot_pending; then
        record reboot fail "none pending" "pending from tuning; allow reboots, or reboot the host and run again"
    else
        record reboot pass "none pending" "none pending"
    fi
    expect swap "none" "$(awk 'NR > 1 { print $1 }' "$ROOT/proc/swaps" | paste -sd ' ' - | sed 's/^$/none/')"
    pages=$(awk '/^HugePages_Total:/ { print $2 }' "$ROOT/proc/meminfo")
    if [ "$pages" -ge "${EXPECT_HUGEPAGES:-0}" ]; then record hugepages pass "${EXPECT_HUGEPAGES:-0}" "$pages"; else record hugepages fail "${EXPECT_HUGEPAGES:-0}" "$pages"; fi
    for argument in ${EXPECT_KERNEL_ARGUMENTS:-}; do
        case " $(cat "$ROOT/proc/cmdline") " in *" $argument "*) found=$argument ;; *) found="the kernel runs without" ;; esac
        expect kernel-argument "$argument" "$found"
    done
    gpudirect
    case " $(cat "$ROOT/proc/cmdline") " in
        *' iommu=pt '* | *' intel_iommu=off '* | *' amd_iommu=off '*) record iommu pass "passthrough or off" "passthrough or off" ;;
        *) record iommu fail "passthrough or off" "translating" ;;
    esac
}

# How NICs reach GPU memory without the CPU. Without either way NCCL copies through the host and says nothing.
gpudirect() {
    version="$ROOT/proc/driver/nvidia/version"
    if [ "${EXPECT_GPUDIRECT:-none}" = none ] || [ ! -r "$version" ]; then
        record gpudirect skip "${EXPECT_GPUDIRECT:-none}" "no driver on the host, or no RDMA"
        return 0
    fi
    ways=
    [ ! -d "$ROOT/sys/module/nvidia_peermem" ] || ways=peermem
    # DMA-BUF needs NVIDIA's open modules and Linux 5.12.
    if grep -q 'Open Kernel Module' "$version" && uname -r | awk -F. '{ exit !($1 > 5 || ($1 == 5 && $2 + 0 >= 12)) }'; then
        ways="${ways:+$ways }dma-buf"
    fi
    case "$EXPECT_GPUDIRECT:$ways" in
        any:?* | peermem:peermem* | dma-buf:*dma-buf) record gpudirect pass "$EXPECT_GPUDIRECT" "$ways" ;;
        *) record gpudirect fail "$EXPECT_GPUDIRECT" "${ways:-neither nvidia_peermem nor open modules}" ;;
    esac
}

case $MODE in check | apply | verify) ;; *) die "preflight: got $MODE; legal are check, apply and verify" ;; esac
gpus
kernel
nics
host
status=pass
[ "$FAILED" -eq 0 ] || status=fail
json_string "$(uname -n)"
say "{\"host\":$JSON,\"status\":\"$status\",\"failed\":$FAILED,\"checks\":[$RESULTS]}"
if [ "$FAILED" -gt 0 ]; then
    # The last line of stderr is what the person who runs `pulumi up` sees first.
    printf '%s' "$RESULTS" | sed 's/},{/}\n{/g' | sed -n 's/.*"name":"\([^"]*\)","status":"fail","expected":"\([^"]*\)","found":"\([^"]*\)".*/preflight: \1: expected \2, found \3/p' >&2
    exit 1
fi
