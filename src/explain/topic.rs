//! The topics, by name.

/// Something that can be explained.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// The words that it is asked for by: one to three.
    pub name: &'static str,
    /// Other words that mean it.
    also: &'static [&'static str],
    text: &'static str,
}

impl Topic {
    /// Returns what it is, in a few words.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    fn is_called(&self, asked: &str) -> bool {
        self.names()
            .any(|name| name.replace([' ', '_'], "-") == asked)
    }

    /// Returns every word that it can be asked for by.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.also.iter().copied())
    }

    /// Returns the lines that explain it.
    pub fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().skip(1)
    }
}

const fn topic(name: &'static str, also: &'static [&'static str], text: &'static str) -> Topic {
    Topic { name, also, text }
}

static TOPICS: &[Topic] = &[
    topic(
        "cluster init",
        &["cluster"],
        include_str!("cluster-init.txt"),
    ),
    topic("cluster join", &["join"], include_str!("cluster-join.txt")),
    topic(
        "cluster export",
        &["export", "bundle"],
        include_str!("cluster-export.txt"),
    ),
    topic(
        "cluster set",
        &["set", "properties", "property"],
        include_str!("cluster-set.txt"),
    ),
    topic("drill", &["drills"], include_str!("drill.txt")),
    topic("drill list", &[], include_str!("drill-list.txt")),
    topic("drill standby", &[], include_str!("drill-standby.txt")),
    topic("drill kill", &[], include_str!("drill-kill.txt")),
    topic("drill freeze", &[], include_str!("drill-freeze.txt")),
    topic("drill poweroff", &[], include_str!("drill-poweroff.txt")),
    topic("drill cut", &[], include_str!("drill-cut.txt")),
    topic("drill history", &[], include_str!("drill-history.txt")),
    topic("probe", &[], include_str!("probe.txt")),
    topic("db export", &[], include_str!("db-export.txt")),
    topic("db primary", &["primary"], include_str!("db-primary.txt")),
    topic(
        "db replicate",
        &["replicate", "replica"],
        include_str!("db-replicate.txt"),
    ),
    topic(
        "db promote",
        &["promote", "switchover", "failover", "primary-is-dead"],
        include_str!("db-promote.txt"),
    ),
    topic("db rejoin", &["rejoin"], include_str!("db-rejoin.txt")),
    topic("db test", &[], include_str!("db-test.txt")),
    topic("db check", &[], include_str!("db-check.txt")),
    topic("db remove", &[], include_str!("db-remove.txt")),
    topic("db start", &[], include_str!("db-start.txt")),
    topic("db status", &[], include_str!("db-status.txt")),
    topic("db lock", &["lock"], include_str!("db-lock.txt")),
    topic("db unlock", &["unlock"], include_str!("db-unlock.txt")),
    topic("db stop", &[], include_str!("db-stop.txt")),
    topic("cluster key", &["key"], include_str!("cluster-key.txt")),
    topic(
        "cluster consensus",
        &[],
        include_str!("cluster-consensus.txt"),
    ),
    topic(
        "cluster alone",
        &["alone"],
        include_str!("cluster-alone.txt"),
    ),
    topic(
        "cluster leave",
        &["leave"],
        include_str!("cluster-leave.txt"),
    ),
    topic(
        "cluster start",
        &["start"],
        include_str!("cluster-start.txt"),
    ),
    topic(
        "quorum add",
        &["qdevice", "qnetd", "quorum device", "third vote"],
        include_str!("quorum-add.txt"),
    ),
    topic("quorum remove", &[], include_str!("quorum-remove.txt")),
    topic("quorum status", &[], include_str!("quorum-status.txt")),
    topic("cluster stop", &["stop"], include_str!("cluster-stop.txt")),
    topic(
        "vip add",
        &["vip", "address", "ipaddr2"],
        include_str!("vip-add.txt"),
    ),
    topic("vip remove", &[], include_str!("vip-remove.txt")),
    topic("vip list", &[], include_str!("vip-list.txt")),
    topic("web add", &["web"], include_str!("web-add.txt")),
    topic(
        "web group",
        &["group", "failures", "migration-threshold"],
        include_str!("web-group.txt"),
    ),
    topic(
        "web prefer",
        &["prefer", "failback"],
        include_str!("web-prefer.txt"),
    ),
    topic("web move", &["move"], include_str!("web-move.txt")),
    topic("web remove", &[], include_str!("web-remove.txt")),
    topic("web list", &[], include_str!("web-list.txt")),
    topic(
        "node standby",
        &["standby"],
        include_str!("node-standby.txt"),
    ),
    topic("node online", &["online"], include_str!("node-online.txt")),
    topic(
        "node maintenance",
        &["maintenance"],
        include_str!("node-maintenance.txt"),
    ),
    topic("node ready", &["ready"], include_str!("node-ready.txt")),
    topic("node list", &["node"], include_str!("node-list.txt")),
    topic("fence add", &["fence"], include_str!("fence-add.txt")),
    topic(
        "fence add bmc",
        &["bmc", "ipmi", "idrac", "ilo"],
        include_str!("fence-add-bmc.txt"),
    ),
    topic(
        "fence add redfish",
        &["redfish"],
        include_str!("fence-add-redfish.txt"),
    ),
    topic(
        "fence add virsh",
        &["virsh", "libvirt", "kvm"],
        include_str!("fence-add-virsh.txt"),
    ),
    topic(
        "fence add vbox",
        &["vbox", "virtualbox"],
        include_str!("fence-add-vbox.txt"),
    ),
    topic(
        "fence add pve",
        &["pve", "proxmox"],
        include_str!("fence-add-pve.txt"),
    ),
    topic("fence add agent", &[], include_str!("fence-add-agent.txt")),
    topic("fence test", &[], include_str!("fence-test.txt")),
    topic("fence list", &[], include_str!("fence-list.txt")),
    topic(
        "fence confirm",
        &["confirm"],
        include_str!("fence-confirm.txt"),
    ),
    topic("fence remove", &[], include_str!("fence-remove.txt")),
    topic(
        "story",
        &["what happened", "logs", "timeline"],
        include_str!("story.txt"),
    ),
    topic("why", &[], include_str!("why.txt")),
    topic("status", &[], include_str!("status.txt")),
    topic("history", &[], include_str!("history.txt")),
    topic("show", &[], include_str!("show.txt")),
    topic("undo", &[], include_str!("undo.txt")),
    topic("explain", &[], include_str!("explain.txt")),
    topic("bascule", &[], include_str!("bascule.txt")),
    topic("crm", &["crmsh", "pcs"], include_str!("crm.txt")),
    topic(
        "init",
        &["plugin", "completion", "tab", "rc"],
        include_str!("init.txt"),
    ),
    topic("then", &[], include_str!("then.txt")),
    topic(
        "fencing",
        &["stonith", "split", "split-brain", "partition", "delay"],
        include_str!("fencing.txt"),
    ),
    topic("two_node", &["two_nodes"], include_str!("two-node.txt")),
    topic(
        "wait_for_all",
        &["waitforall", "cold start", "cold-start"],
        include_str!("wait-for-all.txt"),
    ),
    topic("quorum", &["no-quorum-policy"], include_str!("quorum.txt")),
    topic("token", &["totem.token"], include_str!("token.txt")),
    topic(
        "consensus",
        &["totem.consensus"],
        include_str!("consensus.txt"),
    ),
    topic("authkey", &[], include_str!("authkey.txt")),
    topic(
        "corosync.conf",
        &["corosync", "conf"],
        include_str!("corosync-conf.txt"),
    ),
    topic(
        "stickiness",
        &["resource-stickiness"],
        include_str!("stickiness.txt"),
    ),
    topic(
        "agents",
        &["agent", "systemd", "lsb", "ocf"],
        include_str!("agents.txt"),
    ),
    topic("everywhere", &["clone"], include_str!("everywhere.txt")),
    topic(
        "cli-constraints",
        &["cli-prefer", "cli-ban", "constraints"],
        include_str!("cli-constraints.txt"),
    ),
    topic("nic", &["interface"], include_str!("nic.txt")),
    topic("label", &["iflabel"], include_str!("label.txt")),
    topic("monitor", &[], include_str!("monitor.txt")),
    topic(
        "cleanup",
        &["blocked", "failed", "fail-count"],
        include_str!("cleanup.txt"),
    ),
    topic(
        "plan",
        &["dry-run", "steps", "checks"],
        include_str!("plan.txt"),
    ),
    topic("journal", &[], include_str!("journal.txt")),
    topic(
        "exit",
        &[
            "exit status",
            "exit statuses",
            "0",
            "1",
            "2",
            "3",
            "4",
            "5",
            "130",
        ],
        include_str!("exit.txt"),
    ),
    topic("shell", &["prompt", "ctrl-c"], include_str!("shell.txt")),
    topic(
        "secrets",
        &["password", "passwords"],
        include_str!("secrets.txt"),
    ),
    topic("ssh", &[], include_str!("ssh.txt")),
    topic(
        "database",
        &["mariadb", "mysql", "replication"],
        include_str!("database.txt"),
    ),
    topic("gtid", &["gtids", "position"], include_str!("gtid.txt")),
    topic("seeding", &["seed", "dump"], include_str!("seeding.txt")),
    topic(
        "binlog",
        &["binlogs", "binlog_do_db", "filters"],
        include_str!("binlog.txt"),
    ),
    topic("read-only", &["read_only"], include_str!("read-only.txt")),
    topic(
        "semi-sync",
        &["semisync", "semi-synchronous"],
        include_str!("semi-sync.txt"),
    ),
    topic(
        "lag",
        &["seconds_behind_master", "behind"],
        include_str!("lag.txt"),
    ),
    topic("tls", &["ssl", "certificate"], include_str!("tls.txt")),
];

/// The list of errors, which is made from the catalogue, and its title.
pub const ERRORS: (&str, &str) = (
    "errors",
    "the errors of MariaDB that are explained, by number",
);

/// Returns every topic, in the order of a list.
pub fn topics() -> &'static [Topic] {
    TOPICS
}

