//! `cluster join` and what it takes from a bundle; `cluster export`.

use crate::facts::COROSYNC_CONF;
use crate::membership::services;
use crate::verbs::cluster::tests::*;

/// Returns the facts of a fresh serv2 that has asked serv1.
fn joining(release: usize) -> Facts {
    let member = &recorded("member")[release];
    let mut facts = recorded("fresh")[release].clone();
    let own = facts.network.clone();
    // What serv1 says of itself, and the host that asks has serv2's address.
    let mut serv1 = member.peers["serv2"].clone();
    serv1.host = "serv1".to_owned();
    facts.network = Some(serv1.network.clone());
    serv1.network = own.unwrap();
    facts.host = "serv2".to_owned();
    facts.peers = [("serv1".to_owned(), serv1)].into();
    facts
}

#[test]
fn join_takes_the_files_and_none_of_the_own_configuration() {
    for release in [0, 1] {
        let facts = joining(release);
        let plan = planned(&facts, "cluster join serv1");
        let order = [
            "systemctl stop pacemaker corosync",
            "root@serv1:/etc/corosync/authkey /etc/corosync/authkey",
            "root@serv1:/etc/corosync/corosync.conf",
            "corosync -t",
            "mv -T /var/lib/pacemaker/cib",
            "systemctl start corosync pacemaker",
        ];
        let places: Vec<usize> = order.iter().map(|text| at(&plan, text)).collect();
        assert!(places.is_sorted(), "{:#?}", lines(&plan));
        let proofs = &plan.steps.last().unwrap().verify;
        assert!(
            proofs
                .iter()
                .any(|v| v.sentence().starts_with("serv2 and serv1 are online"))
        );

        let mut silent = facts.clone();
        silent.peers.get_mut("serv1").unwrap().unreachable =
            Some("root@serv1: Permission denied (publickey).".to_owned());
        let no = refused(&silent, "cluster join serv1");
        assert!(
            no.contains("ssh-copy-id") && no.contains("join --bundle"),
            "{no}"
        );

        let mut stranger = facts.clone();
        stranger.host = "serv3".to_owned();
        for interface in &mut stranger.network.as_mut().unwrap().interfaces {
            for net in interface
                .addresses
                .iter_mut()
                .filter(|_| !interface.loopback)
            {
                *net = net.to_string().replace("0.11/", "0.13/").parse().unwrap();
            }
        }
        let no = refused(&stranger, "cluster join serv1");
        assert!(no.contains("web has no node serv3; it has serv1 and serv2"));
        assert!(no.contains(
            "[on serv1] bascule cluster init --name web --node serv1=172.16.0.10 \
             --node serv2=172.16.0.11 --node serv3=172.16.0.13"
        ));

        let mut moved = facts.clone();
        moved
            .network
            .as_mut()
            .unwrap()
            .interfaces
            .retain(|i| i.loopback);
        assert!(refused(&moved, "cluster join serv1").contains("which is no address of this host"));

        let mut asleep = facts.clone();
        let serv1 = asleep.peers.get_mut("serv1").unwrap();
        serv1.units.get_mut("pacemaker").unwrap().active = false;
        let no = refused(&asleep, "cluster join serv1");
        assert!(no.contains("web does not run on serv1 [on serv1] bascule cluster start"));

        let mut bare = facts.clone();
        bare.peers.get_mut("serv1").unwrap().texts.clear();
        assert!(refused(&bare, "cluster join serv1").contains("no cluster on serv1 yet"));
    }
    for facts in recorded("member") {
        let no = refused(&facts, "cluster join serv1 -n");
        assert!(no.contains("was not asked"), "{no}");
    }
}

