//! Fence agents: the program, the package that it comes in, and a question put to it.

use crate::conf::BadValue;
use crate::plan::{Action, Hint, Step, words};
use std::fmt;
use std::str::FromStr;

/// Where Debian puts the agents.
const FOLDER: &str = "/usr/sbin";

/// What all agents that speak IPMI call; Debian 12's package of agents does not bring it.
const IPMITOOL: &str = "/usr/bin/ipmitool";

/// The agents of one program, `fence_ipmilan`, under the names of what they switch.
const IPMI: [&str; 7] = [
    "fence_ipmilan",
    "fence_ipmilanplus",
    "fence_ilo3",
    "fence_ilo4",
    "fence_ilo5",
    "fence_imm",
    "fence_idrac",
];

/// A fence agent by its name, such as `fence_ipmilan`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceAgent(String);

impl FromStr for FenceAgent {
    type Err = BadValue;

    fn from_str(name: &str) -> Result<FenceAgent, BadValue> {
        let name = name.strip_prefix("stonith:").unwrap_or(name);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match name.strip_prefix("fence_") {
            Some(rest) if !rest.is_empty() && rest.chars().all(plain) => {
                Ok(FenceAgent(name.to_owned()))
            }
            _ => Err(BadValue::new(format!(
                "{name} is no fence agent: write its name, such as fence_ipmilan"
            ))),
        }
    }
}

impl fmt::Display for FenceAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FenceAgent {
    /// Returns one of this program's own, which are known to be names.
    pub fn own(name: &'static str) -> FenceAgent {
        FenceAgent(name.to_owned())
    }

    /// Returns its program's file.
    fn program(&self) -> String {
        format!("{FOLDER}/{self}")
    }

    fn speaks_ipmi(&self) -> bool {
        IPMI.contains(&self.0.as_str())
    }

    /// Returns the programs without which it does nothing.
    pub fn programs(&self) -> Vec<String> {
        let mut programs = vec![self.program()];
        if self.speaks_ipmi() {
            programs.push(IPMITOOL.to_owned());
        }
        programs
    }

    /// Returns the packages that bring these programs.
    pub fn packages(&self, packaging: Packaging) -> Vec<String> {
        let mut packages = match packaging {
            Packaging::OneForAll => words(&["fence-agents"]),
            Packaging::OneEach if self.speaks_ipmi() => words(&["fence-agents-ipmilan"]),
            Packaging::OneEach => vec![
                self.0
                    .replacen("fence_", "fence-agents-", 1)
                    .replace('_', "-"),
            ],
        };
        if self.speaks_ipmi() {
            packages.push("ipmitool".to_owned());
        }
        packages
    }

    /// Returns the step that asks a device, on this host, whether its node has power: it prints
    /// `Status: ON` and ends with 0 where it does (4.12 and 4.16).
    ///
    /// The parameters go by the agent's standard input, as Pacemaker gives them: nothing of them is an
    /// argument that others on the host can read.
    pub fn ask_power(&self, params: &[(String, String)], why: impl Into<String>) -> Step {
        let own = params.iter().filter(|(name, _)| !name.starts_with("pcmk_"));
        let lines = own.map(|(name, value)| format!("{name}={value}\n"));
        let input = std::iter::once("action=status\n".to_owned()).chain(lines);
        // A BMC that does not answer is given up after 20 s (seen).
        Step::run([self.to_string()], why)
            .stdin(input.collect::<String>())
            .within(60)
    }
}

/// What the failure of an agent means, and what to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// As a sentence without full stop.
    pub what: String,
    /// What to look at next.
    pub next: Vec<Hint>,
}

