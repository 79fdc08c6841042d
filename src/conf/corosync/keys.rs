//! The sections and keys that corosync 3.1 knows, and those that earlier releases knew.
//!
//! From corosync's own parser and the man pages. A key that is not here is stored by corosync, read by
//! nothing and never complained about.

/// The keys of one section.
pub(super) struct SectionKeys {
    /// The section's path, such as `totem.interface`.
    pub path: &'static str,
    /// The keys that may stand in it.
    pub keys: &'static [&'static str],
}

/// All sections that corosync or its quorum device reads.
pub(super) const SECTIONS: &[SectionKeys] = &[
    SectionKeys {
        path: "totem",
        keys: &[
            "version",
            "cluster_name",
            "transport",
            "config_version",
            "ip_version",
            "crypto_model",
            "crypto_cipher",
            "crypto_hash",
            "secauth",
            "keyfile",
            "key",
            "link_mode",
            "netmtu",
            "threads",
            "token",
            "token_coefficient",
            "token_retransmit",
            "token_warning",
            "hold",
            "token_retransmits_before_loss_const",
            "join",
            "send_join",
            "consensus",
            "merge",
            "downcheck",
            "fail_recv_const",
            "seqno_unchanged_const",
            "heartbeat_failures_allowed",
            "max_network_delay",
            "window_size",
            "max_messages",
            "miss_count_const",
            "knet_pmtud_interval",
            "knet_mtu",
            "knet_compression_model",
            "knet_compression_threshold",
            "knet_compression_level",
            "block_unlisted_ips",
            "cancel_token_hold_on_retransmit",
            "ip_dscp",
        ],
    },
    SectionKeys {
        path: "totem.interface",
        keys: &[
            "linknumber",
            "bindnetaddr",
            "mcastaddr",
            "broadcast",
            "mcastport",
            "ttl",
            "knet_link_priority",
            "knet_ping_interval",
            "knet_ping_timeout",
            "knet_ping_precision",
            "knet_pong_count",
            "knet_transport",
        ],
    },
    SectionKeys {
        path: "totem.interface.member",
        keys: &["memberaddr"],
    },
    SectionKeys {
        path: "logging",
        keys: &[
            "to_stderr",
            "to_logfile",
            "to_syslog",
            "logfile",
            "logfile_priority",
            "syslog_facility",
            "syslog_priority",
            "debug",
            "timestamp",
            "fileline",
            "function_name",
            "blackbox",
        ],
    },
    SectionKeys {
        path: "logging.logger_subsys",
        keys: &[
            "to_stderr",
            "to_logfile",
            "to_syslog",
            "logfile",
            "logfile_priority",
            "syslog_facility",
            "syslog_priority",
            "debug",
            "subsys",
        ],
    },
    SectionKeys {
        path: "logging.logging_daemon",
        keys: &[
            "to_stderr",
            "to_logfile",
            "to_syslog",
            "logfile",
            "logfile_priority",
            "syslog_facility",
            "syslog_priority",
            "debug",
            "name",
            "subsys",
        ],
    },
    SectionKeys {
        path: "quorum",
        keys: &[
            "provider",
            "expected_votes",
            "votes",
            "two_node",
            "wait_for_all",
            "auto_tie_breaker",
            "auto_tie_breaker_node",
            "last_man_standing",
            "last_man_standing_window",
            "allow_downscale",
            "expected_votes_tracking",
            "leaving_timeout",
        ],
    },
    SectionKeys {
        path: "quorum.device",
        keys: &["model", "timeout", "sync_timeout", "votes", "master_wins"],
    },
    SectionKeys {
        path: "quorum.device.net",
        keys: &[
            "host",
            "port",
            "tls",
            "algorithm",
            "tie_breaker",
            "connect_timeout",
            "force_ip_version",
            "keep_active_partition_tie_breaker",
        ],
    },
    SectionKeys {
        path: "quorum.device.heuristics",
        keys: &["mode", "timeout", "sync_timeout", "interval"],
    },
    SectionKeys {
        path: "nodelist",
        keys: &[],
    },
    SectionKeys {
        path: "nodelist.node",
        keys: &[
            "nodeid",
            "name",
            "quorum_votes",
            "ring0_addr",
            "ring1_addr",
            "ring2_addr",
            "ring3_addr",
            "ring4_addr",
            "ring5_addr",
            "ring6_addr",
            "ring7_addr",
        ],
    },
    SectionKeys {
        path: "system",
        keys: &[
            "qb_ipc_type",
            "sched_rr",
            "priority",
            "move_to_root_cgroup",
            "allow_knet_handle_fallback",
            "state_dir",
        ],
    },
    SectionKeys {
        path: "resources",
        keys: &["watchdog_device", "watchdog_timeout"],
    },
    SectionKeys {
        path: "resources.system",
        keys: &["poll_period"],
    },
    SectionKeys {
        path: "resources.system.memory_used",
        keys: &["poll_period", "max", "recovery"],
    },
    SectionKeys {
        path: "resources.system.load_15min",
        keys: &["poll_period", "max", "recovery"],
    },
    SectionKeys {
        path: "resources.process",
        keys: &["poll_period"],
    },
    SectionKeys {
        path: "resources.process.memory_used",
        keys: &["poll_period", "max", "recovery"],
    },
    SectionKeys {
        path: "nozzle",
        keys: &["name", "ipaddr", "ipprefix", "macaddr"],
    },
    SectionKeys {
        path: "uidgid",
        keys: &["uid", "gid"],
    },
    SectionKeys {
        path: "pload",
        keys: &["count", "size"],
    },
];

