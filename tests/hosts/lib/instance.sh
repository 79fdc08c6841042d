# shellcheck shell=bash disable=SC2154,SC2016
# Instances come and go. Sourced by `hosts`.
#
# An instance is a folder in memory, $running/NAME:
#   net               its network namespace, with a bridge: nothing of it is seen outside
#   HOST/lower        link to the image under the host's disk
#   HOST/identity     files that set the host apart, copied onto every fresh disk
#   HOST/upper, work  what the host has written
#   HOST/root         the disk, mounted
#   HOST/console      what its console said
#   HOST/power        process id and start time of the `hosts run` that is its power,
#   HOST/nspawn       and of the systemd-nspawn that this runs now
#   HOST/cut          is there while its network cable is pulled
#   HOST/boot, boot   seconds that it takes to boot, if any; what `up` was told for all
#   HOST/bmc          its BMC, if it has one: lib/bmc.sh
#   presses           what was pressed on the BMCs

do_up() {
    local usage='up NAME RELEASE[,RELEASE] [--bare] [--bmc] [--boot SECONDS] [--binary FILE] [HOST…]'
    (($# >= 2)) || die "$usage"
    local name=$1 release=$2 layer=ready binary='' boot='' bmc='' hosts=() host
    shift 2
    while (($#)); do
        case $1 in
            --bare) layer=bare ;;
            --bmc) bmc=1 ;;
            --boot) boot=$(seconds "${2:?SECONDS}"); shift ;;
            --binary) binary=${2:?FILE} && shift ;;
            -*) die "$usage" ;;
            *) [[ -v address[$1] ]] || die "unknown host '$1': ${!address[*]}"; hosts+=("$1") ;;
        esac
        shift
    done
    ((${#hosts[@]})) || hosts=(serv1 serv2 client)
    [[ $name =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || die "bad name '$name': a short word, please"
    [[ ! -e $running/$name ]] || die "$name is there already: hosts down $name"

    # shellcheck disable=SC2086  # a word or none
    do_needs ${bmc:+python3-pyghmi}
    # serv2 has the second release where there are two, all others the first.
    local first=${release%,*} second=${release#*,}
    do_build "$first"
    do_build "$second"
    allow_watchers
    make_network "$name"
    local -A images=([serv1]=$(image_dir "$first") [serv2]=$(image_dir "$second"))
    images+=([serv3]=${images[serv1]} [client]=${images[serv1]})
    make_identities "$name" "$layer" "${hosts[@]}"
    [[ -z $binary ]] || keep_binary "$name" "$binary"
    [[ -z $boot ]] || echo "$boot" >"$running/$name/boot"
    [[ -z $bmc ]] || make_bmcs "$name" "${hosts[@]}"
    new_bmcs "$name"
    power_on "$name" "${hosts[@]}"
}

make_network() {
    local dir=$running/$1
    make_dir "$dir"
    mount -t tmpfs -o mode=700 bascule-hosts "$dir"
    : >"$dir/net"
    # An address that is its own. Else it is the lowest of its ports', another when that host goes off,
    # and the peers send what they ask the BMCs to nobody for half a minute.
    unshare --net="$dir/net" bash -euc '
        ip link set lo up
        ip link add "$1" address 02:00:00:00:00:01 type bridge
        ip link set "$1" up
    ' make_network "$bridge"
}

# Each host takes about eight of the 128 inotify instances that the kernel gives all of root's
# processes together, in containers or not; without one its systemd does not even start. The last
# instance puts the limit back.
watchers=/proc/sys/fs/inotify/max_user_instances
allow_watchers() {
    (($(<"$watchers") < 1024)) || return 0
    make_dir "$running"
    cp "$watchers" "$running/watchers"
    # Not to be written where this machine is a container itself.
    echo 1024 >"$watchers" 2>/dev/null || true
}

forbid_watchers() {
    [[ -e $running/watchers && -z $(instances) ]] || return 0
    cat "$running/watchers" >"$watchers" 2>/dev/null || true
    rm "$running/watchers"
}

# Identities are made once: a host whose disk is reset keeps its keys, as its peers know them.
# ${images[HOST]} are the images of its release.
make_identities() {
    local name=$1 layer=$2 host peer dir etc peers=(serv1 serv2 client)
    shift 2
    [[ " $* " != *' serv3 '* ]] || peers+=(serv3)
    for host; do
        dir=$running/$name/$host
        mkdir -p "$dir"/{upper,work,root} "$dir"/identity/{root/.ssh,usr/bin}
        etc=$dir/identity/etc
        mkdir -p "$etc"/{ssh,systemd/network/10-host0.network.d}
        ln -s "${images[$host]}/$layer" "$dir/lower"
        # A client is never a member of the cluster.
        [[ $host != client ]] || ln -sfn "${images[$host]}/bare" "$dir/lower"
        echo "$host" >"$etc/hostname"
        tr -d - </proc/sys/kernel/random/uuid >"$etc/machine-id"
        printf '[Network]\nAddress=%s/24\n' "${address[$host]}" \
            >"$etc/systemd/network/10-host0.network.d/address.conf"
        {
            printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'
            for peer in "${peers[@]}"; do printf '%s\t%s\n' "${address[$peer]}" "$peer"; done
        } >"$etc/hosts"
        make_key "$host" "$etc/ssh/ssh_host_ed25519_key"
        [[ $host == client ]] || make_key "root@$host" "$dir/identity/root/.ssh/id_ed25519"
        chmod 700 "$dir/identity/root" "$dir/identity/root/.ssh"
    done
    introduce_servers "$running/$name"
    if [[ -d $running/$name/client ]]; then
        install -D "${lib%/lib}/probe" "$running/$name/client/identity/usr/local/bin/probe"
    fi
}

make_key() { ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$2"; }

# The servers log in to each other as root without a question.
introduce_servers() {
    local dir=$1 host known=()
    for host in serv1 serv2 serv3; do
        [[ -d $dir/$host ]] || continue
        known+=("$host,${address[$host]} $(cut -d' ' -f1,2 "$dir/$host/identity/etc/ssh/ssh_host_ed25519_key.pub")")
    done
    for host in serv1 serv2 serv3; do
        [[ -d $dir/$host ]] || continue
        printf '%s\n' "${known[@]}" >"$dir/$host/identity/root/.ssh/known_hosts"
        cat "$dir"/serv[1-3]/identity/root/.ssh/id_ed25519.pub \
            >"$dir/$host/identity/root/.ssh/authorized_keys"
        chmod 600 "$dir/$host/identity/root/.ssh"/{known_hosts,authorized_keys}
    done
}

do_down() {
    local names=() with_images='' name
    while (($#)); do
        case $1 in
            --all) mapfile -t names < <(instances) ;;
            --images) with_images=1 ;;
            -*) die 'down NAME | --all [--images]' ;;
            *) instance_dir "$1" >/dev/null; names+=("$1") ;;
        esac
        shift
    done
    for name in "${names[@]}"; do
        remove_instance "$name"
    done
    [[ -z $with_images ]] || remove_images
}

remove_instance() {
    local dir=$running/$1 hosts
    mapfile -t hosts < <(hosts_of "$1")
    # First, that none powers a host on again.
    stop_bmcs "$1"
    power_off "$1" "${hosts[@]}"
    # With all that is mounted in it. Nothing is where `up` failed early.
    ! mountpoint -q "$dir" || umount --recursive "$dir"
    rmdir "$dir"
    forbid_watchers
    rmdir --ignore-fail-on-non-empty "$running"
    remove_cgroups "$1"
}
