/** The script that reads a host back: it changes nothing and writes a tar archive of `hosts/<host>/` to standard output. */

/**
 * For `ssh <host> sudo sh -s -- <host> < collect.sh | tar -x -C readings`. The name in the inventory is the first argument and defaults to
 * the host's own. `ROOT` in front of /sys is for tests.
 */
export const COLLECT_SCRIPT = `#!/bin/sh
# Reads RDMA ports, quality of service and neighbours of this host; written by kilogpu fabric collect. Changes nothing.
set -eu
ROOT=\${ROOT:-}
host=\${1:-$(hostname -s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/hosts/$host"
to="$work/hosts/$host"
for device in "$ROOT"/sys/class/infiniband/*; do
    [ -d "$device" ] || continue
    name=\${device##*/}
    if command -v cma_roce_tos >/dev/null; then
        cma_roce_tos -d "$name" >"$to/cma_roce_tos-$name.txt" 2>/dev/null || rm -f "$to/cma_roce_tos-$name.txt"
    fi
    for net in "$device"/device/net/*; do
        [ -e "$net" ] || continue
        netdev=\${net##*/}
        if command -v mlnx_qos >/dev/null; then
            mlnx_qos -i "$netdev" >"$to/mlnx_qos-$netdev.txt" 2>/dev/null || rm -f "$to/mlnx_qos-$netdev.txt"
        fi
        (
            cd "$ROOT/"
            grep -sH . "sys/class/net/$netdev/mtu" "sys/class/net/$netdev/ecn/roce_np/cnp_dscp" \\
                "sys/class/net/$netdev/ecn/roce_np/cnp_802p_prio" "sys/class/net/$netdev/ecn"/roce_?p/enable/? || true
        ) | sed 's,^,/,' >>"$to/sysfs.txt"
    done
    (
        cd "$ROOT/"
        grep -sH . "sys/class/infiniband/$name/tc/1/traffic_class" "sys/class/infiniband/$name/ports/1/state" \\
            "sys/class/infiniband/$name/ports/1/rate" "sys/class/infiniband/$name/ports/1/link_layer" \\
            "sys/class/infiniband/$name/ports/1/sm_lid" "sys/class/infiniband/$name/ports/1/pkeys"/[0-3] \\
            "sys/class/infiniband/$name/ports/1/gid_attrs/types"/* || true
    ) | sed 's,^,/,' >>"$to/sysfs.txt"
done
if command -v lldpctl >/dev/null; then
    lldpctl -f json >"$to/lldp.json" 2>/dev/null || rm -f "$to/lldp.json"
fi
tar -c -C "$work" hosts
`;
