# shellcheck shell=bash disable=SC2154  # hosts
# The CIBs of Pacemaker's own tests of its scheduler, some 800 for a release. Sourced; $hosts is
# tests/hosts/hosts.

# scheduler_cibs RELEASE: prints the folder that has them, from Debian's source package; fetched once,
# and kept beside the images of the hosts. This machine's own sources and lists of apt stay as they are.
scheduler_cibs() (
    set -euo pipefail
    release=$1
    lib=$(dirname "$hosts")/lib
    images=${BASCULE_HOSTS_DIR:-/var/cache/bascule-hosts}
    folder=$images/scheduler-$release
    [[ ! -d $folder ]] || { echo "$folder" && return; }
    die() { echo "$*" >&2 && exit 1; }
    # shellcheck source=tests/hosts/lib/recipe.sh
    source "$lib/recipe.sh"
    new=$folder.$$
    trap 'rm -rf "$new"' EXIT
    mkdir -p "$new"/{lists,cache,source}
    debian_sources "$release" | sed 's/^deb /deb-src /' >"$new/sources.list"
    own=(
        -o "Dir::Etc::sourcelist=$new/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$new/lists" -o "Dir::Cache=$new/cache" -o APT::Sandbox::User=root
    )
    apt-get "${own[@]}" -qq update >&2
    (cd "$new/source" && apt-get "${own[@]}" -qq source --download-only pacemaker >&2)
    tar --extract --file "$new"/source/pacemaker_*.orig.tar.* --directory "$new/source" \
        --wildcards --strip-components=3 '*/cts/scheduler/xml/*.xml'
    mv "$new/source/xml" "$folder"
    echo "$folder"
)
