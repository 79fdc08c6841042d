//! fish.

use crate::terminal::Terminal;

const RC: &str = "function fish_prompt; echo -n 'here> '; end\nset -g fish_greeting\n\
    set -g fish_autosuggestion_enabled 0\nset -p fish_complete_path ~/completions\n";

fn fish(name: &str, rc: &str) -> Terminal {
    let rc = [(".config/fish/config.fish", rc)];
    Terminal::new(&format!("fish-{name}"), &rc, "fish -i")
}

#[test]
fn names_come_with_what_they_are() {
    let mut terminal = fish("names", RC);
    terminal.completes("bascule vi", "bascule vip ");
    terminal.completes("bascule vip add --lab", "bascule vip add --label ");
    terminal.types("bascule vip remove \t");
    terminal.sees("IPFailover  (172.16.0.12/24, started on serv1)");
    let screen = terminal.sees("second  (172.16.0.13/24, started on serv1)");
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
    terminal.completes("bascule nope ", "bascule nope ");
}
