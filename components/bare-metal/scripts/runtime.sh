# shellcheck shell=sh
# What RKE2's own containerd needs before it starts: mirrors for sites without internet, and limits that let RDMA pin memory.
# Needs: ROLE (server or agent). Optional: REGISTRY_MIRROR (https://registry.example.com), REGISTRY_CA (path of its CA on the host).
one_at_a_time
case ${ROLE:-} in server | agent) ;; *) die "ROLE: got ${ROLE:-nothing}; legal are server and agent" ;; esac

want_file "/etc/systemd/system/rke2-$ROLE.service.d/90-kilogpu.conf" 644 <<EOF
[Service]
LimitMEMLOCK=infinity
LimitNOFILE=1048576
EOF
if [ "$FILE_CHANGED" = 1 ]; then
    systemctl daemon-reload
    mkdir -p "$STATE"
    : >"$STATE/restart-rke2"
fi

if [ -n "${REGISTRY_MIRROR:-}" ]; then
    tls=
    if [ -n "${REGISTRY_CA:-}" ]; then
        tls=$(printf 'configs:\n  "%s":\n    tls:\n      ca_file: %s' "${REGISTRY_MIRROR#https://}" "$REGISTRY_CA")
    fi
    want_file /etc/rancher/rke2/registries.yaml 600 <<EOF
mirrors:
  "*":
    endpoint:
      - "$REGISTRY_MIRROR"
$tls
EOF
    if [ "$FILE_CHANGED" = 1 ]; then
        mkdir -p "$STATE"
        : >"$STATE/restart-rke2"
    fi
elif [ -e "$ROOT/etc/rancher/rke2/registries.yaml" ] && grep -q '"\*"' "$ROOT/etc/rancher/rke2/registries.yaml"; then
    differs "/etc/rancher/rke2/registries.yaml names a mirror"
    if [ "$MODE" = apply ]; then
        rm -f "$ROOT/etc/rancher/rke2/registries.yaml"
        mkdir -p "$STATE"
        : >"$STATE/restart-rke2"
        changed "/etc/rancher/rke2/registries.yaml removed"
    fi
fi
finish runtime
