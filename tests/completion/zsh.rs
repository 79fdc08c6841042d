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
    let shown = [
        "IPFailover  -- 172.16.0.12/24, started on serv1",
        "second      -- 172.16.0.13/24, started on serv1",
    ];
    crate::names_come_with_what_they_are(zsh("names", RC), shown);
}
