//! What the verbs plan and refuse on what real hosts said.

mod places;

use crate::cib::{Colocation, Object, Score};
use crate::facts::{Cluster, Facts};
use crate::plan::Undo;
use crate::trial::{RELEASES, commands, facts, is_usage_error, plan, refusal, with_copies};

/// Checks a refusal on both releases: how it begins, and what it holds.
fn refused(words: &str, name: &str, change: impl Fn(&mut Facts), begins: &str, holds: &[&str]) {
    for release in RELEASES {
        let mut facts = facts(release, name);
        change(&mut facts);
        let text = refusal(words, &facts);
        assert!(text.starts_with(begins), "{release}: {text}");
        for part in holds {
            assert!(text.contains(part), "{release}: {text}");
        }
    }
}

fn as_it_was(_: &mut Facts) {}

/// Puts a location on the group of the notes, as `crm configure location` would.
fn with_location(facts: &mut Facts, node: &str, score: &str, role: Option<&str>) {
    let Cluster::Running(cib) = &mut facts.cluster else {
        panic!("the cluster runs");
    };
    *cib = cib.with(&[crate::cib::Object::Location(crate::cib::Location {
        id: "somebodys".to_owned(),
        resource: "servweb".to_owned(),
        node: node.to_owned(),
        score: score.parse().unwrap(),
        role: role.map(str::to_owned),
    })]);
}

#[test]
fn a_name_that_is_taken_is_refused_with_what_frees_it() {
    for words in [
        "vip add 172.16.0.14/24 --name serv2",
        "web add nginx --name serv2",
        "web group serv2 IPFailover",
    ] {
        let node = "serv2 is the name of a node";
        refused(words, "ungrouped", as_it_was, node, &["bascule node list"]);
    }
    for (taken, frees) in [
        ("serviceWeb", "bascule web remove serviceWeb"),
        ("IPFailover", "bascule vip remove IPFailover"),
    ] {
        let words = format!("vip add 172.16.0.14/24 --name {taken}");
        refused(
            &words,
            "ungrouped",
            as_it_was,
            "there is a primitive",
            &[frees],
        );
        for release in RELEASES {
            let frees = frees.strip_prefix("bascule ").unwrap();
            plan(frees, &facts(release, "ungrouped")).unwrap();
        }
    }
}

#[test]
fn what_goes_with_a_clone_is_advised_only_where_it_is_an_address() {
    for release in RELEASES {
        for (resource, advised) in [("W", false), ("V", true)] {
            let mut facts = with_copies(release);
            let Cluster::Running(cib) = &mut facts.cluster else {
                panic!("the cluster runs");
            };
            *cib = cib.with(&[Object::Colocation(Colocation {
                id: "somebodys".to_owned(),
                score: Score::Infinity,
                resource: resource.to_owned(),
                with: "ms-st1".to_owned(),
            })]);
            for verb in ["prefer", "move"] {
                let text = refusal(&format!("web {verb} ms-st1 serv1"), &facts);
                let advice = format!("bascule web {verb} {resource} serv1");
                assert_eq!(text.contains(&advice), advised, "{release}: {text}");
                assert!(!text.contains("ADDRESS"), "{release}: {text}");
            }
        }
    }
}

const ADD: &str = "web add apache2 --name serviceWeb --agent lsb:apache2 --monitor 60s";

#[test]
fn the_service_of_the_notes_is_taken_over_on_every_node() {
    for release in RELEASES {
        assert_eq!(
            commands(ADD, &facts(release, "bare")),
            [
                "ssh -o BatchMode=yes -o ConnectTimeout=5 root@serv2 'systemctl disable --now apache2'",
                "systemctl disable apache2",
                "crm configure load update -\n\
                 primitive serviceWeb lsb:apache2 \\\n  op start interval=0 timeout=20s \\\n  \
                 op stop interval=0 timeout=20s \\\n  op monitor interval=60s timeout=20s\n",
            ]
        );
        assert!(plan(ADD, &facts(release, "ungrouped")).unwrap().is_empty());
    }
}

#[test]
fn everywhere_stops_no_copy_and_wants_two_second_monitors() {
    for release in RELEASES {
        let commands = commands("web add apache2 --everywhere", &facts(release, "bare"));
        assert!(commands[0].ends_with("'systemctl disable apache2'"));
        assert_eq!(commands[1], "systemctl disable apache2");
        assert!(commands[2].contains("monitor interval=2s"));
        assert!(commands[2].contains("clone apache2-clone apache2"));
    }
}

