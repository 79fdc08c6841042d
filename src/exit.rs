//! The exit statuses, which are promises.

/// How a verb ended, for the shell that called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// A step failed.
    Failed,
    /// The words were wrong.
    Usage,
    /// A check refused; nothing was changed.
    Refused,
    /// Declined, or no terminal to ask and no `--yes`.
    Declined,
    /// The command of a step succeeded, and its result is not as asked: no later step was started.
    NotAsAsked,
    /// Interrupted between steps; the journal says where.
    Interrupted,
    /// The exit status of a command that was run on the user's behalf: `db lock -- COMMAND`.
    OfCommand(u8),
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit.status())
    }
}

impl Exit {
    /// Returns its number.
    pub fn status(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Declined => 4,
            Exit::NotAsAsked => 5,
            Exit::Interrupted => 130,
            Exit::OfCommand(status) => status,
        }
    }
}
