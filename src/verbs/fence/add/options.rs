//! What every kind of device is asked.

use crate::conf::Interval;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What every kind of device is asked.
#[derive(Debug, Args)]
pub struct Options {
    /// Where the password is: the first line of this file; asked for when left out
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    pub password_file: Option<PathBuf>,
    /// What becomes of a lost node
    #[arg(long, value_name = "ACTION", value_enum, default_value_t = Action::Reboot)]
    pub action: Action,
    /// How long the node with less on it waits before it shoots; 5s where there are two nodes and no
    /// third vote
    #[arg(long, value_name = "SECONDS", value_parser = delay)]
    pub delay: Option<u32>,
    /// Which choice it is for its node: 2 is used where the first fails
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    pub level: u8,
    /// A further parameter of the agent
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = option)]
    pub more: Vec<(String, String)>,
}

/// What becomes of a lost node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Action {
    /// It is switched off and on again, and comes back by itself
    Reboot,
    /// It is switched off and stays so until somebody switches it on: about 4 s sooner
    Off,
}

/// What an agent calls its password: one that is typed as an option would stand in the configuration in clear.
const PASSWORDS: [&str; 4] = ["password", "passwd", "password_script", "passwd_script"];

/// What has a word of its own, and would be there twice.
const TYPED: [&str; 8] = [
    "ip",
    "ipaddr",
    "plug",
    "port",
    "username",
    "login",
    "pcmk_host_list",
    "pcmk_host_map",
];

fn option(text: &str) -> Result<(String, String), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let Some((name, value)) = text.split_once('=') else {
        return Err("write it as NAME=VALUE, such as ssl_insecure=1".to_owned());
    };
    if name.is_empty() || !name.chars().all(plain) {
        return Err("write it as NAME=VALUE, such as ssl_insecure=1".to_owned());
    }
    if PASSWORDS.contains(&name) {
        return Err("a password is asked for, or is in the file of --password-file".to_owned());
    }
    if TYPED.contains(&name) {
        return Err(format!("{name} is said by the verb's own words"));
    }
    // A line of the agent's input, and a value in crmsh's quotes.
    if value.is_empty()
        || value
            .chars()
            .any(|c| c.is_control() || c == '"' || c == '\\')
    {
        return Err(format!(
            "the value of {name} is one line without quotes and backslashes"
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn delay(text: &str) -> Result<u32, String> {
    match text {
        "0" | "0s" => Ok(0),
        text => {
            let interval: Interval = text.parse().map_err(|error| format!("{error}"))?;
            let seconds = interval.to_string();
            seconds
                .trim_end_matches('s')
                .parse()
                .map_err(|_| "a number of seconds is expected, such as 5s".to_owned())
        }
    }
}
