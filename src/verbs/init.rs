//! `init`: what goes into a shell's rc file.

use crate::exit::Exit;
use crate::init::{Shell, script};
use crate::operate::{RunsItself, Session};
use clap::Args;

/// What goes into a shell's rc file: completion, and `crm vip …` as if crmsh had it
#[derive(Debug, Args)]
pub struct Init {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

impl RunsItself for Init {
    fn run(&self, session: &mut Session) -> Exit {
        session.ui.write(&script(self.shell));
        Exit::Done
    }
}
