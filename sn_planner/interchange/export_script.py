"""The script of shell that exports what a command reads, to be run where kubectl reaches the cluster.

Rules: it only reads, and runs in every POSIX shell, with every kubectl since 1.20. Each kind is asked for by itself,
for kubectl drops a whole list where one kind of it is missing, and its answer counts only where kubectl says that it
succeeded: a page that fails leaves a list that looks whole. That there is none of a kind is written down where it is
sure; anything else is named on standard error and left out, and so stays unknown. Kubectl keeps the path of the
server's address, which addresses of the API written by hand do not. Settings are asked for by name: others may hold
certificates. The definitions of kinds are those that the cluster serves, for which no right is needed.
"""

from __future__ import annotations

from sn_planner.model.fields import known_key
from sn_planner.model.living.exports import EXPORTS, kinds_for, resource_of

_SCRIPT = """\
#!/bin/sh
# Exports what `sn-planner <command>` reads; changes nothing.   sh sn-export.sh [KUBECTL-FLAG]... > export.json
# Exit status: 0 everything is known, 1 something is not (named on standard error), 2 the cluster could not be asked.
set -u
say() { printf 'sn-export: %s\\n' "$*" >&2; }
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
    if found_=$(kubectl get customresourcedefinitions.apiextensions.k8s.io "$name_" "$@" --ignore-not-found -o name \\
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
        printf '{"apiVersion":"%s","kind":"%sList","items":[]}\\n' "$version" "$kind" || exit 2
    else
        why=$(tail -n 1 "$dir/error")
        say "$resource stays unknown: ${why:-kubectl ended with $code}"
        status=1
    fi
done << 'END'
<kinds>END
"""
_DEFINITIONS = """
# The definitions, as far as they matter: the names of the kinds that are served.
if told whereabouts.cni.cncf.io; then
    items=$(sed -n 's/.*[.].*/{"metadata":{"name":"&"}}/p' "$dir/served" | paste -s -d , -)
    printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinitionList","items":[%s]}\\n' \\
        "$items" || exit 2
else
    say "customresourcedefinitions.apiextensions.k8s.io stays unknown: $(tail -n 1 "$dir/problems")"
    status=1
fi
"""


def export_script(command: str) -> str:
    """The script that prints what a command ("preflight", "verify" or "audit") wants to know of a cluster.

    Raises BadInput for another command.

    >>> print(export_script("audit").splitlines()[0])
    #!/bin/sh
    """
    known_key("command", command, EXPORTS)
    rows = (
        f"{resource_of(row)} {row.group}{'/' if row.group else ''}{row.version} {row.kind} {which}\n"
        for row, which in kinds_for(command)
        if row.field != "definitions"
    )
    end = _DEFINITIONS if "definitions" in EXPORTS[command] else ""
    return f'{_SCRIPT.replace("<command>", command).replace("<kinds>", "".join(rows))}{end}exit "$status"\n'
