# shellcheck shell=sh
# Host tuning: kernel arguments, hugepages, limits, CPU governor, RDMA namespace mode, swap. Reboots only with ALLOW_REBOOT=1.
# Needs: HUGEPAGES (2 MiB pages), RDMA_NETNS (shared or exclusive), KERNEL_ARGUMENTS. Optional: PEERMEM (1: load nvidia_peermem).
one_at_a_time
SYSCTL_CHANGED=0

case ${RDMA_NETNS:-shared} in
    shared) NETNS_MODE=1 ;;
    exclusive) NETNS_MODE=0 ;;
    *) die "RDMA_NETNS: got $RDMA_NETNS; legal are shared and exclusive" ;;
esac

want_file /etc/sysctl.d/90-kilogpu.conf 644 <<EOF
# Written by kilogpu.
vm.nr_hugepages = $HUGEPAGES
vm.swappiness = 0
vm.max_map_count = 1048576
kernel.numa_balancing = 0
net.core.rmem_max = 134217728
net.core.wmem_max = 134217728
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.all.rp_filter = 2
EOF
SYSCTL_CHANGED=$FILE_CHANGED

want_file /etc/security/limits.d/90-kilogpu.conf 644 <<EOF
# RDMA pins memory.
* soft memlock unlimited
* hard memlock unlimited
* soft nofile 1048576
* hard nofile 1048576
EOF

want_file /etc/tmpfiles.d/90-kilogpu.conf 644 <<EOF
w /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor - - - - performance
EOF
if [ "$FILE_CHANGED" = 1 ]; then
    systemd-tmpfiles --create /etc/tmpfiles.d/90-kilogpu.conf
fi

# ib_core reads it once, at boot: it can't be changed while a pod holds a device.
want_file /etc/modprobe.d/90-kilogpu-rdma.conf 644 <<EOF
options ib_core netns_mode=$NETNS_MODE
EOF
[ "$FILE_CHANGED" = 0 ] || ask_reboot "RDMA namespace mode"

want_file /etc/default/grub.d/90-kilogpu.cfg 644 <<EOF
GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT $KERNEL_ARGUMENTS"
EOF
if [ "$FILE_CHANGED" = 1 ]; then
    update-grub >/dev/null
    ask_reboot "kernel arguments"
fi

# GPUDirect by nvidia_peermem: drivers bring the module, and nothing loads it.
if [ "${PEERMEM:-0}" = 1 ] && [ -n "$(find "$ROOT/lib/modules/$(uname -r)" -name 'nvidia-peermem.ko*' 2>/dev/null)" ]; then
    want_file /etc/modules-load.d/90-kilogpu.conf 644 <<EOF
nvidia_peermem
EOF
    if [ ! -d "$ROOT/sys/module/nvidia_peermem" ]; then
        differs "nvidia_peermem is not loaded"
        if [ "$MODE" = apply ]; then
            modprobe nvidia_peermem || die "tuning: nvidia_peermem does not load: it needs DOCA-OFED under the driver; install it, or use dma-buf"
            changed "nvidia_peermem"
        fi
    fi
fi

if [ "$(grep -c . "$ROOT/proc/swaps")" -gt 1 ]; then
    differs "swap is on"
    if [ "$MODE" = apply ]; then
        swapoff -a
        changed "swap off"
    fi
fi
if grep -Eq '^[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' "$ROOT/etc/fstab" 2>/dev/null; then
    differs "/etc/fstab has swap"
    if [ "$MODE" = apply ]; then
        sed -E 's/^([^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]].*)$/# kilogpu: \1/' "$ROOT/etc/fstab" >"$ROOT/etc/fstab.kilogpu"
        cat "$ROOT/etc/fstab.kilogpu" >"$ROOT/etc/fstab"
        rm -f "$ROOT/etc/fstab.kilogpu"
        changed "/etc/fstab"
    fi
fi

[ "$SYSCTL_CHANGED" = 0 ] || sysctl --system >/dev/null

# A reboot under a job would lose its work since the last checkpoint, and the budget of the rollout counts hosts, not jobs.
if [ "$MODE" = apply ] && [ "${ALLOW_REBOOT:-0}" = 1 ] && reboot_pending; then
    busy=$(nvidia-smi --query-compute-apps=pid --format=csv,noheader 2>/dev/null | grep -c '^ *[0-9]' || true)
    [ "$busy" -eq 0 ] || die "tuning: a reboot is pending and $busy processes use the GPUs; run kubectl drain $(uname -n) --ignore-daemonsets --delete-emptydir-data, then this again"
fi

if reboot_pending; then
    if [ "$MODE" = apply ] && [ "${ALLOW_REBOOT:-0}" = 1 ]; then
        say "rebooting"
        # Detached, so that this session ends well before the machine goes down.
        systemd-run --quiet --on-active=2 systemctl reboot
        # Whoever connects from now on is refused and dials again until the host is back: without this the next step would begin here
        # and be cut in the middle. Sessions that are open stay.
        for unit in ssh.socket ssh.service sshd.service; do
            systemctl stop "$unit" 2>/dev/null || true
        done
    elif [ "$MODE" = verify ]; then
        die "tuning: a reboot is pending and not allowed; allow reboots or reboot the host, then run again"
    fi
fi
if [ "$MODE" = verify ]; then
    for argument in $KERNEL_ARGUMENTS; do
        case " $(cat "$ROOT/proc/cmdline") " in *" $argument "*) ;; *) differs "the kernel runs without $argument" ;; esac
    done
fi
finish tuning
