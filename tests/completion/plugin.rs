//! `init`: crmsh's `crm`, with verbs of bascule in it, in each shell.

use super::terminal::Terminal;

tests! {
    [Sandbox] in_bash;
    [Sandbox, BashCompletion] in_bash_with_bash_completion;
    [Sandbox, Zsh] in_zsh;
    [Sandbox, Fish] in_fish;
}

/// An rc file with what README has for it.
pub const BASH: (&str, &str) = ("rc", "PS1='here> '\neval \"$(bascule init bash)\"\n");
const LOADED: (&str, &str) = (
    "rc",
    "PS1='here> '\nsource /usr/share/bash-completion/bash_completion\neval \"$(bascule init bash)\"\n",
);
/// An rc file with what README has for it.
pub const ZSH: (&str, &str) = (
    ".zshrc",
    "PROMPT='here> '\nunsetopt prompt_sp\neval \"$(bascule init zsh)\"\n",
);
/// An rc file with what README has for it.
pub const FISH: (&str, &str) = (
    ".config/fish/config.fish",
    "function fish_prompt; echo -n 'here> '; end\nset -g fish_greeting\n\
     set -g fish_autosuggestion_enabled 0\nbascule init fish | source\n",
);

/// What holds in every shell.
fn crm_knows_both(terminal: &mut Terminal, list: &str) {
    // What is crmsh's goes to crmsh as it is typed.
    terminal.types("crm status  bynode 'a b'\r");
    terminal.sees("crmsh got: status bynode a b");
    terminal.clears();
    terminal.types("crm cluster init\r");
    terminal.sees("crmsh got: cluster init");
    terminal.clears();
    // What is ours does not.
    terminal.types("crm explain exit\r");
    terminal.sees("exit status");
    terminal.clears();
    terminal.types("crm vip list\r");
    terminal.until("the list", |screen| !screen.contains("crmsh got"));
    terminal.clears();

    // Both are completed, each by its own.
    terminal.types(&format!("crm {list}"));
    for word in ["The virtual IP address (bascule)", "configure", "explain"] {
        terminal.sees(word);
    }
    terminal.clears();
    terminal.completes("crm vip remove se", "crm vip remove second ");
    terminal.types(&format!("crm resource {list}"));
    terminal.sees("cleanup");
    terminal.clears();
    // And bascule itself, for which nothing else was loaded.
    terminal.completes("bascule node online ", "bascule node online serv2 ");
}

fn in_bash() {
    let shell = "bash --noprofile --rcfile ~/rc -i";
    crm_knows_both(&mut Terminal::new("plugin-bash", &[BASH], shell), "\t\t");
}

fn in_bash_with_bash_completion() {
    let shell = "bash --noprofile --rcfile ~/rc -i";
    crm_knows_both(
        &mut Terminal::new("plugin-loaded", &[LOADED], shell),
        "\t\t",
    );
}

fn in_zsh() {
    let shell = "ZDOTDIR=/root zsh -i -o no_global_rcs";
    crm_knows_both(&mut Terminal::new("plugin-zsh", &[ZSH], shell), "\t");
}

fn in_fish() {
    crm_knows_both(&mut Terminal::new("plugin-fish", &[FISH], "fish -i"), "\t");
}
