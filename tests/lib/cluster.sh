# shellcheck shell=bash disable=SC2154,SC2016  # hosts; what a host's own shell expands
# Clusters to begin a test on, made by hand and not by bascule. Sourced; $hosts is tests/hosts/hosts.

# Both nodes online with nothing configured, in about eight seconds: the first election is short
# since Pacemaker finds a CIB that says so (dc-deadtime), and that is taken out again at the end.
two_nodes() {
    local instance=$1 host
    for host in serv1 serv2; do
        "$hosts" exec "$instance" "$host" -- sh -eu -c '
            # Asked to stop during its first election, Pacemaker waits until that ends: 20 s.
            systemctl kill --signal=KILL pacemaker
            systemctl stop pacemaker corosync
            rm -f /var/lib/pacemaker/cib/*
            cat >/etc/corosync/corosync.conf
        ' <<'END'
totem {
    version: 2
    cluster_name: cluster_web
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    token: 3000
}
quorum {
    provider: corosync_votequorum
    two_node: 1
}
nodelist {
    node {
        name: serv1
        nodeid: 1
        ring0_addr: 172.16.0.10
    }
    node {
        name: serv2
        nodeid: 2
        ring0_addr: 172.16.0.11
    }
}
logging {
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
}
END
    done
    "$hosts" exec "$instance" serv1 -- sh -eu -c '
        corosync-keygen -k /etc/corosync/authkey >/dev/null
        scp -pq /etc/corosync/authkey serv2:/etc/corosync/authkey
        set_property() { echo "<nvpair id=\"cib-bootstrap-options-$1\" name=\"$1\" value=\"$2\"/>"; }
        properties=$(set_property dc-deadtime 2s; set_property stonith-enabled false)
        cibadmin --empty | sed "
            s|\([[:space:]]\)epoch=\"0\"|\1epoch=\"1\"|
            s|<crm_config/>|<crm_config><cluster_property_set id=\"cib-bootstrap-options\">$(echo $properties)</cluster_property_set></crm_config>|
        " >/root/cib.xml
        install -o hacluster -g haclient -m 600 /root/cib.xml /var/lib/pacemaker/cib/cib.xml
        rm /root/cib.xml
        systemctl start corosync pacemaker
    '
    # Were serv2 elected, with its empty CIB, both would keep a CIB of their own for ever (seen):
    # serv1 refuses the older one, and the leader acts without stonith-enabled=false.
    shows "$instance" 'Current DC: serv1' crm_mon --one-shot
    "$hosts" exec "$instance" serv2 -- systemctl start corosync pacemaker
    shows "$instance" 'Online: \[ serv1 serv2 \]' crm_mon --one-shot
    "$hosts" exec "$instance" serv1 -- crm_attribute --quiet -t crm_config -n dc-deadtime -D >/dev/null
}

# shows INSTANCE TEXT COMMAND…: until the command prints the text on serv1.
shows() {
    local instance=$1 text=$2 deadline=$((SECONDS + 120))
    shift 2
    until "$hosts" exec "$instance" serv1 -- "$@" 2>&1 | grep -- "$text" >/dev/null; do
        ((SECONDS < deadline)) || { echo "gave up waiting for '$text' from: $*" >&2 && return 1; }
        sleep 0.2
    done
}
