//! A third host that no ssh reaches.

use super::*;

#[test]
fn where_no_ssh_reaches_it_each_run_says_what_comes_next() {
    let words = "quorum add 172.16.0.13 --by-hand /root/third";
    let there = || FileState::Opaque {
        length: 0,
        mode: 0o644,
        reads_as: None,
    };
    for mut facts in each("quorum-none", |_| {}) {
        let said = refused(words, &facts);
        for part in [
            "/root/third/qnetd-cacert.crt",
            "[apt-get install corosync-qnetd]",
            &format!("[bascule {words}]"),
        ] {
            assert!(said.contains(part), "{said}");
        }
        let line = voting::carried_authority("/root/third/qnetd-cacert.crt");
        facts.said.insert(line, "ca abc  -\n".to_owned());
        let port = voting::reaches("172.16.0.13");
        facts.said.insert(port.clone(), "open".to_owned());
        let peer = facts.peers.get_mut("serv2").unwrap();
        peer.said.insert(port, "open".to_owned());

        let plan = planned(words, &facts);
        let steps = lines(&plan);
        let request = "install -m 644 /etc/corosync/qdevice/net/nssdb/qdevice-net-node.crq";
        assert!(at(&steps, "cp /root/third/qnetd-cacert.crt") < at(&steps, "-r -n cluster_web"));
        assert_eq!(at(&steps, request), steps.len() - 1);
        let next = plan.next.join("\n");
        assert!(
            next.contains("-s -c qdevice-net-node.crq -n cluster_web"),
            "{next}"
        );

        let has = "folder\nnssdb\nca abc  -\n".to_owned();
        facts.said.insert(voting::CERTIFICATES.to_owned(), has);
        facts
            .files
            .insert("/root/third/qdevice-net-node.crq".into(), there());
        assert!(refused(words, &facts).contains("172.16.0.13 has not signed yet"));

        let signed = "/root/third/cluster-cluster_web.crt";
        facts.files.insert(signed.into(), there());
        let steps = lines(&planned(words, &facts));
        assert!(at(&steps, &format!("cp {signed}")) < at(&steps, "-M -c"));
        at(&steps, "corosync-cfgtool -R; ssh");
        assert!(
            steps.iter().all(|step| !step.contains("rm -r ")
                && !step.contains("root@172.16.0.13")
                && !step.contains("root@serv3")),
            "{steps:#?}"
        );

        facts
            .said
            .insert(voting::CERTIFICATES.to_owned(), String::new());
        assert!(refused(words, &facts).contains(&format!("[rm {signed}]")));
        let named = trial::plan("quorum add third --by-hand /root/third", &facts);
        let wants = "--by-hand wants the address of third";
        assert!(matches!(named, Err(refusal) if refusal.what.starts_with(wants)));
    }
}
