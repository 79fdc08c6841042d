//! What another host has, asked by one ssh, and how a web server finds its configuration.

use super::{Listening, Network, READING, Unit, Who, listening, network, tool, unit, who};
use crate::plan::shell_line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

/// The questions to another host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The host, as `ssh root@HOST` reaches it; a node by its name.
    pub host: String,
    /// Where it is a node: its addresses, by which it is known, and reached where its name leads
    /// nowhere or to another host.
    pub addresses: Vec<String>,
    /// The systemd units to look at.
    pub units: Vec<String>,
    /// The files whose sha256 is wanted.
    pub files: Vec<String>,
    /// The files whose text is wanted; none of them secret.
    pub texts: Vec<String>,
    /// The web server that is to check its configuration.
    pub web: Option<String>,
    /// Lines for a shell there that change nothing, and whose answers are wanted.
    pub lines: Vec<String>,
}

impl Ask {
    /// Asks the same host what another verb wants to know of it.
    pub fn add(&mut self, other: Ask) {
        let Ask {
            host: _,
            addresses,
            units,
            files,
            texts,
            web,
            lines,
        } = other;
        let union = |mine: &mut Vec<String>, others: Vec<String>| {
            for one in others {
                if !mine.contains(&one) {
                    mine.push(one);
                }
            }
        };
        union(&mut self.addresses, addresses);
        union(&mut self.units, units);
        union(&mut self.files, files);
        union(&mut self.texts, texts);
        union(&mut self.lines, lines);
        self.web = self.web.take().or(web);
    }
}

/// The answer of another host, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Why it could not be asked, in ssh's words.
    pub unreachable: Option<String>,
    /// The name or address that ssh took; none where that is the one it was asked by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// The host that answers by its name instead, where that is another one than the one asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub astray: Option<String>,
    /// Its own name.
    #[serde(default)]
    pub host: String,
    /// The identity of the host.
    #[serde(default)]
    pub who: Who,
    /// Its interfaces and addresses.
    #[serde(default)]
    pub network: Network,
    /// The units asked for.
    #[serde(default)]
    pub units: BTreeMap<String, Unit>,
    /// The sha256 of the files asked for, in hexadecimal; none where there is no such file.
    #[serde(default)]
    pub files: BTreeMap<String, Option<String>>,
    /// The text of the files asked for; a file that is absent does not exist.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    /// Whether its web server parses its configuration.
    #[serde(default)]
    pub web: Option<WebConfiguration>,
    /// The sockets that its programs listen on, asked with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listening: Option<Listening>,
    /// What the lines asked for printed, on both outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub said: BTreeMap<String, String>,
}

impl Peer {
    /// Returns the name or address by which ssh reaches it, asked for under this name.
    pub fn target<'a>(&'a self, name: &'a str) -> &'a str {
        self.via.as_deref().unwrap_or(name)
    }
}

/// Whether a web server parses its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebConfiguration {
    /// The command that was asked.
    pub command: String,
    /// The configuration parses.
    pub valid: bool,
    /// The server's words.
    pub text: String,
}

/// ssh gives up on a silent host after 5 s; the rest is for the answer.
const PEER: Duration = Duration::from_secs(10);

/// Separates the parts of a peer's answer.
const MARK: &str = "@bascule ";

/// Asks a host by one `ssh root@HOST`; a node whose name leads nowhere, or to a host without its
/// addresses, by these.
pub fn ask(ask: &Ask) -> Peer {
    let first = ask_at(&ask.host, ask);
    let wanted = resolved(&ask.addresses);
    let is_right = |peer: &Peer| {
        wanted.is_empty() || wanted.iter().any(|ip| peer.network.holder(*ip).is_some())
    };
    let answers = first.unreachable.is_none();
    if answers && is_right(&first) {
        return first;
    }
    let astray = answers.then(|| first.host.clone());
    let (mut via, mut unreachable) = (None, first.unreachable);
    for address in wanted.iter().map(IpAddr::to_string) {
        if address == ask.host {
            continue;
        }
        let peer = Peer {
            via: Some(address.clone()),
            astray: astray.clone(),
            ..ask_at(&address, ask)
        };
        match &peer.unreachable {
            None if is_right(&peer) => return peer,
            // The address is what corosync goes by: its reason counts more than the name's.
            why => (via, unreachable) = (Some(address), why.clone()),
        }
    }
    // What another host says is not believed.
    let other = || {
        let name = astray.as_deref().unwrap_or("another host");
        format!("the host that answers is {name}, which has none of its addresses")
    };
    Peer {
        unreachable: Some(unreachable.unwrap_or_else(other)),
        via,
        astray: astray.clone(),
        ..Peer::default()
    }
}

/// Returns a node's addresses; names among them as this host resolves them, loopback left out.
fn resolved(addresses: &[String]) -> Vec<IpAddr> {
    let mut all = Vec::new();
    for address in addresses {
        let found: Vec<IpAddr> = match address.parse() {
            Ok(ip) => vec![ip],
            Err(_) => (address.as_str(), 0)
                .to_socket_addrs()
                .map(|found| found.map(|socket| socket.ip()).collect())
                .unwrap_or_default(),
        };
        for ip in found {
            if !ip.is_loopback() && !all.contains(&ip) {
                all.push(ip);
            }
        }
    }
    all
}

