//! What is told while nobody asks: the cluster's events, and health in the prompt.

use super::terminal::{PROMPT, Terminal};

tests! {
    [Sandbox]
        a_lost_node_is_told_above_what_is_being_typed
        keys_are_echoed_while_the_cluster_does_not_answer
        a_prompt_that_all_is_well_with_is_short
        the_prompt_that_stands_is_drawn_anew_when_its_sign_changes;
}

fn a_lost_node_is_told_above_what_is_being_typed() {
    let mut terminal = Terminal::bascule("events");
    terminal.types("vip li");
    terminal.answers("crm_mon", "serv2-lost.xml");
    terminal.sees("! serv2 is offline · 1 of 2 nodes online");
    // The line is still there, and the prompt that stands knows it.
    terminal.sees("cluster_web 1/2 serv1 ! vip li");
    terminal.enter("st");
    terminal.sees("there is no virtual address");
    terminal.sees("cluster_web 1/2 serv1 ! ");
    terminal.leaves();
}

fn keys_are_echoed_while_the_cluster_does_not_answer() {
    let mut terminal = Terminal::new("hangs");
    terminal.enter("fault cibadmin hangs; fault crm_mon hangs; echo hung$?");
    terminal.sees("hung0");
    terminal.sees("# ");
    terminal.start("bascule");
    terminal.sees("cluster_web ·/2 serv1 › ");
    let began = std::time::Instant::now();
    for key in "explain quorum".chars() {
        terminal.types(&key.to_string());
        terminal.sees(&key.to_string());
    }
    // Generous: this is not the measurement, but a reading that hangs takes 5 s.
    assert!(began.elapsed().as_secs() < 3);
    terminal.presses_ctrl('u');
    terminal.enter("vip list");
    terminal.sees("·/2 serv1 › ");
    terminal.leaves();
}

fn a_prompt_that_all_is_well_with_is_short() {
    let mut terminal = Terminal::bascule("short");
    terminal.enter("");
    terminal.sees(PROMPT);
    terminal.leaves();
}

fn the_prompt_that_stands_is_drawn_anew_when_its_sign_changes() {
    let mut terminal = Terminal::bascule("redraw");
    terminal.types("vip li");
    terminal.sees("vip li");
    // Nothing happened that is told: a constraint lies there that `crm resource move` left.
    terminal.answers("cibadmin --query", "left-over.xml");
    terminal.sees("cluster_web 2/2 serv1 ! vip li");
    terminal.enter("st");
    terminal.sees("IPFailover");
    terminal.sees("cluster_web 2/2 serv1 ! ");
    terminal.leaves();
}
