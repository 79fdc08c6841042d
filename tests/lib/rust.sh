# shellcheck shell=bash disable=SC2154  # root: where this project lies
# Finds cargo, as the user who called sudo: what it writes belongs to them. Sourced.

# Sets as_user, the words before every command of that user, and cargo; dies where there is none.
find_cargo() {
    as_user=()
    if [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        as_user=(runuser -u "$SUDO_USER" -- env "HOME=$(getent passwd "$SUDO_USER" | cut -d: -f6)")
    fi
    # shellcheck disable=SC2016  # the user's HOME
    cargo=$("${as_user[@]}" sh -c 'PATH=$HOME/.cargo/bin:$PATH command -v cargo') || no_rust 'no cargo'
    check_rust "$("${as_user[@]}" "$cargo" --version || echo cargo broken)"
}

check_rust() {
    local wanted have
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    have=$(cut -d' ' -f2 <<<"$1")
    printf '%s\n' "$wanted" "$have" | sort -V -C || no_rust "cargo is $have"
}

no_rust() {
    echo "${0##*/}: $1: bascule needs the Rust that its Cargo.toml names, newer than Debian's. As yourself, without sudo:
         curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh      (or: rustup update)" >&2
    exit 1
}