fn ask_at(host: &str, ask: &Ask) -> Peer {
    let Ask {
        units,
        files,
        texts,
        web,
        lines,
        ..
    } = ask;
    let web = web.as_deref();
    let mut script = format!(
        "uname -n; echo '{MARK}who'; {}; echo '{MARK}addr'; ip -j addr; echo; ",
        who::NUMBERS
    );
    if !units.is_empty() {
        script += &format!("echo '{MARK}units'; {}; ", shell_line(&unit::show(units)));
    }
    for file in files {
        let quoted = shell_line(std::slice::from_ref(file));
        script += &format!("echo '{MARK}file'; sha256sum <{quoted} 2>/dev/null; ");
    }
    for file in texts {
        let quoted = shell_line(std::slice::from_ref(file));
        // With a bar before it no line of a file can look like a mark.
        script += &format!("echo '{MARK}text'; sed 's/^/|/' <{quoted} 2>/dev/null; echo; ");
    }
    if let Some(argv) = web.and_then(configuration_test) {
        let line = shell_line(&argv);
        script += &format!("echo '{MARK}web'; {line} 2>&1; echo \"{MARK}code $?\"; ");
    }
    if web.is_some() {
        script += &format!("echo '{MARK}listening'; {}; ", listening::ASK);
    }
    for line in lines {
        // In a shell of its own, and with a bar before it, as above.
        script += &format!("echo '{MARK}said'; ( {line} ) 2>&1 | sed 's/^/|/'; echo; ");
    }
    script += "true";
    let argv = crate::plan::over_ssh(host, &["sh".to_owned(), "-c".to_owned(), script]);
    let output = match tool::read(&argv, PEER) {
        Ok(output) => output,
        Err(error) => {
            return Peer {
                unreachable: Some(error.to_string()),
                ..Peer::default()
            };
        }
    };
    if output.code != Some(0) {
        return Peer {
            unreachable: Some(who::reason(&output.stderr)),
            ..Peer::default()
        };
    }
    parse(&output.stdout, ask)
}

fn parse(text: &str, ask: &Ask) -> Peer {
    let mut peer = Peer::default();
    let (units, web) = (&ask.units, ask.web.as_deref());
    let (mut files, mut texts, mut said) = (ask.files.iter(), ask.texts.iter(), ask.lines.iter());
    let marked = format!("\n{MARK}");
    let mut parts = text.split(marked.as_str());
    parts
        .next()
        .unwrap_or_default()
        .trim()
        .clone_into(&mut peer.host);
    for part in parts {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        match name.split(' ').next().unwrap_or_default() {
            "who" => peer.who = Who::parse(body),
            "addr" => peer.network = network::parse(body).unwrap_or_default(),
            "listening" => peer.listening = Some(listening::parse(body)),
            "units" => peer.units = unit::parse(units, body),
            "file" => {
                let sum = body.split_whitespace().next().map(str::to_owned);
                peer.files
                    .extend(files.next().map(|file| (file.clone(), sum)));
            }
            "text" => {
                let lines = barred(body);
                if let Some(file) = texts.next().filter(|_| !lines.is_empty()) {
                    peer.texts.insert(file.clone(), lines.join("\n") + "\n");
                }
            }
            "said" => {
                let answer = barred(body).join("\n");
                peer.said
                    .extend(said.next().map(|line| (line.clone(), answer)));
            }
            "web" => {
                let command = web.and_then(configuration_test).unwrap_or_default();
                peer.web = Some(WebConfiguration {
                    command: shell_line(&command),
                    valid: false,
                    text: body.trim().to_owned(),
                });
            }
            "code" => {
                if let Some(web) = &mut peer.web {
                    web.valid = name == "code 0";
                }
            }
            _ => {}
        }
    }
    peer
}

/// Returns the lines that have a bar before them, without it.
fn barred(body: &str) -> Vec<&str> {
    body.lines().filter_map(|l| l.strip_prefix('|')).collect()
}

/// Asks this host's web server whether its configuration parses; none for an unknown server.
pub fn web_configuration(unit: &str) -> Option<WebConfiguration> {
    let argv = configuration_test(unit)?;
    let command = shell_line(&argv);
    let (valid, text) = match tool::read(&argv, READING) {
        Ok(output) => (
            output.code == Some(0),
            format!("{}{}", output.stderr, output.stdout),
        ),
        Err(error) => (false, error.to_string()),
    };
    Some(WebConfiguration {
        command,
        valid,
        text: text.trim().to_owned(),
    })
}

/// Returns the command by which a web server checks its own configuration.
pub fn configuration_test(unit: &str) -> Option<Vec<String>> {
    let words: &[&str] = match unit {
        "apache2" | "httpd" => &["apache2ctl", "configtest"],
        "nginx" => &["nginx", "-t"],
        _ => return None,
    };
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}
