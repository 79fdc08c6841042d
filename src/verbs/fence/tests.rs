//! What the verbs plan and refuse on what real hosts said.

use crate::facts::{Facts, PasswordFile};
use crate::fencing::secret;
use crate::plan::{Plan, Step};
use crate::trial::{RELEASES, facts, plan, refusal};
use std::path::PathBuf;

const ADD: &str = "fence add bmc serv1=172.16.0.110 serv2=172.16.0.111";
const WITH_FILE: &str =
    "fence add bmc serv1=172.16.0.110 serv2=172.16.0.111 --password-file /root/bmc";

/// Returns the commands of a plan, each with the host that it runs on.
fn commands(plan: &Plan) -> Vec<String> {
    let of = |step: &Step| {
        let (argv, _) = step.command()?;
        Some(argv.join(" "))
    };
    plan.steps.iter().filter_map(of).collect()
}

/// Returns the inputs of the steps that ask a device.
fn questions(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().filter_map(Step::command);
    let asks = steps.filter(|(argv, _)| argv.concat().contains("fence_ipmilan"));
    asks.filter_map(|(_, stdin)| stdin).collect()
}

fn sums(facts: &mut Facts, peer: bool) -> &mut dyn SumsOfPasswords {
    match peer {
        true => facts.peers.get_mut("serv2").unwrap(),
        false => facts,
    }
}

/// Where a host has the sums of its passwords.
trait SumsOfPasswords {
    fn put(&mut self, device: &str, sum: Option<&str>);
}

impl SumsOfPasswords for Facts {
    fn put(&mut self, device: &str, sum: Option<&str>) {
        let path = PathBuf::from(secret::path(device));
        match sum {
            Some(sum) => drop(self.sums.insert(path, sum.to_owned())),
            None => drop(self.sums.remove(&path)),
        }
    }
}

impl SumsOfPasswords for crate::facts::Peer {
    fn put(&mut self, device: &str, sum: Option<&str>) {
        self.files
            .insert(secret::path(device), sum.map(str::to_owned));
    }
}

#[test]
fn each_release_installs_its_own_packages_on_both_nodes() {
    for (release, packages) in RELEASES
        .into_iter()
        .zip(["fence-agents ipmitool", "fence-agents-ipmilan ipmitool"])
    {
        let plan = plan(WITH_FILE, &facts(release, "unfenced")).unwrap();
        let installs = commands(&plan).into_iter();
        let installs: Vec<String> = installs
            .filter(|line| line.contains("apt-get") && line.contains(" install "))
            .collect();
        assert_eq!(installs.len(), 2, "{installs:?}");
        assert!(
            installs.iter().all(|line| line
                .trim_end_matches('\'')
                .ends_with(&format!("--no-install-recommends {packages}"))),
            "{release}: {installs:?}"
        );
    }
}

#[test]
fn a_second_run_has_nothing_to_do_with_and_without_the_password() {
    for release in RELEASES {
        let facts = facts(release, "fenced");
        for words in [ADD, WITH_FILE] {
            assert!(
                plan(words, &facts).unwrap().is_empty(),
                "{release}: {words}"
            );
        }
    }
}

#[test]
fn a_password_that_a_node_lost_is_tried_here_and_brought_there() {
    for release in RELEASES {
        for there in [None, Some("another")] {
            let mut facts = facts(release, "fenced");
            sums(&mut facts, true).put("fence-serv1", there);
            let plan = plan(ADD, &facts).unwrap();
            assert!(plan.secrets.is_empty(), "{release}");
            let asked = questions(&plan);
            assert!(
                asked[0].contains("password_script=cat /etc/pacemaker/fencing/fence-serv1"),
                "{release}: {asked:?}"
            );
            let copied = commands(&plan).into_iter();
            let copied: Vec<String> = copied.filter(|line| line.starts_with("scp ")).collect();
            assert_eq!(copied.len(), 1, "{release}: {copied:?}");
            assert!(copied[0].ends_with("fence-serv1"), "{release}: {copied:?}");
        }
    }
}

#[test]
fn a_password_that_is_only_on_the_other_node_is_asked_for() {
    let mut facts = facts("bookworm", "fenced");
    sums(&mut facts, false).put("fence-serv1", None);
    let plan = plan(ADD, &facts).unwrap();
    assert_eq!(plan.secrets.len(), 1);
}

#[test]
fn devices_that_were_lost_are_tried_with_the_passwords_that_are_there() {
    for release in RELEASES {
        let mut facts = facts(release, "unfenced");
        let Some(PasswordFile::Fit { sum, .. }) =
            facts.passwords.get(&PathBuf::from("/root/bmc")).cloned()
        else {
            panic!("{release}: no password");
        };
        for device in ["fence-serv1", "fence-serv2"] {
            sums(&mut facts, false).put(device, Some(&sum));
            sums(&mut facts, true).put(device, Some(&sum));
        }
        let plan = plan(WITH_FILE, &facts).unwrap();
        assert!(plan.secrets.is_empty(), "{release}");
        let asked = questions(&plan);
        assert_eq!(asked.len(), 2, "{release}");
        assert!(
            asked.iter().all(|input| input.contains("password_script=")),
            "{release}: {asked:?}"
        );
    }
}

#[test]
fn three_nodes_or_a_third_vote_need_no_delay() {
    let mut facts = facts("bookworm", "unfenced");
    let conf = PathBuf::from(crate::facts::COROSYNC_CONF);
    let text = facts.file(crate::facts::COROSYNC_CONF).reads_as();
    let with_device = text
        .unwrap()
        .replace("two_node: 1", "device {\n model: net\n }");
    let waits = |facts: &Facts| {
        let plan = plan(WITH_FILE, facts).unwrap();
        format!("{:?}", plan.steps).contains("priority-fencing-delay")
    };
    assert!(waits(&facts));
    facts.files.insert(
        conf,
        crate::facts::FileState::Opaque {
            length: 0,
            mode: 0o644,
            reads_as: Some(with_device),
        },
    );
    assert!(!waits(&facts));
}

#[test]
fn what_cannot_be_is_refused_with_what_leads_on() {
    for release in RELEASES {
        let unfenced = facts(release, "unfenced");
        let said = |words: &str, facts: &Facts| refusal(words, facts);
        assert!(said("fence add bmc serv9=172.16.0.110", &unfenced).contains("serv9"));
        assert!(said("fence test", &unfenced).contains("fence add"));
        let with_key = "fence add virsh serv1=a serv2=b --at 172.16.0.1 --key /root/id";
        assert!(said(with_key, &unfenced).contains("serv1 has no /root/id"));
        let fenced = facts(release, "fenced");
        assert!(
            said("fence test serv1", &fenced)
                .contains("ssh -t root@serv2 bascule fence test serv1")
        );
        let mut other = fenced.clone();
        sums(&mut other, true).put("fence-serv2", Some("another"));
        assert!(said("fence test serv2", &other).contains("is another one on serv2"));
        let mut off = fenced;
        off.monitor
            .as_mut()
            .unwrap()
            .nodes
            .iter_mut()
            .for_each(|node| node.online = node.name == "serv1");
        assert!(said(WITH_FILE, &off).contains("serv2 is not online"));
        assert!(said("fence test serv2", &off).contains("bascule status"));
    }
}
