//! The exit statuses, which are promises.

/// How a verb ended, for the shell that called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A step failed.
    Failed = 1,
    /// The words were wrong.
    Usage = 2,
    /// A check refused; nothing was changed.
    Refused = 3,
    /// Declined, or no terminal to ask and no `--yes`.
    Declined = 4,
    /// Every command succeeded, and the result is not as asked.
    NotAsAsked = 5,
    /// Interrupted between steps; the journal says where.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}
