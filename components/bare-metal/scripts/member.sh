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
# All labels at once, `key=value` a line: a question for each would be a thousand requests of a rack.
# shellcheck disable=SC2016 # variables of the template
labels() { kubectl get node "$NODE_NAME" -o 'go-template={{range $key, $value := .metadata.labels}}{{$key}}={{$value}}{{"\n"}}{{end}}' 2>/dev/null; }

found=
if [ "$MODE" = apply ]; then
    # A node that has never registered makes `kubectl wait` fail at once.
    waited=0
    until found=$(labels); do
        [ "$waited" -lt "${READY_SECONDS:-900}" ] || die "member: $NODE_NAME did not register within ${READY_SECONDS:-900} s"
        sleep 5
        waited=$((waited + 5))
    done
else
    found=$(labels) || differs "$NODE_NAME is no node"
fi
missing=
for label in $NODE_LABELS; do
    case "
$found
" in
        *"
$label
"*) ;;
        *)
            actual=$(printf '%s\n' "$found" | awk -v key="${label%%=*}=" 'index($0, key) == 1 { print substr($0, length(key) + 1) }')
            differs "label ${label%%=*} is ${actual:-absent}, not ${label#*=}"
            missing="$missing $label"
            ;;
    esac
done
if [ -n "$missing" ] && [ "$MODE" = apply ]; then
    # shellcheck disable=SC2086 # one word for each label
    kubectl label node "$NODE_NAME" --overwrite $missing >/dev/null
    for label in $missing; do changed "label $label"; done
fi
case $MODE in
    apply) kubectl wait node "$NODE_NAME" --for condition=Ready --timeout "${READY_SECONDS:-900}s" ;;
    verify) kubectl wait node "$NODE_NAME" --for condition=Ready --timeout 5s >/dev/null 2>&1 || differs "$NODE_NAME is not Ready" ;;
esac
finish member
