# shellcheck shell=sh
# Installs RKE2 and joins the cluster. Needs: ROLE, RKE2_VERSION, RKE2_URL, RKE2_SHA256, NODE_NAME, NODE_ADDRESS; FIRST=1 on the
# first server, SERVER_URL on all others, SECRET_FILE with the join token there; optional TLS_SANS, NODE_TAINTS, IMAGES_URL and
# IMAGES_SHA256 (air-gapped images), SELINUX. `reset` takes the host out again.
one_at_a_time
case ${ROLE:-} in server | agent) ;; *) die "ROLE: got ${ROLE:-nothing}; legal are server and agent" ;; esac
SERVICE="rke2-$ROLE"
TOKEN=/etc/rancher/rke2/token
STAMP="$STATE/rke2-version"

if [ "$MODE" = reset ]; then
    systemctl disable --now "$SERVICE" 2>/dev/null || true
    [ ! -x "$ROOT/usr/local/bin/rke2-killall.sh" ] || "$ROOT/usr/local/bin/rke2-killall.sh"
    rm -rf "$ROOT/etc/rancher/rke2" "$ROOT/var/lib/rancher/rke2" "$ROOT/var/lib/kubelet" "$STAMP"
    say "join: reset"
    exit 0
fi

RESTART=0
if [ "$(cat "$STAMP" 2>/dev/null || true)" != "$RKE2_VERSION" ]; then
    differs "RKE2 is $(cat "$STAMP" 2>/dev/null || say absent), not $RKE2_VERSION"
    if [ "$MODE" = apply ]; then
        archive=$(mktemp)
        curl -fsSL --retry 5 -o "$archive" "$RKE2_URL"
        printf '%s  %s\n' "$RKE2_SHA256" "$archive" | sha256sum -c --quiet - || die "join: $RKE2_URL has another SHA-256 than $RKE2_SHA256; nothing was installed"
        mkdir -p "$ROOT/usr/local" "$STATE"
        tar -xzf "$archive" -C "$ROOT/usr/local"
        rm -f "$archive"
        if [ -n "${IMAGES_URL:-}" ]; then
            images="$ROOT/var/lib/rancher/rke2/agent/images"
            mkdir -p "$images"
            curl -fsSL --retry 5 -o "$images/rke2-images.tar.zst.part" "$IMAGES_URL"
            printf '%s  %s\n' "$IMAGES_SHA256" "$images/rke2-images.tar.zst.part" | sha256sum -c --quiet - || die "join: $IMAGES_URL has another SHA-256 than $IMAGES_SHA256"
            mv "$images/rke2-images.tar.zst.part" "$images/rke2-images.tar.zst"
        fi
        say "$RKE2_VERSION" >"$STAMP"
        changed "RKE2 $RKE2_VERSION"
        RESTART=1
    fi
fi

# The token comes over standard input and goes into a file: it is never an argument, where every user of the host could read it.
if [ "${FIRST:-0}" != 1 ] && [ "$MODE" = apply ]; then
    [ -s "${SECRET_FILE:-/dev/null}" ] || die "join: no token came with the script"
    want_file "$TOKEN" 600 <"$SECRET_FILE"
    [ "$FILE_CHANGED" = 0 ] || RESTART=1
fi

list() { for item in $2; do [ "$item" = "$(printf '%s' "$2" | awk '{ print $1 }')" ] && say "$1:"; say "  - \"$item\""; done; }
want_file /etc/rancher/rke2/config.yaml 600 <<EOF
node-name: "$NODE_NAME"
node-ip: "$NODE_ADDRESS"
$(if [ "${FIRST:-0}" = 1 ]; then say '# first server: makes the token'; else say "server: \"$SERVER_URL\""; say "token-file: $TOKEN"; fi)
$(if [ "$ROLE" = server ]; then say 'write-kubeconfig-mode: "0600"'; say 'profile: cis'; say 'secrets-encryption: true'; list tls-san "${TLS_SANS:-}"; fi)
$(list node-taint "${NODE_TAINTS:-}")
EOF
[ "$FILE_CHANGED" = 0 ] || RESTART=1
if [ "$ROLE" = server ]; then
    # The hardening profile refuses to start without these.
    want_file /etc/sysctl.d/60-rke2-cis.conf 644 <<EOF
vm.panic_on_oom=0
vm.overcommit_memory=1
kernel.panic=10
kernel.panic_on_oops=1
EOF
    [ "$FILE_CHANGED" = 0 ] || sysctl -q -p "$ROOT/etc/sysctl.d/60-rke2-cis.conf"
    if ! getent passwd etcd >/dev/null; then
        differs "no user etcd"
        if [ "$MODE" = apply ]; then
            useradd -r -c "etcd user" -s /sbin/nologin -M etcd -U
            changed "user etcd"
        fi
    fi
fi

if [ "$MODE" = apply ]; then
    if reboot_pending; then
        die "join: a reboot is pending from tuning; a node that joined now would go away under its pods"
    fi
    if [ "$RESTART" = 1 ] || [ -e "$STATE/restart-rke2" ] || ! systemctl is-active --quiet "$SERVICE"; then
        systemctl daemon-reload
        systemctl enable --quiet "$SERVICE"
        systemctl restart "$SERVICE"
        rm -f "$STATE/restart-rke2"
        changed "$SERVICE started"
    fi
elif ! systemctl is-active --quiet "$SERVICE"; then
    differs "$SERVICE is not running"
fi
finish join
