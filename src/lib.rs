//! bascule: the admin's shell for small high-availability clusters.
//!
//! Words become a verb (`cli`), a verb reads what the host says (`facts`) and returns a plan
//! (`plan`); the plan is shown and confirmed (`ui`), run and verified (`exec`), and written down
//! ahead so that it can be taken back (`journal`).

pub mod cib;
pub mod cli;
pub mod complete;
pub mod conf;
pub mod exec;
pub mod exit;
pub mod explain;
pub mod facts;
pub mod health;
pub mod host;
pub mod init;
pub mod journal;
pub mod mariadb;
pub mod names;
pub mod operate;
pub mod perform;
pub mod plan;
pub mod program;
mod reach;
pub mod report;
pub mod shell;
pub mod ui;
pub mod words;
