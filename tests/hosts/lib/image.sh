# shellcheck shell=bash disable=SC2154,SC2016
# What this machine needs, and the store of root images. Sourced by `hosts`.
#
# lib/recipe.sh says what an image holds. Two of them for each release, in $images/RELEASE-RECIPE:
#   bare    a Debian server with Apache and sshd, but no cluster
#   ready   the same, with the cluster's packages installed
# RECIPE is a hash of that file's code, so an image is never older than what is written there.

releases=(bookworm trixie)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

do_needs() {
    local -A provides=(
        [debootstrap]=debootstrap [systemd-nspawn]=systemd-container [ip]=iproute2
        [nsenter]=util-linux [flock]=util-linux [ssh-keygen]=openssh-client
    )
    local tool package missing=()
    for tool in "${!provides[@]}"; do
        command -v "$tool" >/dev/null || missing+=("${provides[$tool]}")
    done
    # Signs the packages of the image; Ubuntu does not have it from the start.
    [[ -e $keyring ]] || missing+=(debian-archive-keyring)
    for package; do
        dpkg-query --status "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    ((${#missing[@]} == 0)) && return
    command -v apt-get >/dev/null || die "please install: ${missing[*]}"

    say "installing ${missing[*]}"
    install_packages "${missing[@]}"
}

# Keeps a record of what came with it, so that the machine can be put back as it was.
install_packages() {
    local before after
    before=$(installed_packages)
    logged "$images/apt.log" apt_install "$@"
    after=$(installed_packages)
    comm -13 <(echo "$before") <(echo "$after") >>"$images/installed-packages"
}

# The lists of packages may be missing or too old to be installed from.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y --no-install-recommends "$@" || {
        apt-get update
        apt-get install -y --no-install-recommends "$@"
    }
}

installed_packages() {
    dpkg-query -f '${db:Status-Abbrev} ${Package}\n' -W | sed -n 's/^ii  *//p' | sort
}

# Runs a command whose output only matters when it fails.
logged() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    # Not `("$@") || …`: bash ignores `set -e` in whatever stands before `||`.
    set +e
    (set -e && "$@") </dev/null >"$log" 2>&1
    local status=$?
    set -e
    ((status == 0)) && return
    tail -n 20 "$log" >&2
    die "failed: $* (all of it: $log)"
}

image_dir() {
    [[ " ${releases[*]} " == *" $1 "* ]] || die "unknown release '$1': ${releases[*]}"
    printf '%s/%s-%s\n' "$images" "$1" \
        "$(grep -v '^ *#' "$lib/recipe.sh" | sha256sum | cut -c1-12)"
}

do_build() {
    (($# == 1)) || die "build RELEASE: one of ${releases[*]}"
    local release=$1 dir
    dir=$(image_dir "$release")
    [[ -d $dir ]] && return
    do_needs
    mkdir -p "$images"
    # Another `hosts` may be building the same image: wait for it, then look again.
    exec {lock}>"$images/lock"
    flock "$lock"
    [[ -d $dir ]] || build_images "$release" "$dir"
    exec {lock}>&-
}

build_images() {
    local release=$1 dir=$2 new=$2.new started=$SECONDS
    # shellcheck source=tests/hosts/lib/recipe.sh
    source "$lib/recipe.sh"
    remove_old_images "$release"
    rm -rf --one-file-system "$new"
    mkdir -p "$new"
    say "building the $release images: Debian from the mirror, about a minute"
    logged "$images/$release.log" build_bare "$release" "$new/bare"
    say "building the $release images: corosync, pacemaker, crmsh, mariadb, another minute"
    logged "$images/$release-ready.log" build_ready "$new/bare" "$new/ready"
    mv "$new" "$dir"
    say "built $dir in $((SECONDS - started)) s"
}

# Images that another recipe made, unless a running instance stands on them.
remove_old_images() {
    local old
    for old in "$images/$1"-????????????{,.new}; do
        if [[ -d $old ]] && ! grep -q "lowerdir=$old/" /proc/mounts; then
            rm -rf --one-file-system "$old"
        fi
    done
}

remove_images() {
    local came=$images/installed-packages
    ! grep -q "lowerdir=$images/" /proc/mounts || die "the images are in use: hosts list"
    if [[ -s $came ]]; then
        say "packages that were installed for the hosts stay. To remove them:"
        say "    sudo apt-get purge $(sort -u "$came" | paste -sd' ')"
    fi
    rm -rf --one-file-system "$images"
}
