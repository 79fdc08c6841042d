//! `crm …`: crmsh itself, as typed.

use crate::exit::Exit;
use crate::operate::{RunsItself, Session};
use crate::plan::Refusal;
use clap::Args;

/// Hand words to crmsh as they are; not planned, not journaled
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Crm {
    /// What crmsh is given; nothing opens crmsh's own shell
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "WORD"
    )]
    pub words: Vec<String>,
}

impl RunsItself for Crm {
    fn run(&self, session: &mut Session) -> Exit {
        match crate::exec::hand_over("crm", &self.words) {
            Ok(0) => Exit::Done,
            Ok(_) => Exit::Failed,
            Err(why) => {
                session.refused(&Refusal::check(why).hint("to install it", "apt-get install crmsh"))
            }
        }
    }
}
