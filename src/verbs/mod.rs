//! The verbs: one file or folder per noun holds what each is asked, what it must know and its plan or
//! report; nothing here runs, prints or reads.

#[cfg(test)]
mod as_shown;
pub mod cluster;
pub mod crm;
pub mod db;
pub mod drill;
pub mod explain;
pub mod fence;
pub mod init;
pub mod journal;
pub mod node;
pub mod probe;
mod problems;
pub mod quorum;
pub mod status;
pub mod story;
#[cfg(test)]
mod typed_again;
pub mod vip;
#[cfg(test)]
mod ways_out;
pub mod web;
pub mod why;