/// Returns what it means that a question to a device failed, by the agent's words; none where the step asked
/// no device.
pub fn diagnose(step: &Step, said: &str) -> Option<Diagnosis> {
    let Action::Run {
        argv,
        stdin: Some(input),
        ..
    } = &step.action
    else {
        return None;
    };
    let agent: FenceAgent = argv.first()?.parse().ok()?;
    let value = |name: &str| {
        let mut lines = input.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    };
    let address = value("ip").unwrap_or("its address");
    let place = step.host.as_ref().map_or("this host", String::as_str);
    let on_place = step.host.as_ref().map(|host| format!(", on {host}"));
    let on_place = on_place.unwrap_or_default();
    let hint = |purpose: &str, command: String| Hint {
        purpose: format!("{purpose}{on_place}"),
        command,
    };
    let ping = hint("does anything answer there", format!("ping -c 3 {address}"));
    if said.contains("timed out") {
        let over = if agent.speaks_ipmi() {
            "; IPMI over the network must be turned on in the BMC's own settings"
        } else {
            ""
        };
        return Some(Diagnosis {
            what: format!("nothing at {address} answered {place} for 20 s{over}"),
            next: vec![ping],
        });
    }
    if agent.speaks_ipmi() && said.contains("Unable to obtain correct plug status") {
        let user = value("username").unwrap_or("USER");
        return Some(Diagnosis {
            what: format!(
                "the BMC at {address} answers {place} and does not let {user} ask: a wrong user or password, \
                 or a user without the right to use IPMI over the network"
            ),
            next: vec![hint(
                "to try them by hand",
                format!("ipmitool -I lanplus -H {address} -U {user} -a chassis power status"),
            )],
        });
    }
    if said.contains("status 2") {
        return Some(Diagnosis {
            what: format!(
                "the device at {address} says that this node has no power, and it runs: it is another one's"
            ),
            next: Vec::new(),
        });
    }
    Some(Diagnosis {
        what: format!("{agent} got no answer that it understands from {address}"),
        next: vec![
            ping,
            hint("what the agent takes", format!("{agent} -o metadata")),
        ],
    })
}

/// How a release packs fence agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packaging {
    /// `fence-agents` has all of them (Debian 12).
    OneForAll,
    /// Each has a package of its own (Debian 13).
    OneEach,
}

impl Packaging {
    /// Returns that of a host by its /etc/os-release.
    pub fn of_release(os_release: &str) -> Packaging {
        let value = |name: &str| {
            let mut lines = os_release.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
            Some(line.trim_matches('"'))
        };
        let number = value("VERSION_ID").and_then(|number| number.parse::<u32>().ok());
        match (value("ID"), number) {
            (Some("debian"), Some(number)) if number < 13 => Packaging::OneForAll,
            _ => Packaging::OneEach,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_its_own_packages() {
        let bookworm = Packaging::of_release("NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n");
        let trixie = Packaging::of_release("VERSION_ID=\"13\"\nID=debian\n");
        let packages = |name: &str, packaging| {
            let agent: FenceAgent = name.parse().unwrap();
            agent.packages(packaging).join(" ")
        };
        assert_eq!(packages("fence_idrac", bookworm), "fence-agents ipmitool");
        assert_eq!(
            packages("fence_idrac", trixie),
            "fence-agents-ipmilan ipmitool"
        );
        assert_eq!(packages("fence_apc_snmp", bookworm), "fence-agents");
        assert_eq!(packages("fence_apc_snmp", trixie), "fence-agents-apc-snmp");
    }

    #[test]
    fn a_question_to_an_agent_says_nothing_that_is_pacemakers() {
        let agent: FenceAgent = "stonith:fence_ipmilan".parse().unwrap();
        let params = [("ip", "172.16.0.110"), ("pcmk_host_list", "serv1")];
        let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (argv, stdin) = agent.ask_power(&params, "").command().unwrap();
        assert_eq!(argv, ["fence_ipmilan"]);
        assert_eq!(stdin.unwrap(), "action=status\nip=172.16.0.110\n");
    }

    #[test]
    fn what_is_no_agent_is_refused() {
        for name in ["", "ipmilan", "fence_", "fence_a b", "external/ssh"] {
            assert!(name.parse::<FenceAgent>().is_err(), "{name}");
        }
    }
}
