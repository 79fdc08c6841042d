//! The interactive shell in a real pseudo-terminal, in the sandbox of `tests/cli`: what needs a
//! terminal, and only that. Every wait is for something on the screen.

mod asking;
mod names;
mod telling;
mod terminal;
mod typing;
mod watching;

use std::os::unix::fs::PermissionsExt;
use terminal::{PROMPT, TAB, Terminal};

tests! {
    mod asking names telling typing watching;
    [Sandbox]
        the_prompt_is_there_before_the_cluster_answers
        what_hangs_in_the_background_ends_with_the_shell
        tab_completes_verbs_options_and_live_names
        two_pasted_lines_are_two_commands
        ctrl_c_ends_all_pasted_lines
        an_open_quote_goes_on_in_the_next_line
        ctrl_c_clears_the_line_and_ctrl_d_leaves
        ctrl_c_in_a_step_neither_cuts_it_nor_ends_the_shell
        ctrl_c_while_the_host_is_read_takes_the_line_back
        the_history_is_kept_for_its_owner_without_answers_and_secrets
        what_the_shell_was_started_with_holds_for_every_line
        a_dumb_terminal_gets_a_plain_prompt;
}

fn the_prompt_is_there_before_the_cluster_answers() {
    let mut terminal = Terminal::new("prompt");
    terminal.holds("crm_mon", "xml");
    terminal.start("bascule");
    terminal.sees("cluster_web of serv1, serv2");
    terminal.sees("cluster_web ·/2 serv1 › ");
    terminal.goes_on("crm_mon");
    terminal.sees("2 of 2 nodes online");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn what_hangs_in_the_background_ends_with_the_shell() {
    let mut terminal = Terminal::new("left");
    terminal.holds("crm_mon", "xml");
    terminal.start("bascule");
    terminal.sees("cluster_web ·/2 serv1 › ");
    terminal.is_held("crm_mon");
    terminal.leaves();
    terminal.is_gone("crm_mon");
}

fn tab_completes_verbs_options_and_live_names() {
    let mut terminal = Terminal::bascule("tab");
    terminal.types(&format!("vi{TAB}"));
    terminal.sees("vip ");
    terminal.types(&format!("li{TAB}"));
    terminal.sees("list ");
    terminal.presses_ctrl('u');
    terminal.types(&format!("node standby {TAB}"));
    terminal.sees("serv1  online, runs nothing");
    terminal.sees("serv2  online, runs nothing");
    terminal.presses_ctrl('u');
    terminal.types(&format!("vip add --lab{TAB}"));
    terminal.sees("--label ");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn two_pasted_lines_are_two_commands() {
    let mut terminal = Terminal::bascule("paste");
    // As a terminal brackets what is pasted.
    terminal.types("\x1b[200~vip list\nnope list\nvip list\x1b[201~");
    terminal.types("\r");
    terminal.sees("3 commands, one after the other:");
    terminal.sees("  1  vip list");
    terminal.sees("  2  nope list   ✗ there is no verb nope");
    terminal.sees("  3  vip list");
    terminal.sees("1 of 3  vip list");
    terminal.sees("there is no virtual address");
    terminal.sees("2 of 3  nope list");
    terminal.sees("there is no verb nope");
    terminal.sees("3 of 3  vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(terminal.history().matches("vip list").count(), 2);
}

fn ctrl_c_ends_all_pasted_lines() {
    let paste = "\x1b[200~vip add 172.16.0.12/24\nvip list\nvip list\x1b[201~\r";
    // At the question.
    let mut terminal = Terminal::bascule("paste-asked");
    terminal.types(paste);
    terminal.sees("apply?");
    terminal.presses_ctrl('c');
    terminal.sees("nothing was changed");
    let after = terminal.sees(PROMPT);
    assert!(after.contains("the 2 commands after it were not run"));
    terminal.leaves();

    // While the host is read.
    let mut terminal = Terminal::new("paste-reading");
    terminal.holds("arping", "172.16.0.12");
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.types(paste);
    terminal.sees("asking the wire");
    terminal.presses_ctrl('c');
    terminal.sees("^C");
    terminal.goes_on("arping");
    terminal.sees("the 2 commands after it were not run");
    terminal.sees(PROMPT);
    terminal.leaves();

    // A no is about one of them.
    let mut terminal = Terminal::bascule("paste-declined");
    terminal.types(paste);
    terminal.sees("apply?");
    terminal.enter("n");
    terminal.sees("2 of 3  vip list");
    terminal.sees("3 of 3  vip list");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn an_open_quote_goes_on_in_the_next_line() {
    let mut terminal = Terminal::bascule("quote");
    terminal.enter("explain 'exit");
    terminal.enter("status'");
    terminal.sees("there is nothing to explain \"exit\\nstatus\"");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn ctrl_c_clears_the_line_and_ctrl_d_leaves() {
    let mut terminal = Terminal::bascule("keys");
    terminal.types("vip remove IPFail");
    terminal.presses_ctrl('c');
    terminal.sees(PROMPT);
    terminal.enter("vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.presses_ctrl('d');
    terminal.sees("left with 0");
    assert!(!terminal.history().contains("IPFail"));
}

fn ctrl_c_in_a_step_neither_cuts_it_nor_ends_the_shell() {
    let mut terminal = Terminal::new("step");
    terminal.holds("crm", "load");
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("apply?");
    terminal.enter("y");
    terminal.sees("1  … crm configure load update");
    terminal.presses_ctrl('c');
    terminal.sees("^C");
    terminal.goes_on("crm");
    // The command has ended by itself: whether it was waited for after that, the journal says.
    terminal.sees("operation 1;");
    terminal.sees(PROMPT);
    terminal.enter("show 1");
    terminal.sees("operation 1: vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("to take it back:");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(
        std::fs::read_to_string(terminal.root.join("run/fake/state"))
            .unwrap()
            .trim(),
        "1"
    );
}

fn ctrl_c_while_the_host_is_read_takes_the_line_back() {
    let mut terminal = Terminal::new("reading");
    terminal.holds("arping", "172.16.0.12");
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("asking the wire");
    terminal.presses_ctrl('c');
    terminal.sees("^C");
    terminal.goes_on("arping");
    terminal.sees("nothing was changed");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn the_history_is_kept_for_its_owner_without_answers_and_secrets() {
    let mut terminal = Terminal::bascule("history");
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("apply?");
    terminal.enter("n");
    terminal.sees("nothing was changed");
    terminal.sees(PROMPT);
    terminal.enter("explain no-such passwd=hunter2");
    terminal.sees("there is nothing to explain");
    terminal.sees(PROMPT);
    terminal.enter(" vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.leaves();
    let path = terminal.root.join("var/lib/bascule/shell-history");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let history = terminal.history();
    let lines: Vec<&str> = history
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(lines, ["vip add 172.16.0.12/24 --name IPFailover", "quit"]);

    // The next shell has it.
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.types("\x1b[A\x1b[A");
    terminal.sees("vip add 172.16.0.12/24 --name IPFailover");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn what_the_shell_was_started_with_holds_for_every_line() {
    let mut terminal = Terminal::new("options");
    terminal.start("bascule --dry-run");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("crm configure load update");
    let shown = terminal.sees(PROMPT);
    assert!(!shown.contains("apply?"), "{shown}");
    terminal.leaves();
}

fn a_dumb_terminal_gets_a_plain_prompt() {
    let mut terminal = Terminal::new("dumb");
    terminal.start("env TERM=dumb bascule");
    terminal.sees("serv1 › ");
    terminal.enter("vip list");
    terminal.sees("there is no virtual address");
    // It cannot be drawn anew: whether it knows the cluster by then is a matter of time.
    terminal.sees("serv1 › ");
    terminal.leaves();
}