#[test]
fn a_node_is_known_by_its_address_and_a_clone_must_be_renamed() {
    for release in [0, 1] {
        let facts = joining(release);
        let mut renamed = facts.clone();
        renamed.host = "web-two".to_owned();
        let plan = planned(&renamed, "cluster join serv1");
        assert!(warns(
            &plan,
            "this host is serv2 in web, by its address; it calls itself web-two"
        ));
        let proofs = &plan.steps.last().unwrap().verify;
        assert!(
            proofs
                .iter()
                .any(|v| v.sentence().starts_with("serv2 and serv1 are online"))
        );

        // Cloned from serv1 and not renamed: another host all the same.
        let mut clone = facts.clone();
        clone.host = "serv1".to_owned();
        clone.who = facts::Who::parse("da729f13f33c4a1089c4d9fe917726f0\n300e13b6-8a94-435c\n");
        let serv1 = clone.peers.get_mut("serv1").unwrap();
        serv1.who = facts::Who::parse("da729f13f33c4a1089c4d9fe917726f0\ne6a5594f-6706-45c4\n");
        let no = refused(&clone, "cluster join serv1");
        assert!(
            no.contains("serv1 is another host, and is called serv1 as this one is"),
            "{no}"
        );
        assert!(no.contains("hostnamectl set-hostname serv2"), "{no}");
        clone.host = "serv2".to_owned();
        let plan = planned(&clone, "cluster join serv1");
        assert!(warns(&plan, "the same /etc/machine-id as serv1"));

        // Its /etc/hosts still has 127.0.1.1 serv1: it asked itself.
        let mut itself = clone.clone();
        let serv1 = itself.peers.get_mut("serv1").unwrap();
        serv1.who = itself.who.clone();
        serv1.network = itself.network.clone().unwrap();
        let no = refused(&itself, "cluster join serv1");
        assert!(no.contains("serv1 is this host itself"), "{no}");
    }
}

#[test]
fn join_again_has_nothing_to_do() {
    for facts in recorded("member") {
        // serv1, asking serv2, which has the same files.
        assert!(planned(&facts, "cluster join serv2").is_empty());
        let mut elsewhere = facts.clone();
        let serv2 = elsewhere.peers.get_mut("serv2").unwrap();
        for text in serv2.texts.values_mut() {
            *text = text.replace("cluster_name: web", "cluster_name: db");
        }
        let no = refused(&elsewhere, "cluster join serv2");
        assert!(no.contains("serv1 is in the cluster web already"));
    }
}

#[test]
fn a_bundle_is_looked_into_before_it_is_believed() {
    for facts in recorded("fresh") {
        let with = |bundle| Facts {
            bundle: Some(bundle),
            ..facts.clone()
        };
        let words = "cluster join --bundle /root/b";
        assert!(refused(&with(Bundle::Absent), words).contains("there is no /root/b"));
        let wrong = Bundle::Wrong {
            why: "it is no tar archive".to_owned(),
        };
        assert!(refused(&with(wrong), words).contains("/root/b is no file of cluster export"));
        let conf = recorded("member")[0]
            .file(COROSYNC_CONF)
            .text()
            .unwrap()
            .to_owned();
        let of = |conf: String| Bundle::Of {
            conf,
            key: "1".repeat(64),
        };
        let plan = planned(&with(of(conf.clone())), words);
        at(
            &plan,
            "tar --extract --no-same-owner --force-local --file /root/b",
        );
        let foreign = conf.replace("serv1", "serv9").replace("0.10", "0.19");
        let no = refused(&with(of(foreign)), words);
        assert!(no.contains("web has no node serv1; it has serv9 and serv2"));
        assert!(refused(&with(of("nonsense".to_owned())), words).contains("corosync cannot read"));
    }
}

#[test]
fn export_never_writes_over_anything() {
    for facts in recorded("member") {
        let mut facts = facts;
        facts.folders.insert("/root".into(), Vec::new());
        let words = "cluster export /root/b";
        let plan = planned(&facts, words);
        assert_eq!(lines(&plan)[0], "install --mode=600 /dev/null /root/b");
        assert!(warns(&plan, "whoever has the file can join"));
        let conf = facts.file(COROSYNC_CONF).text().unwrap().to_owned();
        let key = facts.sums[Path::new(services::KEY)].clone();
        facts.bundle = Some(Bundle::Of { conf, key });
        assert!(planned(&facts, words).is_empty());
        facts.bundle = Some(Bundle::Wrong { why: String::new() });
        assert!(refused(&facts, words).contains("is something else"));
        facts.bundle = None;
        assert!(refused(&facts, "cluster export /nowhere/b").contains("no folder /nowhere"));
    }
    let no = refused(&recorded("fresh")[0], "cluster export /root/b");
    assert!(no.contains("serv1 is in no cluster"));
}