#[test]
fn these_agents_cannot_adopt_what_systemd_started() {
    let words = "web add apache2 --agent ocf:heartbeat:apache \
                 --status-url http://127.0.0.1/server-status";
    for release in RELEASES {
        let commands = commands(words, &facts(release, "bare"));
        assert_eq!(commands[1], "systemctl disable --now apache2");
        assert!(commands[2].contains("statusurl=http://127.0.0.1/server-status"));
        assert!(commands[2].contains("configfile=/etc/apache2/apache2.conf"));
    }
}

#[test]
fn what_was_running_is_running_again_after_an_undo() {
    for release in RELEASES {
        let plan = plan(ADD, &facts(release, "bare")).unwrap();
        for step in &plan.steps[..2] {
            let Undo::Steps { steps } = &step.undo else {
                panic!("{:?}", step.undo);
            };
            let lines: Vec<_> = steps.iter().filter_map(|s| s.command()).collect();
            assert_eq!(lines.len(), 2);
            assert!(format!("{lines:?}").contains("enable"));
            assert!(format!("{lines:?}").contains("start"));
        }
    }
}

#[test]
fn the_copy_beside_the_address_goes_on() {
    for release in RELEASES {
        let mut facts = facts(release, "ungrouped");
        let bare = crate::trial::facts(release, "bare");
        facts.units = bare.units;
        facts.peers = bare.peers;
        facts.cluster = only_the_address(facts.cluster);
        if let Some(monitor) = &mut facts.monitor {
            for resource in &mut monitor.resources {
                resource.nodes = vec!["serv2".to_owned()];
            }
        }
        let commands = commands(ADD, &facts);
        assert!(
            commands[0].ends_with("root@serv2 'systemctl disable apache2'"),
            "{commands:?}"
        );
        assert_eq!(commands[1], "systemctl disable --now apache2");
    }
}

fn only_the_address(cluster: Cluster) -> Cluster {
    let Cluster::Running(cib) = cluster else {
        return cluster;
    };
    let start = cib.text().find("<primitive id=\"serviceWeb\"").unwrap();
    let end = start + cib.text()[start..].find("</primitive>").unwrap() + "</primitive>".len();
    let text = format!("{}{}", &cib.text()[..start], &cib.text()[end..]);
    Cluster::Running(crate::cib::Cib::parse(text).unwrap())
}

#[test]
fn a_service_that_is_not_there_is_refused() {
    refused(
        "web add apche2",
        "bare",
        as_it_was,
        "serv1 has no systemd unit apche2",
        &["did you mean apache2?: bascule web add apache2"],
    );
    refused(
        "web add apache2",
        "bare",
        |facts| {
            let peer = facts.peers.get_mut("serv2").unwrap();
            peer.units.get_mut("apache2").unwrap().exists = false;
        },
        "serv2 has no systemd unit apache2",
        &["ssh root@serv2 apt-get install apache2"],
    );
    refused(
        "web add apache2 --agent lsb:apache3",
        "bare",
        as_it_was,
        "serv1 has no script /etc/init.d/apache3",
        &["apt-get install"],
    );
    refused(
        "web add nginx --agent ocf:heartbeat:nginx",
        "bare",
        as_it_was,
        "nginx is not installed on serv1",
        &["apt-get install nginx"],
    );
    refused(
        "web add x --agent ocf:heartbeat:IPaddr2",
        "bare",
        as_it_was,
        "web add does not know the agent ocf:heartbeat:IPaddr2",
        &["crm configure primitive NAME ocf:heartbeat:IPaddr2"],
    );
}

#[test]
fn a_configuration_that_does_not_parse_is_refused() {
    let text = "AH00558: apache2: Could not determine the server's name\nAH00526: Syntax error on \
                line 1 of /etc/apache2/ports.conf:\nInvalid command 'Nonsense'";
    let broken = |web: &mut Option<crate::facts::WebConfiguration>| {
        let web = web.as_mut().unwrap();
        web.valid = false;
        web.text = text.to_owned();
    };
    refused(
        ADD,
        "bare",
        |facts| broken(&mut facts.web),
        "the configuration of apache2 does not parse on serv1: AH00526",
        &["to see it: apache2ctl configtest"],
    );
    refused(
        ADD,
        "bare",
        |facts| broken(&mut facts.peers.get_mut("serv2").unwrap().web),
        "the configuration of apache2 does not parse on serv2: AH00526",
        &["to see it: ssh root@serv2 apache2ctl configtest"],
    );
}

#[test]
fn an_unreachable_peer_is_refused_or_left_alone() {
    let away = |facts: &mut Facts| {
        facts.peers.get_mut("serv2").unwrap().unreachable = Some("no route to host".to_owned());
    };
    refused(
        ADD,
        "bare",
        away,
        "serv2 does not answer (no route to host): apache2 must not be started at boot there",
        &["ping -c 3 serv2", "--local"],
    );
    for release in RELEASES {
        let mut facts = facts(release, "bare");
        away(&mut facts);
        let words = format!("{ADD} --local");
        assert_eq!(commands(&words, &facts).len(), 2);
        let plan = plan(&words, &facts).unwrap();
        assert_eq!(plan.next, ["on serv2: systemctl disable --now apache2"]);
    }
}

