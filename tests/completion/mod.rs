//! Completion in real shells, in a pseudo-terminal: typed into, and the screen read back.
//!
//! The shells are this machine's own, in the sandbox of `tests/cli`; what is completed there was
//! recorded on serv1 of a real cluster (`record`).

mod bash;
mod fish;
mod parser;
pub mod plugin;
pub mod terminal;
mod zsh;

tests! {
    mod bash fish parser plugin zsh;
}

/// What is the same in zsh and fish; `shown` is how a VIP stands in the list.
fn names_come_with_what_they_are(mut terminal: terminal::Terminal, shown: [&str; 2]) {
    terminal.completes("bascule vi", "bascule vip ");
    terminal.completes("bascule vip add --lab", "bascule vip add --label ");
    terminal.types("bascule vip remove \t");
    terminal.sees(shown[0]);
    let screen = terminal.sees(shown[1]);
    assert!(!screen.contains("serviceWeb"), "{screen}");
    terminal.clears();
    terminal.completes("bascule node online ", "bascule node online serv2 ");
    terminal.completes(
        "bascule cluster set maintenance-m",
        "bascule cluster set maintenance-mode=",
    );
    terminal.completes(
        "bascule cluster set maintenance-mode=t",
        "bascule cluster set maintenance-mode=true ",
    );
    terminal.types("bascule undo \t");
    terminal.sees("node standby serv2");
    terminal.clears();
    terminal.completes(
        "bascule cluster join --bundle /etc/coros",
        "bascule cluster join --bundle /etc/corosync/",
    );
    terminal.completes(
        "sudo bascule vip remove se",
        "sudo bascule vip remove second ",
    );
    terminal.completes("bascule hel", "bascule help ");
    terminal.completes("bascule help vi", "bascule help vip ");
    terminal.completes("bascule help vip rem", "bascule help vip remove ");
    terminal.completes("bascule help vip remove se", "bascule help vip remove se");
    terminal.completes("bascule nope ", "bascule nope ");
}
