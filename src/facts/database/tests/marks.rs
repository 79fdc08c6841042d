//! What bascule itself leaves on a host, and reads there: whose place was taken, who is at work.

use super::*;

#[test]
fn the_former_primary_is_read_where_it_is_kept() {
    assert!(SCRIPT.contains(&format!("head -n 2 {FORMER_PRIMARY}")));
    let said = "@bascule host\nserv2\n@bascule former\n172.16.0.10\n@bascule end\n";
    let database = parse::database(said).unwrap();
    assert_eq!(database.former_primary.as_deref(), Some("172.16.0.10"));
    assert!(!database.handed_over);
    let line = format!("172.16.0.10\n{HANDED_OVER}\n@bascule end");
    let database = parse::database(&said.replace("172.16.0.10\n@bascule end", &line)).unwrap();
    assert_eq!(database.former_primary.as_deref(), Some("172.16.0.10"));
    assert!(database.handed_over);
}

#[test]
fn who_holds_every_write_up_is_told_from_whoever_else_is_at_work() {
    // As Debian 13 printed it, of a lock in front of a command.
    let who = "root (process 1519), since 02:16:01: db lock -- sh -c 'sleep 20'";
    let read = |who: &str| {
        let said = format!("@bascule host\nserv1\n@bascule at-work\n{who}\n@bascule end\n");
        parse::database(&said).unwrap()
    };
    assert_eq!(read(who).locked_by(), Some(who));
    let in_a_shell = "root (process 1519), since 02:16:01: db lock --yes";
    assert_eq!(read(in_a_shell).locked_by(), Some(in_a_shell));
    for other in [
        "db promote",
        "vip add 172.16.0.12/24 --name lock",
        "db unlock",
    ] {
        let read = read(&format!("root (process 7), since 02:16:01: {other}"));
        assert_eq!((read.locked_by(), read.at_work.is_some()), (None, true));
    }
}