/// Keys and sections that do nothing any more, with what became of them.
pub(super) const OBSOLETE: &[(&str, &str)] = &[
    ("aisexec", "remove the section"),
    ("amf", "remove the section"),
    ("evt", "remove the section"),
    ("lck", "remove the section"),
    ("compatibility", "remove the line"),
    (
        "service",
        "remove the section: systemd starts pacemaker, `systemctl enable pacemaker`",
    ),
    (
        "totem.nodeid",
        "write nodeid in the node's section of nodelist",
    ),
    (
        "totem.clear_node_high_bit",
        "remove the line: it only matters where a node has no nodeid",
    ),
    ("totem.crypto_compat", "remove the line"),
    ("totem.crypto_type", "write crypto_cipher and crypto_hash"),
    ("totem.fail_to_recv_const", "write fail_recv_const"),
    (
        "totem.rrp_mode",
        "remove the line: a second link is a ring1_addr for each node",
    ),
    ("totem.rrp_autorecovery_check_timeout", "remove the line"),
    ("totem.rrp_problem_count_mcast_threshold", "remove the line"),
    ("totem.rrp_problem_count_threshold", "remove the line"),
    ("totem.rrp_problem_count_timeout", "remove the line"),
    ("totem.rrp_token_expired_timeout", "remove the line"),
    ("totem.vsftype", "remove the line"),
    ("totem.interface.ringnumber", "write linknumber"),
    ("logging.tags", "remove the line"),
    ("logging.logger_subsys.tags", "remove the line"),
    ("logging.to_file", "write to_logfile"),
    ("logging.syslog_level", "write syslog_priority"),
    ("logging.logger_subsys.to_file", "write to_logfile"),
    (
        "logging.logger_subsys.syslog_level",
        "write syslog_priority",
    ),
    ("logging.logging_daemon.to_file", "write to_logfile"),
    (
        "logging.logging_daemon.syslog_level",
        "write syslog_priority",
    ),
];

/// Returns the keys of a section, or nothing when corosync does not read such a section.
pub(super) fn keys_of(path: &str) -> Option<&'static [&'static str]> {
    SECTIONS
        .iter()
        .find(|section| section.path == path)
        .map(|section| section.keys)
}

/// Returns what to do about a key or section of the past.
pub(super) fn obsolete(key: &str) -> Option<&'static str> {
    OBSOLETE
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, mend)| *mend)
}
