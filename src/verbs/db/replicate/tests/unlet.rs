//! A client that wants TLS of a server that offers none, as 11.8 says it.

use super::*;

#[test]
fn a_server_whose_own_client_is_not_let_in_is_refused_before_anything_is_done() {
    let why =
        "ERROR 2026 (HY000): TLS/SSL error: SSL is required, but the server does not support it";
    let unlet = |server: &mut crate::facts::DatabaseServer| server.unlet = Some(why.to_owned());
    let text = refused(WORDS, |facts| unlet(here(facts)));
    assert!(
        text.contains("the programs of MariaDB on serv2 want TLS"),
        "{text}"
    );
    assert!(text.contains(why), "{text}");
    let mend = "printf '[client]\\nskip-ssl-verify-server-cert\\n' >/etc/mysql/mariadb.conf.d/";
    assert!(text.contains(mend), "{text}");
    let text = refused(WORDS, |facts| unlet(there(facts, PRIMARY)));
    assert!(text.contains("ssh root@172.16.0.10"), "{text}");
}
