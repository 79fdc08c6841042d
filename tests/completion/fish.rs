//! fish.

use super::terminal::Terminal;

tests! {
    [Sandbox, Fish] names_come_with_what_they_are;
}

const RC: &str = "function fish_prompt; echo -n 'here> '; end\nset -g fish_greeting\n\
    set -g fish_autosuggestion_enabled 0\nset -p fish_complete_path ~/completions\n";

fn fish(name: &str, rc: &str) -> Terminal {
    let rc = [(".config/fish/config.fish", rc)];
    Terminal::new(&format!("fish-{name}"), &rc, "fish -i")
}

fn names_come_with_what_they_are() {
    let shown = [
        "IPFailover  (172.16.0.12/24, started on serv1)",
        "second  (172.16.0.13/24, started on serv1)",
    ];
    super::names_come_with_what_they_are(fish("names", RC), shown);
}
