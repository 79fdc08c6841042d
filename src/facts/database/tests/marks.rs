//! What bascule itself leaves on a host, and reads there: whose place was taken, who is at work.

use super::*;

#[test]
fn the_former_primary_is_read_where_it_is_kept() {
    let said = "@bascule host\nserv2\n@bascule former\n172.16.0.10\n@bascule end\n";
    let database = parse::database(said).unwrap();
    assert_eq!(database.former_primary.as_deref(), Some("172.16.0.10"));
    assert!(!database.handed_over);
    let line = format!("172.16.0.10\n{HANDED_OVER}\n@bascule end");
    let database = parse::database(&said.replace("172.16.0.10\n@bascule end", &line)).unwrap();
    assert_eq!(database.former_primary.as_deref(), Some("172.16.0.10"));
    assert!(database.handed_over);
}

/// The script itself, on this machine.
#[test]
fn what_is_left_is_looked_for_where_it_is_kept() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("my state");
    let kept = state.join("databases/1");
    std::fs::create_dir_all(&kept).unwrap();
    std::fs::create_dir(state.join("journal")).unwrap();
    std::fs::write(state.join("former-primary"), "172.16.0.10\n").unwrap();
    std::fs::write(kept.join("unfinished"), "").unwrap();
    let made =
        serde_json::to_string(&["--mode=700", &kept.parent().unwrap().display().to_string()]);
    let made = made
        .unwrap()
        .replace(']', &format!(",\"{}\"]", kept.display()));
    std::fs::write(state.join("journal/000007.jsonl"), made + "\n").unwrap();
    let mut sh = std::process::Command::new("sh")
        .arg("-s")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let script = format!(
        "state={}\n{SCRIPT}",
        crate::plan::shell_line(&[state.display().to_string()])
    );
    sh.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let said = sh.wait_with_output().unwrap().stdout;
    let database = DatabaseServer {
        state: state.as_path().into(),
        ..parse::database(&String::from_utf8_lossy(&said)).unwrap()
    };
    assert_eq!(database.former_primary.as_deref(), Some("172.16.0.10"));
    let [unfinished] = database.unfinished.as_slice() else {
        panic!("{:?}", database.unfinished);
    };
    assert_eq!((&unfinished.folder, unfinished.operation), (&kept, Some(7)));
    let free = database.free_for_kept().unwrap();
    assert_eq!(free.0, kept.parent().unwrap());
    assert!(free.1 > 0);
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
