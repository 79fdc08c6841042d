//! Why another host is not reached by ssh, and what mends just that.

use crate::plan::Refusal;

/// Why ssh did not get to root on a host: what it comes to, from ssh's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    NoName,
    Silent,
    Refused,
    NewKey,
    OtherKey,
    Denied,
    Other,
}

impl Cause {
    fn parse(why: &str) -> Cause {
        let has = |text: &str| why.contains(text);
        if has("Could not resolve hostname") {
            Cause::NoName
        } else if has("IDENTIFICATION HAS CHANGED") {
            Cause::OtherKey
        } else if has("Host key verification failed") {
            Cause::NewKey
        } else if has("Permission denied") || has("Too many authentication failures") {
            Cause::Denied
        } else if has("Connection refused") {
            Cause::Refused
        } else if [
            "timed out",
            "o route to host",
            "unreachable",
            "not answer within",
        ]
        .iter()
        .any(|text| has(text))
        {
            Cause::Silent
        } else {
            Cause::Other
        }
    }
}

/// Returns that a host is not reached, and why, as a sentence without full stop.
pub fn sentence(target: &str, why: &str) -> String {
    match Cause::parse(why) {
        Cause::NoName => format!("the name {target} is not known here"),
        Cause::Silent => format!("{target} does not answer ({})", without_noise(why)),
        Cause::Refused => format!("{target} is up, but refuses ssh (connection refused)"),
        Cause::NewKey => format!("{target}'s host key is not known here yet"),
        Cause::OtherKey => format!(
            "{target} shows another host key than the one known here: it was set up anew, or it is \
             another host"
        ),
        Cause::Denied => format!(
            "{target} does not let root in by ssh ({})",
            without_noise(why)
        ),
        Cause::Other => format!("{target} is not reached by ssh ({})", without_noise(why)),
    }
}

/// Returns true where nothing answered; whatever refuses, or shows a key, lives.
pub fn is_silent(why: &str) -> bool {
    matches!(Cause::parse(why), Cause::Silent)
}

/// Returns the same as a refusal, with the commands that mend it.
pub fn refusal(target: &str, why: &str, consequence: &str) -> Refusal {
    let then = if consequence.is_empty() { "" } else { ": " };
    let refusal = Refusal::check(format!("{}{then}{consequence}", sentence(target, why)));
    ways_out(target, why)
        .into_iter()
        .fold(refusal, |refusal, (purpose, command)| {
            refusal.hint(purpose, command)
        })
}

/// Returns what leads out: what each command is for, and the command.
pub fn ways_out(target: &str, why: &str) -> Vec<(&'static str, String)> {
    let try_it = format!("ssh root@{target} true");
    match Cause::parse(why) {
        Cause::NoName => vec![
            ("who knows it", format!("getent hosts {target}")),
            (
                "to write it down, with its address",
                format!("echo 'ADDRESS {target}' >>/etc/hosts"),
            ),
        ],
        Cause::Silent => vec![("whether it is there", format!("ping -c 3 {target}"))],
        Cause::Refused => vec![(
            "there, at its own console",
            "systemctl start ssh".to_owned(),
        )],
        Cause::NewKey => vec![("to compare and accept it", try_it)],
        Cause::OtherKey => vec![
            (
                "what it shows",
                format!("ssh-keyscan -t ed25519 {target} | ssh-keygen -lf -"),
            ),
            (
                "what it has, there",
                "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub".to_owned(),
            ),
            (
                "if both are the same",
                format!("ssh-keygen -R {target}; ssh root@{target} true"),
            ),
        ],
        Cause::Denied => vec![
            ("to try it", try_it),
            ("to let this host in", format!("ssh-copy-id root@{target}")),
        ],
        Cause::Other => vec![("to try it", try_it)],
    }
}

/// Returns ssh's words without what is said beside them.
fn without_noise(why: &str) -> &str {
    why.rsplit_once(": ")
        .map_or(why, |(_, last)| last)
        .trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ssh of both releases prints it, each in a state of its own.
    const SAID: [(&str, &str, &str); 7] = [
        (
            "ssh: Could not resolve hostname lb1.mydomain: Temporary failure in name resolution",
            "the name T is not known here",
            "getent hosts T",
        ),
        (
            "ssh: connect to host 172.16.0.99 port 22: No route to host",
            "T does not answer (No route to host)",
            "ping -c 3 T",
        ),
        (
            "ssh: connect to host 172.16.0.11 port 22: Connection timed out",
            "T does not answer (Connection timed out)",
            "ping -c 3 T",
        ),
        (
            "ssh: connect to host 172.16.0.11 port 22: Connection refused",
            "T is up, but refuses ssh",
            "systemctl start ssh",
        ),
        (
            "Host key verification failed.",
            "T's host key is not known here yet",
            "ssh root@T true",
        ),
        (
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "T shows another host key",
            "ssh-keygen -R T",
        ),
        (
            "root@serv2: Permission denied (publickey,password).",
            "T does not let root in by ssh (Permission denied (publickey,password))",
            "ssh-copy-id root@T",
        ),
    ];

    #[test]
    fn each_cause_has_its_own_sentence_and_its_own_way_out() {
        for (why, sentence_begins, mend) in SAID {
            let refusal = refusal("T", why, "");
            assert!(
                refusal.what.starts_with(sentence_begins),
                "{}",
                refusal.what
            );
            let commands: Vec<&str> = refusal.hints.iter().map(|h| h.command.as_str()).collect();
            assert!(commands.iter().any(|c| c.contains(mend)), "{commands:?}");
            let key = commands.iter().any(|c| c.contains("ssh-copy-id"));
            assert_eq!(key, why.contains("Permission denied"), "{why}");
        }
    }
}