/// Returns the topic of that name; words may be joined by blanks or dashes.
pub fn find(asked: &str) -> Option<&'static Topic> {
    let asked = asked.to_lowercase().replace([' ', '_'], "-");
    let asked = asked.strip_prefix("bascule-").unwrap_or(&asked);
    TOPICS.iter().find(|topic| topic.is_called(asked))
}

/// Returns true when a topic's name begins like this.
pub fn begins(asked: &str) -> bool {
    let asked = asked.to_lowercase().replace([' ', '_'], "-");
    let asked = asked.strip_prefix("bascule-").unwrap_or(&asked);
    let like = |name: &str| name.replace([' ', '_'], "-").starts_with(asked);
    "bascule-".starts_with(asked) || TOPICS.iter().any(|topic| topic.names().any(like))
}

/// Returns the topics whose text has the word.
pub fn mentioning(word: &str) -> Vec<&'static Topic> {
    let word = word.to_lowercase();
    TOPICS
        .iter()
        .filter(|topic| word.len() > 2 && topic.text.to_lowercase().contains(&word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    /// Returns the words of every verb at the ends of the grammar.
    fn verbs(command: &clap::Command, before: &str, found: &mut Vec<String>) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = format!("{before}{}", verb.get_name());
            if verb.has_subcommands() {
                verbs(verb, &format!("{name} "), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_verb_is_explained() {
        let mut names = Vec::new();
        verbs(&crate::grammar::Cli::command(), "", &mut names);
        for name in names {
            assert!(find(&name).is_some(), "nothing explains {name}");
        }
    }

    #[test]
    fn a_word_means_one_topic() {
        let mut seen = BTreeSet::new();
        for name in TOPICS.iter().flat_map(Topic::names) {
            assert!(seen.insert(name), "{name} means two");
            assert_ne!(name, ERRORS.0);
        }
    }

    #[test]
    fn what_a_text_points_to_is_there() {
        let errors = crate::mariadb::errno::entries().iter().flat_map(|entry| {
            let told = entry.diagnosis();
            told.next.into_iter().map(|hint| hint.command)
        });
        let texts = TOPICS.iter().map(|topic| topic.text.to_owned());
        for text in texts.chain(errors) {
            for before in [": explain ", "(explain ", "bascule explain "] {
                for (at, _) in text.match_indices(before) {
                    let rest = &text[at + before.len()..];
                    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
                    let word = &rest[..end.unwrap_or(rest.len())];
                    let error = word.parse().unwrap_or(0);
                    let known = find(word).is_some()
                        || crate::mariadb::errno::entries_of(error).count() > 0
                        || word == "NUMBER";
                    assert!(known, "explain {word}, in: {text}");
                }
            }
        }
    }

    #[test]
    fn a_topic_fits_an_old_terminal() {
        for topic in TOPICS {
            assert!(topic.title().len() <= 70, "{}", topic.name);
            for line in topic.lines() {
                assert!(line.chars().count() <= 78, "{}: {line}", topic.name);
            }
        }
    }

    #[test]
    fn it_is_found_however_it_is_typed() {
        for asked in ["vip add", "vip-add", "VIP ADD", "bascule vip add", "vip"] {
            assert_eq!(
                find(asked).map(|topic| topic.name),
                Some("vip add"),
                "{asked}"
            );
        }
        assert_eq!(find("3").map(|topic| topic.name), Some("exit"));
        assert!(find("").is_none());
        assert!(
            mentioning("arping")
                .iter()
                .any(|topic| topic.name == "vip add")
        );
    }
}
