# shellcheck shell=bash disable=SC2154,SC2016,SC2206
# What a host's disk holds before its first boot. Sourced by image.sh, which keeps the result.

# In `bare`: what an administrator expects on a server, and what tests call there. apt-utils makes
# the index of the repository, python3 runs tests/hosts/probe.
base_packages=(
    apt-utils apache2 bash-completion curl fish iputils-arping iputils-ping less man-db
    openssh-server procps python3 sudo vim-tiny zsh
)

# In `ready`, and in the repository of both: hosts have no network to the outside.
cluster_packages=(
    corosync pacemaker pacemaker-cli-utils crmsh resource-agents
    mariadb-server mariadb-client
)

# In the repository only: what a cluster may be given later. Another service, a quorum device, fencing
# (Debian 12 has all its agents in one package), nft.
spare_packages=(nginx corosync-qnetd corosync-qdevice fence-virt ipmitool nftables)
declare -A fence_agents=(
    [bookworm]=fence-agents
    [trixie]='fence-agents-common fence-agents-apc-snmp fence-agents-ipmilan fence-agents-pve
        fence-agents-redfish fence-agents-vbox fence-agents-virsh'
)

build_bare() {
    local release=$1 root=$2 sources
    sources=$(debian_sources "$release")
    spare_packages+=(${fence_agents[$release]})
    # http_proxy: debootstrap does not read apt's configuration.
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
    export http_proxy
    debootstrap --variant=minbase --keyring="$keyring" \
        --include=systemd,systemd-sysv,dbus,iproute2,ca-certificates \
        "$release" "$root" "$(awk 'NR == 1 { print $2 }' <<<"$sources")"

    echo "$sources" >"$root/etc/apt/sources.list"
    echo LANG=C.UTF-8 >"$root/etc/default/locale"
    in_root "$root" bash -euxc '
        # Else each installation on a host spends seconds on an index of the manual.
        echo "man-db man-db/auto-update boolean false" | debconf-set-selections
        apt-get update
        apt-get dist-upgrade -y
        apt-get install -y --no-install-recommends '"${base_packages[*]}"'
        apt-get clean
        apt-get install -y --no-install-recommends --download-only '"${cluster_packages[*]}"'
        apt-get install -y --no-install-recommends --download-only '"${spare_packages[*]}"'

        mkdir -p /srv/packages
        mv /var/cache/apt/archives/*.deb /srv/packages
        cd /srv/packages
        apt-ftparchive packages . >Packages
        rm -f /etc/apt/sources.list.d/*
        echo "deb [trusted=yes] file:/srv/packages ./" >/etc/apt/sources.list
        rm -rf /var/lib/apt/lists/*
        apt-get update
    '
    configure_root "$root"
}

build_ready() {
    local bare=$1 root=$2
    cp -a --reflink=auto "$bare" "$root"
    in_root "$root" apt-get install -y --no-install-recommends "${cluster_packages[@]}"
}

# Lines for sources.list of the given release, that of the release itself first.
debian_sources() {
    local release=$1 found
    if [[ -n ${BASCULE_HOSTS_MIRROR:-} ]]; then
        echo "deb $BASCULE_HOSTS_MIRROR $release main"
        return
    fi
    found=$(debian_mirrors)
    # apt knows whose a source is when it has read it once.
    [[ -n $found ]] || { apt-get update >&2 && found=$(debian_mirrors); }
    [[ -n $found ]] || die "no Debian mirror in this machine's apt sources:" \
        "set BASCULE_HOSTS_MIRROR=http://MIRROR/debian"
    sed -E "s/^([^ ]+) [a-z]+/deb \1 $release/; s/\$/ main/" <<<"$found" | awk '!seen[$0]++'
}

# The sources of this machine as "MIRROR RELEASE", whatever their format: apt reads them for us.
# Updates and fixes come along, backports do not.
debian_mirrors() {
    apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
        sed -nE 's/^Debian main ([^ ]+ [a-z]+(-updates|-security)?)$/\1/p' | sort -u | sort -s -k2,2
}

# A command in a root, with mounts and processes that end with it.
in_root() {
    local root=$1
    shift
    # Else the packages would start their services, here and now.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    # unsafe-io: an image that was not finished is thrown away, so nothing is gained by its fsyncs.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/building"
    unshare --mount --pid --fork --kill-child bash -euc '
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        cp -L /etc/resolv.conf "$root/etc/resolv.conf"
        exec env -i http_proxy="${http_proxy:-}" DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 \
            PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$root" "$@"
    ' in_root "$root" "$@"
    rm -f "$root"/{usr/sbin/policy-rc.d,etc/dpkg/dpkg.cfg.d/building,etc/resolv.conf}
}

# What is the same on every host. The rest is written when the host gets its disk: instance.sh.
configure_root() {
    local root=$1
    # 10: before the DHCP client that systemd has for a host0. ConfigureWithoutCarrier: Debian's
    # ifupdown keeps a static address when the cable is pulled, and so must these hosts.
    # RequiredForOnline: nor does it wait two minutes for the cable, and all services with it.
    cat >"$root/etc/systemd/network/10-host0.network" <<'END'
[Match]
Name=host0

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
ConfigureWithoutCarrier=yes

[Link]
RequiredForOnline=no-carrier
END
    # A sixth of the computing time of a login, and the tests log in some thousands of times: fifty
    # took 3.1 s of it on the side that logs in, 0.5 s with this (OpenSSH 9.2; 10.0: 2.5 s, 0.5 s).
    # Else ssh prefers an exchange of keys that withstands quantum computers.
    echo 'KexAlgorithms curve25519-sha256' >"$root/etc/ssh/ssh_config.d/hosts.conf"
    in_root "$root" systemctl enable systemd-networkd
    in_root "$root" systemctl mask getty@.service console-getty.service systemd-timesyncd.service \
        apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer
    # Each host gets its own: instance.sh.
    rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/etc/hostname"
    : >"$root/etc/machine-id"
}
