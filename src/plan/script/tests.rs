//! Scripts run by a shell, with a client that answers.

use super::*;
use crate::plan::values::Keeper;
use crate::plan::{Before, Verify};
use std::path::Path;
use std::process::Command;

/// A client that writes down what it reads and answers each SELECT with what is quoted in it.
const CLIENT: &str = r#"#!/bin/sh
while IFS= read -r line; do
  echo "$line" >>"$LOG"
  case $line in
*FAIL*) echo 'ERROR 1205 (HY000)' >&2; exit 1 ;;
*PASSWORD*) echo '*HASH' ;;
SELECT*"'"*) line=${line#*\'}; echo "${line%%\'*}" ;;
  esac
done
"#;

fn client(folder: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("client");
    std::fs::write(&path, CLIENT).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// Runs the plan's script; returns its status, what it printed, and what the client was given.
fn ran(plan: &Plan, folder: &Path) -> (Option<i32>, String, String) {
    let log = folder.join("log");
    let output = Command::new("sh")
        .args(["-c", &script(plan, "bascule x", &[])])
        .env("LOG", &log)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout) + &text(&output.stderr),
        std::fs::read_to_string(log).unwrap_or_default(),
    )
}

#[test]
fn a_session_is_held_and_its_answers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path());
    let mut plan = Plan::new("");
    let held = |text: &str| Step::sql(&client, [text], "").in_session("one");
    plan.step(held("SELECT '0-10-4'").answers_as("frozen"))
        .step(Step::sql(&client, ["SELECT '${frozen}'"], "").expecting("0-10-4", "it is not"))
        .step(held("WAIT '${frozen}'").verify(Verify::Answers {
            host: None,
            client: client.clone(),
            query: "SELECT '${frozen}'".to_owned(),
            answer: "${frozen}".to_owned(),
            proves: "it holds".to_owned(),
        }));
    let (code, printed, told) = ran(&plan, folder.path());
    assert_eq!(
        (code, printed.as_str()),
        (Some(0), "ok: it holds\n"),
        "{told}"
    );
    assert!(told.contains("WAIT '0-10-4';"), "{told}");
}

#[test]
fn a_secret_is_made_and_only_its_hash_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path());
    let mut plan = Plan::new("");
    plan.secrets.push(Named {
        name: "password".to_owned(),
        source: Source::Made,
        keeper: Keeper::Mariadb,
    });
    plan.step(Step::sql(
        &client,
        ["CREATE USER x '${password_hash}' $x `y`"],
        "",
    ));
    let (code, printed, told) = ran(&plan, folder.path());
    assert_eq!(code, Some(0), "{printed}");
    assert!(told.contains("CREATE USER x '*HASH' $x `y`;"), "{told}");
    let made = told
        .split("PASSWORD('")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert_eq!(made.len(), 28);
}

#[test]
fn before_the_point_of_no_return_everything_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path());
    let path = folder.path().join("option.cnf");
    let content = |text: &str| crate::plan::FileContent {
        text: text.to_owned(),
        mode: 0o644,
        uid: nix::unistd::getuid().as_raw(),
        gid: nix::unistd::getgid().as_raw(),
    };
    std::fs::write(&path, "old\n").unwrap();
    let mut plan = Plan::new("");
    plan.step(Step::file(
        &path,
        Before::Content(content("old\n")),
        Some(content("new\n")),
        "",
    ))
    .step(
        Step::sql(&client, ["LOCK"], "")
            .in_session("one")
            .undone_by(vec![Step::sql(&client, ["UNLOCK"], "")]),
    )
    .step(Step::sql(&client, ["FAIL"], ""));
    plan.no_return = Some(3);
    let (code, _, told) = ran(&plan, folder.path());
    assert_ne!(code, Some(0));
    assert!(told.ends_with("UNLOCK;\n"), "{told}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old\n");

    plan.no_return = Some(2);
    let (code, ..) = ran(&plan, folder.path());
    assert_ne!(code, Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
}

#[test]
fn a_dump_that_was_cut_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let sh = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
    let pipe = |from: &str| {
        let mut plan = Plan::new("");
        let whole = "-- Dump completed";
        plan.step(Step::pipe(sh(from), None, sh("cat"), whole, None, ""));
        ran(&plan, folder.path())
    };
    assert_eq!(pipe("echo row; echo '-- Dump completed on'").0, Some(0));
    let (code, printed, _) = pipe("echo row");
    assert_eq!(code, Some(1));
    assert!(printed.contains("the dump was cut"), "{printed}");
}

#[test]
fn what_a_command_and_a_dump_tell_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sh = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
    let dump = |line: &str| {
        let from = sh(&format!("echo \"{line}\"; echo '-- Dump completed'"));
        let pipe = Step::pipe(
            from,
            None,
            sh("cat >/dev/null"),
            "-- Dump completed",
            None,
            "",
        );
        pipe.finding("position", "SET GLOBAL gtid_slave_pos='", '\'')
    };
    let mut plan = Plan::new("");
    plan.step(
        Step::run(["sh", "-c", "echo 1; cat"], "")
            .stdin("0-10-4\n")
            .answers_as("seen"),
    )
    .step(dump("SET GLOBAL gtid_slave_pos='0-10-3';"))
    .step(Step::run(["cat"], "").stdin("${seen} ${position}\n"));
    let (code, printed, _) = ran(&plan, folder.path());
    assert_eq!((code, printed.as_str()), (Some(0), "0-10-4 0-10-3\n"));

    let mut plan = Plan::new("");
    plan.step(dump("SET GLOBAL gtid_slave_pos='';"));
    assert_ne!(ran(&plan, folder.path()).0, Some(0));
}
