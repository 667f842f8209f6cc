# shellcheck shell=sh
# Runs on a server: waits until the node is Ready, sets its labels; `leave` drains the node and takes it out of the cluster.
# Needs: NODE_NAME, NODE_LABELS (key=value …). Optional: READY_SECONDS (900), DRAIN_SECONDS (3600).
export KUBECONFIG="$ROOT/etc/rancher/rke2/rke2.yaml"
PATH="$PATH:$ROOT/var/lib/rancher/rke2/bin"

if [ "$MODE" = leave ]; then
    kubectl get node "$NODE_NAME" >/dev/null 2>&1 || { say "member: $NODE_NAME is no node"; exit 0; }
    kubectl cordon "$NODE_NAME"
    kubectl drain "$NODE_NAME" --ignore-daemonsets --delete-emptydir-data --timeout "${DRAIN_SECONDS:-3600}s"
    kubectl delete node "$NODE_NAME"
    exit 0
fi
if [ "$MODE" = apply ]; then
    # A node that has never registered makes `kubectl wait` fail at once.
    waited=0
    until kubectl get node "$NODE_NAME" >/dev/null 2>&1; do
        [ "$waited" -lt "${READY_SECONDS:-900}" ] || die "member: $NODE_NAME did not register within ${READY_SECONDS:-900} s"
        sleep 5
        waited=$((waited + 5))
    done
fi
for label in $NODE_LABELS; do
    key=${label%%=*}
    found=$(kubectl get node "$NODE_NAME" -o "go-template={{index .metadata.labels \"$key\"}}" 2>/dev/null || true)
    if [ "$found" != "${label#*=}" ]; then
        differs "label $key is ${found:-absent}, not ${label#*=}"
        if [ "$MODE" = apply ]; then
            kubectl label node "$NODE_NAME" --overwrite "$label" >/dev/null
            changed "label $label"
        fi
    fi
done
case $MODE in
    apply) kubectl wait node "$NODE_NAME" --for condition=Ready --timeout "${READY_SECONDS:-900}s" ;;
    verify) kubectl wait node "$NODE_NAME" --for condition=Ready --timeout 5s >/dev/null 2>&1 || differs "$NODE_NAME is not Ready" ;;
esac
finish member
