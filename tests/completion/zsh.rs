//! zsh, with its completion system.

use crate::terminal::Terminal;

const RC: &str = "PROMPT='here> '\nunsetopt prompt_sp\nfpath=(~/completions $fpath)\n\
    autoload -U compinit\ncompinit -u -D\n";

fn zsh(name: &str, rc: &str) -> Terminal {
    let shell = "ZDOTDIR=/root zsh -i -o no_global_rcs";
    Terminal::new(&format!("zsh-{name}"), &[(".zshrc", rc)], shell)
}

#[test]
fn names_come_with_what_they_are() {
    let mut terminal = zsh("names", RC);
    terminal.completes("bascule vi", "bascule vip ");
    terminal.completes("bascule vip add --lab", "bascule vip add --label ");
    terminal.types("bascule vip remove \t");
    terminal.sees("IPFailover  -- 172.16.0.12/24, started on serv1");
    let screen = terminal.sees("second      -- 172.16.0.13/24, started on serv1");
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
