//! zsh, with its completion system.

use super::terminal::Terminal;

tests! {
    [Sandbox, Zsh]
        names_come_with_what_they_are
        a_thousand_resources_are_narrowed;
}

const RC: &str = "PROMPT='here> '\nunsetopt prompt_sp\nfpath=(~/completions $fpath)\n\
    autoload -U compinit\ncompinit -u -D\n";

fn zsh(name: &str, rc: &str) -> Terminal {
    let shell = "ZDOTDIR=/root zsh -i -o no_global_rcs";
    Terminal::new(&format!("zsh-{name}"), &[(".zshrc", rc)], shell)
}

fn names_come_with_what_they_are() {
    let shown = [
        "IPFailover  -- 172.16.0.12/24, started on serv1",
        "second      -- 172.16.0.13/24, started on serv1",
    ];
    super::names_come_with_what_they_are(zsh("names", RC), shown);
}

fn a_thousand_resources_are_narrowed() {
    let mut terminal = zsh("many", RC);
    terminal.crowd();
    terminal.types("bascule web prefer \t");
    let screen = terminal.sees("20 of them, wiki-200 to wiki-219");
    assert!(
        screen.contains("100 of them, billing-000 to billing-099"),
        "{screen}"
    );
    assert!(screen.lines().count() <= 22, "{screen}");
    terminal.types("billing-24\t");
    terminal.until("the ten names, and what they are", |screen| {
        screen.contains("billing-249") && screen.contains("-- systemd:apache2")
    });
    terminal.types("7\t");
    terminal.line_is("bascule web prefer billing-247 ");
    terminal.clears();
}