#[test]
fn a_taken_name_is_refused_with_what_differs() {
    refused(
        "web add apache2 --name serviceWeb --agent lsb:apache2",
        "ungrouped",
        as_it_was,
        "there is a primitive serviceWeb already, and it differs: monitor interval is 60s, not 10s",
        &["bascule web remove serviceWeb"],
    );
    refused(
        "web add apache2",
        "ungrouped",
        as_it_was,
        "serviceWeb runs apache2 already, by lsb:apache2",
        &["bascule web remove serviceWeb"],
    );
    refused(
        "web add apache2 --everywhere --name serviceWeb",
        "grouped",
        as_it_was,
        "serviceWeb runs on one node already",
        &["bascule web remove serviceWeb"],
    );
    refused(
        "web add apache2",
        "everywhere",
        as_it_was,
        "apache2 runs everywhere already",
        &["bascule web remove apache2"],
    );
}

#[test]
fn names_and_words_that_cannot_be_are_usage_errors() {
    let long = "a".repeat(300);
    for name in ["a b", "a\"b", "a;b", "a\nb", "é", "", "-x", "meta", &long] {
        assert!(
            is_usage_error(&["web", "add", "apache2", "--name", name]),
            "{name:?}"
        );
        assert!(is_usage_error(&["web", "group", name, "a"]), "{name:?}");
        assert!(is_usage_error(&["web", "remove", name]), "{name:?}");
    }
    for service in ["a b", "a;b", "", "-x", "$(x)", "a/b"] {
        assert!(is_usage_error(&["web", "add", service]), "{service:?}");
    }
    for url in [
        "server-status",
        "http://",
        "http:///x",
        "http://a b",
        "http://a\"b",
    ] {
        assert!(
            is_usage_error(&["web", "add", "a", "--status-url", url]),
            "{url:?}"
        );
    }
    assert!(is_usage_error(&["web", "group", "g"]));
    assert!(is_usage_error(&[
        "web",
        "group",
        "g",
        "a",
        "--failures",
        "0"
    ]));
    assert!(is_usage_error(&[
        "web", "add", "apache2", "--agent", "apache2"
    ]));
    assert!(is_usage_error(&["web", "add", "apache2", "--monitor", "0"]));
    assert!(is_usage_error(&["web", "move", "a", "b c"]));
}

#[test]
fn the_group_of_the_notes_is_one_transaction() {
    for release in RELEASES {
        let words = "web group servweb IPFailover serviceWeb --failures 5";
        let commands = commands(words, &facts(release, "ungrouped"));
        assert_eq!(
            commands,
            [
                "crm configure load update -\ngroup servweb IPFailover serviceWeb \\\n  \
              meta migration-threshold=5\n"
            ]
        );
        assert!(plan(words, &facts(release, "grouped")).unwrap().is_empty());
        let words = "web group servweb IPFailover serviceWeb";
        assert!(plan(words, &facts(release, "grouped")).unwrap().is_empty());
    }
}

#[test]
fn members_that_cannot_be_grouped_are_refused() {
    refused(
        "web group other serviceWeb",
        "grouped",
        as_it_was,
        "serviceWeb is in the group servweb already",
        &["crm configure modgroup servweb remove serviceWeb"],
    );
    refused(
        "web group g IPFailovr",
        "grouped",
        as_it_was,
        "no resource or group is called IPFailovr",
        &["did you mean IPFailover?"],
    );
    refused(
        "web group g vip-172.16.0.12 apache2",
        "everywhere",
        as_it_was,
        "apache2 runs everywhere, as apache2-clone",
        &["--with apache2"],
    );
    refused(
        "web group g servweb",
        "grouped",
        as_it_was,
        "servweb is a group: only single resources",
        &[],
    );
    refused(
        "web group IPFailover serviceWeb",
        "ungrouped",
        as_it_was,
        "IPFailover is the name of a primitive already",
        &[],
    );
    refused(
        "web group servweb serviceWeb",
        "grouped",
        as_it_was,
        "servweb holds IPFailover too",
        &["bascule web group servweb IPFailover serviceWeb"],
    );
    refused(
        "web group g IPFailover IPFailover",
        "ungrouped",
        as_it_was,
        "IPFailover is named twice",
        &[],
    );
    refused(
        "web group g g",
        "ungrouped",
        as_it_was,
        "g cannot be in itself",
        &[],
    );
}

