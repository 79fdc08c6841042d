//! What goes into a shell's rc file: completion, and `crm` with verbs of ours.
//!
//! The completion is the file that the package installs (`completions/`); what `crm` adds stands
//! beside this file.

use clap::ValueEnum;

/// The verbs that `crm` is given: those whose names crmsh has no word for, on any of its releases.
///
/// `cluster`, `node`, `status` and `history` are crmsh's own words; `show` is one of its second
/// level, which `crm show` would be taken for.
pub const WORDS: [&str; 8] = [
    "quorum", "vip", "web", "db", "fence", "drill", "undo", "explain",
];

/// A shell with an rc file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// For ~/.bashrc: eval "$(bascule init bash)"
    Bash,
    /// For ~/.zshrc: eval "$(bascule init zsh)"
    Zsh,
    /// For ~/.config/fish/config.fish: bascule init fish | source
    Fish,
}

/// Returns what a shell reads at its start.
pub fn script(shell: Shell) -> String {
    let or = WORDS.join(" | ");
    match shell {
        Shell::Bash => {
            let completion = include_str!("../../completions/bascule.bash");
            completion.to_owned() + &include_str!("crm.bash").replace("@words@", &or)
        }
        Shell::Zsh => {
            // A file that zsh loads by its name begins with what that name is for.
            let completion = include_str!("../../completions/_bascule");
            let completion = completion.replacen("#compdef bascule\n", "", 1);
            let compinit = include_str!("compinit.zsh");
            format!("{compinit}{completion}") + &include_str!("crm.zsh").replace("@words@", &or)
        }
        Shell::Fish => {
            let completion = include_str!("../../completions/bascule.fish");
            let words = WORDS.join(" ");
            completion.to_owned() + &include_str!("crm.fish").replace("@words@", &words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_words_are_verbs_of_ours() {
        let grammar = crate::grammar::Cli::command();
        for word in WORDS {
            assert!(grammar.find_subcommand(word).is_some(), "{word}");
        }
    }

    #[test]
    fn every_shell_is_told_the_words() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            assert!(!script.contains('@') || shell != Shell::Fish, "{script}");
            for word in WORDS {
                assert!(script.contains(word), "{shell:?}: {word}");
            }
        }
    }
}
