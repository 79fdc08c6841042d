//! Clients whom an address of the cluster leads to the server whose data are to be replaced.

use super::{WORDS, unlinked};
use crate::trial::{RELEASES, here, plan, refusal, served, set, warnings};

#[test]
fn clients_are_not_led_to_a_server_whose_data_go() {
    for release in RELEASES {
        let mut facts = unlinked(release);
        set(here(&mut facts), "read_only", "OFF");
        served(release, &mut facts, here);
        // Who restarts the server is not the question here.
        facts.monitor = Some(crate::facts::Monitor {
            maintenance: true,
            ..Default::default()
        });
        assert_eq!(
            refusal(WORDS, &facts),
            "clients are led to serv2 by dbvip (172.16.0.40), which goes where MariaDB runs: what they have \
             written here, and write until this ends, is not on serv1\n\
             to have it where writes go: bascule web move dbvip serv1\n\
             where what is here counts: to have it be the primary: bascule db primary",
            "{release}"
        );
        // An address that has nothing to do with MariaDB as far as the cluster knows.
        let crate::facts::Cluster::Running(cib) = &facts.cluster else {
            panic!("it runs");
        };
        let text = cib
            .text()
            .replace("with-rsc=\"mariadb-clone\"", "with-rsc=\"alone\"");
        facts.cluster = crate::facts::Cluster::Running(crate::cib::Cib::parse(text).unwrap());
        let plan = plan(WORDS, &facts).unwrap();
        assert!(
            warnings(&plan).contains("172.16.0.40 is on serv2: what clients wrote through it"),
            "{}",
            warnings(&plan)
        );
    }
}
