#!/bin/sh
# Exports what `sn-planner verify` reads; changes nothing.   sh sn-export.sh [KUBECTL-FLAG]... > export.json
# Exit status: 0 everything is known, 1 something is not (named on standard error), 2 the cluster could not be asked.
set -u
say() { printf 'sn-export: %s\n' "$*" >&2; }
for flag do
    case $flag in -h | --help) say 'usage: sh sn-export.sh [KUBECTL-FLAG]... > export.json'; exit 2 ;; esac
done
command -v kubectl > /dev/null || { say 'kubectl is not on the PATH'; exit 2; }
dir=$(mktemp -d 2> /dev/null || TMPDIR=/tmp mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM

# Flags that choose among objects are refused here: with them, what is not chosen would look as if it were not there.
discovered=yes
kubectl api-resources "$@" --verbs=list -o name > "$dir/served" 2> "$dir/problems" < /dev/null || discovered=no
grep -qx pods "$dir/served" || { cat "$dir/problems" >&2; say 'the cluster does not say what it serves'; exit 2; }

served() { grep -qxF "$1" "$dir/served"; }
told() { # GROUP: whether every kind of the group was told; a group that failed is named among the problems
    served customresourcedefinitions.apiextensions.k8s.io || return 1
    [ "$discovered" = yes ] || grep -q 'complete list of server APIs' "$dir/problems" || return 1
    ! grep -qF "$1/" "$dir/problems"
}
missing() { # RESOURCE [KUBECTL-FLAG]...: sure that there is no such kind, by its definition or else by what is served
    name_=$1; shift
    case $name_ in *.*) ;; *) return 1 ;; esac
    if found_=$(kubectl get customresourcedefinitions.apiextensions.k8s.io "$name_" "$@" --ignore-not-found -o name \
        2> /dev/null < /dev/null); then [ -z "$found_" ]
    else told "${name_#*.}"; fi
}

status=0
while read -r resource version kind which; do
    code=0
    # shellcheck disable=SC2086  # $which is several words
    kubectl get "$resource" "$@" $which -o json --ignore-not-found > "$dir/list" 2> "$dir/error" < /dev/null || code=$?
    if [ "$code" = 0 ] && [ -s "$dir/list" ]; then
        cat "$dir/list" || exit 2
    elif [ "$code" = 0 ] || { ! served "$resource" && missing "$resource" "$@"; }; then
        printf '{"apiVersion":"%s","kind":"%sList","items":[]}\n' "$version" "$kind" || exit 2
    else
        why=$(tail -n 1 "$dir/error")
        say "$resource stays unknown: ${why:-kubectl ended with $code}"
        status=1
    fi
done << 'END'
ippools.whereabouts.cni.cncf.io whereabouts.cni.cncf.io/v1alpha1 IPPool -A
overlappingrangeipreservations.whereabouts.cni.cncf.io whereabouts.cni.cncf.io/v1alpha1 OverlappingRangeIPReservation -A
pods v1 Pod -A
backingimagemanagers.longhorn.io longhorn.io/v1beta2 BackingImageManager -A
settings.harvesterhci.io harvesterhci.io/v1beta1 Setting storage-network rwx-network vm-migration-network server-version overcommit-config
network-attachment-definitions.k8s.cni.cncf.io k8s.cni.cncf.io/v1 NetworkAttachmentDefinition -A
settings.longhorn.io longhorn.io/v1beta2 Setting -n longhorn-system storage-network storage-network-for-rwx-volume-enabled
nodes v1 Node -A
nodes.longhorn.io longhorn.io/v1beta2 Node -A
instancemanagers.longhorn.io longhorn.io/v1beta2 InstanceManager -A
backingimagedatasources.longhorn.io longhorn.io/v1beta2 BackingImageDataSource -A
virtualmachineimages.harvesterhci.io harvesterhci.io/v1beta1 VirtualMachineImage -A
sharemanagers.longhorn.io longhorn.io/v1beta2 ShareManager -A
events v1 Event -A
END
exit "$status"
