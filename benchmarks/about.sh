# Prints the head of a kept result: what was run, when, of which commit, where. Needs $root and $java. Sourced by
# scripts.
about() {
    commit=$(git -C "$root" rev-parse --short HEAD)
    git -C "$root" diff --quiet HEAD -- '*.java' || commit="$commit and changes after it"
    echo "Command:  $1"
    echo "Date:     $(date -u +%Y-%m-%d)"
    echo "Commit:   $commit"
    echo "JDK:      $("$java" -version 2>&1 | sed -n 2p)"
    echo "Machine:  $(uname -srm), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
    echo "Load:     $(cut -d' ' -f1-3 /proc/loadavg) before the start"
    echo
}