#[test]
fn removing_takes_what_is_inside_along() {
    for release in RELEASES {
        let facts_of = |name| facts(release, name);
        assert_eq!(
            commands("web remove servweb", &facts_of("grouped")),
            ["crm --force configure delete servweb IPFailover serviceWeb"]
        );
        for name in ["apache2", "apache2-clone"] {
            assert_eq!(
                commands(&format!("web remove {name}"), &facts_of("everywhere")),
                ["crm --force configure delete apache2-clone apache2"]
            );
        }
        let gone = plan("web remove srevweb", &facts_of("grouped")).unwrap();
        assert!(gone.is_empty() && gone.checks[0].text.contains("servweb"));
        let plan = plan("web remove servweb", &facts_of("grouped")).unwrap();
        assert_eq!(
            plan.danger.map(|danger| danger.word).as_deref(),
            Some("servweb")
        );
    }
}

#[test]
fn a_cluster_that_is_down_is_planned_from_disk_and_not_run() {
    for release in RELEASES {
        let mut facts = facts(release, "grouped");
        if let Cluster::Running(cib) = facts.cluster {
            facts.cluster = Cluster::Stopped {
                why: "Connection refused".to_owned(),
                missing: false,
                cib: Some(cib),
            };
        }
        facts.monitor = None;
        let plan = plan("web prefer servweb serv2", &facts).unwrap();
        assert!(plan.blocked.is_some() && !plan.is_empty());
        assert!(refusal("web move servweb serv2", &facts).contains("bascule cluster start"));
    }
}

#[test]
fn the_list_tells_a_ban_from_a_preference() {
    use crate::verb::Look;
    for release in RELEASES {
        for (score, role, says) in [
            ("-INFINITY", None, "never on serv2"),
            ("-50", None, "rather not on serv2 (-50)"),
            ("50", None, "prefers serv2 (50) and stays where it is"),
            ("50", Some("Promoted"), "prefers serv2 (50) when promoted"),
        ] {
            let mut facts = facts(release, "grouped");
            with_location(&mut facts, "serv2", score, role);
            let report = super::list::List {}.report(&facts).unwrap();
            let text = format!("{report:?}");
            assert!(text.contains(says), "{release} {score}: {text}");
            let json = &report.value()["resources"][0];
            let listed = |name: &str| json[name].to_string().contains("serv2");
            assert_eq!(listed("avoids"), score.starts_with('-'), "{json}");
            assert_eq!(listed("prefers"), !score.starts_with('-'), "{json}");
        }
    }
}

#[test]
fn which_copy_is_promoted_is_listed() {
    use crate::verb::Look;
    for release in RELEASES {
        let report = super::list::List {}.report(&with_copies(release)).unwrap();
        let text = format!("{report:?}");
        assert!(text.contains("serv1 (promoted)"), "{release}: {text}");
    }
}

#[test]
fn what_the_hosts_stand_on_is_no_service_for_the_cluster() {
    for release in RELEASES {
        let mut facts = facts(release, "bare");
        facts.foundation = Some(crate::facts::Foundation {
            id: "ssh.service".to_owned(),
            needed: ["ssh.service".to_owned()].into(),
        });
        let text = refusal("web add apache2", &facts);
        assert!(
            text.starts_with("ssh.service is what the hosts themselves stand on"),
            "{text}"
        );
    }
}

#[test]
fn one_of_a_pair_that_replicates_is_no_service_for_one_node() {
    for release in RELEASES {
        for (state, says) in [
            ("link-well", "serv1 replicates from 172.16.0.10"),
            ("link-well-primary", "172.16.0.11 replicates from serv1"),
        ] {
            let mut pair = facts(release, "bare");
            pair.database = facts(release, state).database;
            let unit = pair.units.values().next().cloned().unwrap();
            pair.units.insert("mariadb".to_owned(), unit);
            let text = refusal("web add mariadb", &pair);
            assert!(text.contains("would run mariadb on one node"), "{text}");
            assert!(text.contains("bascule web add mariadb --everywhere"));
            assert!(
                text.contains(says) || text.contains("serv2 replicates"),
                "{text}"
            );
            let text = plan("web add mariadb --everywhere", &pair);
            assert!(text.is_ok() || !text.unwrap_err().what.contains("replicates"));
        }
    }
}

/// What would be predicted is what the cluster makes of its own text, which has nothing of the verbs before.
#[test]
fn a_move_is_not_predicted_on_what_is_only_planned() {
    refused(
        "web move servweb serv2",
        "grouped",
        |facts| facts.planned = true,
        "whether servweb would get to serv2 and stay there cannot be predicted before the other verbs are done",
        &["bascule web move servweb serv2"],
    );
}
