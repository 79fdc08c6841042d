//! While a line is typed: hints, colours, `?`, the history's search.

use super::terminal::{PROMPT, TAB, Terminal};

tests! {
    [Sandbox]
        grey_hints_tell_what_is_missing_and_what_it_means
        a_wrong_word_shows_before_enter
        a_wrong_word_is_red_and_a_verb_is_bold
        a_question_mark_explains_the_word_and_leaves_the_line_as_it_is
        ctrl_r_searches_what_was_typed
        without_colour_nothing_stands_behind_the_cursor
        lines_for_crmsh_are_completed_as_crmsh_does
        a_command_of_the_hosts_is_run_behind_an_exclamation_mark
        lines_that_are_typed_ahead_are_all_run
        a_byte_that_is_no_text_costs_the_line_and_not_the_shell
        a_script_stops_at_a_line_that_is_no_text
        output_that_is_lost_is_no_success_and_a_reader_that_leaves_is_none_of_our_business;
}

fn grey_hints_tell_what_is_missing_and_what_it_means() {
    let mut terminal = Terminal::bascule("hints");
    terminal.types("vip ad");
    terminal.sees("d   Add an address that one node holds");
    // The right arrow takes what is shown of the word.
    terminal.types("\x1b[C ");
    terminal.sees("ADDRESS/PREFIX   The address with its prefix");
    terminal.types("172.16.0.12/24 --label ");
    terminal.sees("LABEL   ");
    terminal.types("a ");
    terminal.sees("[--name NAME]");
    terminal.presses_ctrl('u');
    terminal.types("web move servweb ");
    terminal.sees("NODE   ");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn a_wrong_word_shows_before_enter() {
    let mut terminal = Terminal::bascule("wrong");
    terminal.types("vpi ");
    terminal.sees("✗ did you mean vip? there is no verb vpi");
    terminal.presses_ctrl('u');
    terminal.types("vip add 172.16.0.300/24 ");
    terminal.sees("✗ ");
    terminal.presses_ctrl('u');
    terminal.types("web list --tiemout 3 ");
    terminal.sees("✗ did you mean --timeout? there");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn a_wrong_word_is_red_and_a_verb_is_bold() {
    let mut terminal = Terminal::with_colors("colours");
    terminal.start("bascule");
    terminal.sees("2/2");
    terminal.types("vip nope ");
    terminal.sees("\x1b[1mvip\x1b[0m");
    terminal.sees("\x1b[1;31mnope\x1b[0m");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn a_question_mark_explains_the_word_and_leaves_the_line_as_it_is() {
    let mut terminal = Terminal::bascule("question");
    terminal.types("vip add?");
    terminal.sees("vip add  Add an address");
    terminal.sees("--label LABEL");
    terminal.sees("more: help vip add");
    terminal.types(" ?");
    terminal.sees("ADDRESS/PREFIX  The address");
    terminal.types("172.16.0.12/24 -n\r");
    terminal.sees("crm configure load update");
    terminal.sees(PROMPT);
    terminal.types("node standby ?");
    terminal.sees("serv2  online, runs nothing");
    terminal.presses_ctrl('u');
    terminal.types("configure primitive?");
    terminal.sees("a command of crmsh");
    terminal.presses_ctrl('u');
    // Within quotes it is a letter.
    terminal.enter("explain 'what?'");
    terminal.sees("there is nothing to explain \"what?\"");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn ctrl_r_searches_what_was_typed() {
    let mut terminal = Terminal::bascule("search");
    terminal.enter("explain quorum");
    terminal.sees(PROMPT);
    terminal.enter("vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.presses_ctrl('r');
    terminal.types("quo");
    terminal.sees("(reverse-i-search)`quo': explain quorum");
    terminal.types("\r");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(terminal.history().matches("explain quorum").count(), 2);
}

fn without_colour_nothing_stands_behind_the_cursor() {
    let mut terminal = Terminal::with_colors("plain");
    terminal.start("bascule --color never");
    terminal.sees(PROMPT);
    terminal.types("vip add ");
    terminal.types("# all of it");
    let screen = terminal.sees("# all of it");
    assert!(!screen.contains("ADDRESS"), "{screen:?}");
    assert!(!screen.contains("\x1b[1m"), "{screen:?}");
    terminal.presses_ctrl('u');
    // What is asked for is told all the same.
    terminal.types("vip add ?");
    terminal.sees("ADDRESS/PREFIX  The address");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn lines_for_crmsh_are_completed_as_crmsh_does() {
    let mut terminal = Terminal::bascule("crm");
    terminal.answers("crm --compgen 14 crm configure ", "crm-configure.txt");
    // Too early or not, its words come: in the list, or above the prompt.
    terminal.types(&format!("crm configure {TAB}"));
    terminal.sees("default-timeouts");
    terminal.presses_ctrl('u');
    // By now they are known, also where `crm` is left out.
    terminal.types(&format!("configure rsc_te{TAB}"));
    terminal.sees("rsc_template ");
    terminal.presses_ctrl('u');
    terminal.types(&format!("node attr{TAB}"));
    terminal.sees("attribute ");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

fn a_command_of_the_hosts_is_run_behind_an_exclamation_mark() {
    let mut terminal = Terminal::bascule("bang");
    // As the next command that a message names.
    terminal.enter("crm_mon -1 | tail");
    terminal.sees("the program of this host  !crm_mon -1 | tail");
    terminal.types("!echo of $((40 + 2)) then 'x");
    let screen = terminal.sees("then 'x");
    assert!(!screen.contains("no verb"), "{screen:?}");
    terminal.presses_ctrl('u');
    terminal.enter("!echo of $((40 + 2)) then");
    terminal.sees("of 42 then");
    // What was pasted behind one that fails is not run.
    terminal.types("\x1b[200~!exit 3\nexplain vip\n\x1b[201~\r");
    terminal.sees("the command after it was not run");
    terminal.leaves();
}

fn lines_that_are_typed_ahead_are_all_run() {
    let mut terminal = Terminal::bascule("ahead");
    // At once, as somebody types who does not wait for the next prompt.
    terminal.types("explain quorum\rvip list\rquit\r");
    terminal.sees("two_node");
    terminal.sees("there is no virtual address");
    terminal.sees("left with 0");
}

/// What the shell says of a line in another character set.
const NOT_TEXT: &str = "that line is dropped, and nothing of it was run";

fn a_byte_that_is_no_text_costs_the_line_and_not_the_shell() {
    let mut terminal = Terminal::bascule("latin1");
    // é as a Latin-1 terminal sends it.
    terminal.sends(b"explain caf\xe9\r");
    terminal.sees(NOT_TEXT);
    terminal.sees(PROMPT);
    // A paste that is longer than what the editor reads at once: no line of it is left to be run.
    let mut paste = b"\x1b[200~explain \xe9".to_vec();
    paste.extend([b'x'; 3000]);
    paste.extend(b"\nexplain vip\nexplain web\n\x1b[201~\r");
    terminal.sends(&paste);
    terminal.sees(NOT_TEXT);
    terminal.sees(PROMPT);
    // An answer to what a verb asks, and to whether to go on: both are asked again.
    terminal.enter("vip remove");
    terminal.sees("NAME › ");
    terminal.sends(b"\xe9\r");
    terminal.sees(NOT_TEXT);
    terminal.sees("NAME › ");
    terminal.enter("");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24");
    terminal.sees("apply?");
    terminal.sends(b"\xe9\r");
    terminal.sees(NOT_TEXT);
    terminal.sees("apply?");
    terminal.enter("n");
    terminal.sees("nothing was changed");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert!(
        !terminal.history().contains("explain"),
        "{}",
        terminal.history()
    );
}

fn a_script_stops_at_a_line_that_is_no_text() {
    let mut terminal = Terminal::new("script-latin1");
    terminal.start(r"printf 'explain vip add -o json\r\nexplain caf\351\nexplain web\n' | bascule");
    terminal.sees("\"topic\"");
    terminal.sees("line 2 has a byte that is not UTF-8");
    let rest = terminal.sees("left with 2");
    assert!(!rest.contains("explain web"), "{rest}");
}

fn output_that_is_lost_is_no_success_and_a_reader_that_leaves_is_none_of_our_business() {
    let mut terminal = Terminal::new("lost-output");
    for lost in ["bascule status", "bascule help", "echo status | bascule"] {
        terminal.start(&format!("sh -c '{lost} >/dev/full'"));
        terminal.sees("the output cannot be written, and is not whole");
        terminal.sees("left with 1");
        terminal.start(&format!(
            "sh -c '{{ {lost}; echo ended with $? >&2; }} | true'"
        ));
        let said = terminal.sees("ended with 0");
        assert!(!said.contains("error"), "{said}");
        terminal.sees("left with 0");
    }
}
