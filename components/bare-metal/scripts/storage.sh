# shellcheck shell=sh
# NVMe RAID 0 for scratch space. Refuses disks that carry anything. Needs: NVME_DISKS (how many), MOUNT_POINT.
one_at_a_time
ARRAY=/dev/md/kilogpu
# Whole NVMe disks without partition, file system or mount: the system disk is never among them.
free_disks() { lsblk -dnpo NAME,TYPE | awk '$2 == "disk" && $1 ~ /nvme/ { print $1 }' | while read -r disk; do
    [ "$(lsblk -nro NAME "$disk" | grep -c .)" -eq 1 ] && [ -z "$(blkid -p -o value -s TYPE "$disk" 2>/dev/null)" ] && say "$disk"
done; true; }

if ! [ -e "$ROOT$ARRAY" ]; then
    differs "no array $ARRAY"
    if [ "$MODE" = apply ]; then
        disks=$(free_disks | paste -sd ' ' -)
        count=$(printf '%s' "$disks" | wc -w | tr -d ' ')
        [ "$count" -eq "$NVME_DISKS" ] || die "storage: found $count empty NVMe disks ($disks), expected $NVME_DISKS; nothing was touched"
        # shellcheck disable=SC2086 # one word for each disk
        mdadm --create "$ARRAY" --name kilogpu --level 0 --raid-devices "$count" --run $disks
        mkfs.xfs -q -L kilogpu "$ARRAY"
        changed "$ARRAY over $count disks"
    fi
fi
UNIT=$(printf '%s' "${MOUNT_POINT#/}" | sed 's/-/\\x2d/g; s,/,-,g').mount
want_file "/etc/systemd/system/$UNIT" 644 <<EOF
[Unit]
Description=Scratch space of kilogpu

[Mount]
What=/dev/disk/by-label/kilogpu
Where=$MOUNT_POINT
Type=xfs
Options=noatime,nofail

[Install]
WantedBy=multi-user.target
EOF
if [ "$FILE_CHANGED" = 1 ]; then
    mkdir -p "$ROOT$MOUNT_POINT"
    systemctl daemon-reload
    systemctl enable --now "$UNIT"
fi
if [ "$MODE" = verify ] && ! systemctl is-active --quiet "$UNIT"; then
    differs "$MOUNT_POINT is not mounted"
fi
finish storage
