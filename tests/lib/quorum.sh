# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # what a host's own shell expands; read by who sources it; hosts
# A third host for a quorum device: the client, which the nodes reach by ssh. Sourced behind e2e/lib.sh.

third=172.16.0.50
# Nodes and third host as a device may change them, byte for byte; the packages and the third host's own
# numbers left out.
device_state() {
    local host
    for host in serv1 serv2; do
        on "$host" sh -c '
            find /etc/corosync -exec stat -c "%n %a %u:%g" {} + | sort
            find /etc/corosync -type f -exec sha256sum {} + | sort
            systemctl is-enabled corosync-qdevice
            systemctl is-active corosync-qdevice
            corosync-quorumtool -s | grep -E "^(Expected|Total|Flags)"
        ' 2>&1
    done
    on client sh -c 'ls /etc/corosync/qnetd/nssdb 2>/dev/null'
}

# A fresh one, which a test before may have made a third host as well.
reach_the_third_host() {
    local host key
    "$hosts" reset "$instance" client
    for host in serv1 serv2; do
        key=$(on "$host" cat /root/.ssh/id_ed25519.pub)
        on client sh -c 'mkdir -p -m 700 /root/.ssh; echo "$1" >>/root/.ssh/authorized_keys' sh "$key"
        key=$(on client cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)
        on "$host" sh -c 'echo "client,172.16.0.50 $1" >>/root/.ssh/known_hosts' sh "$key"
    done
}

# Every node's daemon is connected and votes, and both files are one.
all_vote() {
    local host
    for host in serv1 serv2; do
        on "$host" corosync-qdevice-tool -sv | grep 'client certificate sent' || return 1
        on "$host" corosync-quorumtool -s | grep '^Total votes: *3$' || return 1
        [[ $(on "$host" corosync-quorumtool -s | grep -c '   A,V,NMW ') == 2 ]] || return 1
    done
    is "$(on serv2 cat /etc/corosync/corosync.conf)" "$(on serv1 cat /etc/corosync/corosync.conf)"
}
