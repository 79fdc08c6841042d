//! A verb without its arguments asks for them.

use super::terminal::{PROMPT, TAB, Terminal};

tests! {
    [Sandbox]
        arguments_are_asked_for_and_the_line_is_kept
        an_answer_is_taken_only_where_the_parser_takes_it
        a_noun_asks_for_its_verb_and_an_empty_answer_leaves
        a_noun_that_is_a_verb_too_asks_for_none;
}

fn lines(terminal: &Terminal) -> Vec<String> {
    let history = terminal.history();
    let lines = history.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn arguments_are_asked_for_and_the_line_is_kept() {
    let mut terminal = Terminal::bascule("asks");
    terminal.enter("node standby");
    terminal.sees("NODE  ");
    terminal.sees("serv1  online, runs nothing");
    terminal.sees("serv2  online, runs nothing");
    terminal.sees("NODE › ");
    terminal.types(TAB);
    terminal.sees("NODE › serv");
    terminal.enter("2");
    terminal.sees(&format!("{PROMPT}node standby serv2"));
    terminal.sees("apply?");
    terminal.enter("n");
    terminal.sees("nothing was changed");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(lines(&terminal), ["node standby serv2", "quit"]);
}

fn an_answer_is_taken_only_where_the_parser_takes_it() {
    let mut terminal = Terminal::bascule("answer");
    terminal.enter("vip add");
    terminal.sees("ADDRESS/PREFIX › ");
    terminal.enter("172.16.0.300/24");
    terminal.sees("error:");
    terminal.sees("ADDRESS/PREFIX › ");
    terminal.enter("172.16.0.12/24");
    // The line with its options to come is there to be looked at.
    terminal.sees("vip add 172.16.0.12/24 ");
    terminal.sees("[--name NAME]");
    terminal.enter("--name IPFailover");
    terminal.sees("apply?");
    terminal.enter("n");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(
        lines(&terminal),
        ["vip add 172.16.0.12/24 --name IPFailover", "quit"]
    );
}

fn a_noun_that_is_a_verb_too_asks_for_none() {
    let mut terminal = Terminal::bascule("both");
    terminal.enter("drill");
    terminal.sees("drill standby serv1  ");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn a_noun_asks_for_its_verb_and_an_empty_answer_leaves() {
    let mut terminal = Terminal::bascule("noun");
    terminal.enter("vip");
    terminal.sees("remove  ");
    terminal.sees("vip › ");
    terminal.enter("list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.enter("web group");
    terminal.sees("NAME › ");
    terminal.enter("servweb");
    terminal.sees("MEMBER › ");
    terminal.enter("");
    terminal.sees(PROMPT);
    terminal.enter("node online");
    terminal.sees("NODE › ");
    terminal.presses_ctrl('c');
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(lines(&terminal), ["vip list", "quit"]);
}
