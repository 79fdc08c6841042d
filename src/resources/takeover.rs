//! How systemd hands a service over to the cluster, node by node.

use crate::facts::{DatabaseServer, Foundation, Unit, WebConfiguration};
use crate::names::nearest;
use crate::plan::{Again, Check, Plan, Refusal, Step, Verify, shell_line};

/// The kind of agent that runs a service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AgentKind {
    Systemd,
    Lsb,
    Apache,
    Nginx,
}

/// Services whose names are often mistyped.
const KNOWN: [&str; 6] = [
    "apache2", "nginx", "lighttpd", "caddy", "haproxy", "varnish",
];

/// Returns the line of a configuration test that says what is wrong.
fn first_error(text: &str) -> &str {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines()
        .find(|line| line.to_lowercase().contains("error"))
        .or_else(|| lines().next())
        .unwrap_or("it said nothing")
}

/// The service on one node, as far as it is known.
pub struct ServiceOnNode<'a> {
    pub host: &'a str,
    /// The host as ssh takes it.
    pub target: &'a str,
    pub here: bool,
    pub unit: Unit,
    pub agent_file: Option<(String, bool)>,
    pub web: Option<&'a WebConfiguration>,
}

/// The handover of the service's unit on one node, before the cluster takes it.
pub struct Handover<'a> {
    pub there: ServiceOnNode<'a>,
    /// Whether a copy that runs there goes on.
    pub keeps: bool,
}

impl Handover<'_> {
    /// Returns the step that takes the unit from systemd, if anything has to be done.
    pub fn step(&self, unit: &str) -> Option<Step> {
        let is = &self.there.unit;
        let stops = is.active && !self.keeps;
        let (argv, why): (&[&str], &str) = match (is.enabled, stops) {
            (false, false) => return None,
            (true, false) => (
                &["systemctl", "disable"],
                "not started at boot any more: that is the cluster's from now on",
            ),
            (true, true) => (
                &["systemctl", "disable", "--now"],
                "neither at boot nor now: two copies would both be stopped and started by the cluster",
            ),
            (false, true) => (
                &["systemctl", "stop"],
                "two copies would both be stopped and started by the cluster",
            ),
        };
        let host = (!self.there.here).then(|| self.there.target.to_owned());
        let at = |step: Step| step.at(host.clone());
        let proof = |enabled, active| Verify::Unit {
            unit: unit.to_owned(),
            host: host.clone(),
            enabled,
            active,
        };
        let mut undo = Vec::new();
        if is.enabled {
            undo.push(at(Step::run(
                ["systemctl", "enable", unit],
                "started at boot, as before",
            )
            .verify(proof(Some(true), None))));
        }
        // A kept copy is stopped when the resource goes, which is taken back before this.
        if is.active {
            undo.push(at(Step::run(
                ["systemctl", "start", unit],
                "running, as before",
            )
            .verify(proof(None, Some(true)))));
        }
        let argv = argv.iter().copied().chain([unit]);
        let step = at(Step::run(argv, why))
            .verify(proof(Some(false), stops.then_some(false)))
            .undone_by(undo)
            .within(90);
        Some(step)
    }
}

/// Refuses what is not installed on a host or does not parse there.
pub fn usable(there: &ServiceOnNode, unit: &str, kind: AgentKind) -> Result<(), Refusal> {
    let (host, target) = (there.host, there.target);
    let typed = |command: String| {
        if there.here {
            command
        } else {
            format!("ssh root@{target} {command}")
        }
    };
    let install = |package: &str| typed(format!("apt-get install {package}"));
    match (kind, &there.agent_file) {
        (AgentKind::Systemd, _) if !there.unit.exists => {
            let refusal = Refusal::check(format!("{host} has no systemd unit {unit}"));
            if let Some(near) = nearest(unit, KNOWN).filter(|near| *near != unit) {
                // As the service, or by its agent.
                let again = Again::same()
                    .word(unit, near)
                    .word(format!("{unit}.service"), near)
                    .word(format!("systemd:{unit}"), format!("systemd:{near}"));
                return Err(refusal.again(format!("did you mean {near}?"), again));
            }
            return Err(match unit {
                _ if is_database(unit) => {
                    refusal.hint("to install it there", install("mariadb-server"))
                }
                _ if KNOWN.contains(&unit) => refusal.hint("to install it there", install(unit)),
                // A package's name need not be its unit's.
                _ => refusal.hint(
                    "to look for its package there",
                    typed(format!(
                        "apt-cache search {}",
                        shell_line(&[unit.to_owned()])
                    )),
                ),
            });
        }
        (AgentKind::Lsb, Some((path, false))) => {
            return Err(Refusal::check(format!("{host} has no script {path}"))
                .hint("to install it there", install(unit)));
        }
        (AgentKind::Apache | AgentKind::Nginx, Some((path, false))) => {
            return Err(Refusal::check(format!("{host} has no agent {path}"))
                .hint("to install it there", install("resource-agents")));
        }
        (AgentKind::Apache | AgentKind::Nginx, _) if !there.unit.exists => {
            return Err(Refusal::check(format!("{unit} is not installed on {host}"))
                .hint("to install it there", install(unit)));
        }
        _ => {}
    }
    match there.web {
        Some(web) if !web.valid => Err(Refusal::check(format!(
            "the configuration of {unit} does not parse on {host}: {}",
            first_error(&web.text)
        ))
        .hint(
            "to see it",
            if there.here {
                web.command.clone()
            } else {
                format!("ssh root@{target} {}", web.command)
            },
        )),
        _ => Ok(()),
    }
}

/// Returns the refusal of a unit that the cluster, the network or ssh need: it would be stopped on
/// the other nodes, and the way to start it again goes with it.
pub fn stands_on(foundation: &Foundation, unit: &str) -> Refusal {
    Refusal::check(format!(
        "{} is what the hosts themselves stand on (the cluster, the network, ssh or systemd need \
         it): as a resource it would be stopped on every node but one",
        foundation.id
    ))
    .hint(
        "what needs it",
        format!("systemctl list-dependencies --reverse {unit}"),
    )
    .hint(
        "what the cluster can run for you",
        "bascule web add apache2",
    )
}

/// Returns true for the units by which Debian starts MariaDB.
pub fn is_database(unit: &str) -> bool {
    matches!(unit, "mariadb" | "mysql" | "mysqld")
}

/// Refuses a server of a pair that replicates: on one node alone it would be the primary or the replica,
/// and the other would be stopped.
pub fn replicates(server: Option<&DatabaseServer>, own: &str, unit: &str) -> Result<(), Refusal> {
    let Some(server) = server.filter(|server| server.answers()) else {
        return Ok(());
    };
    let what = match (server.links.first(), server.replicas().next()) {
        (Some(link), _) => format!("{own} replicates from {}", link.primary_host()),
        (None, Some(replica)) => {
            let host = replica.host.rsplit_once(':');
            let host = host.map_or(replica.host.as_str(), |(host, _)| host);
            format!("{host} replicates from {own}")
        }
        (None, None) => return Ok(()),
    };
    Err(Refusal::check(format!(
        "{what}, and the cluster would run {unit} on one node and stop the other one: nothing would be \
         replicated any more"
    ))
    .again(
        "to have the cluster keep both running",
        Again::same().flag("--everywhere"),
    )
    .hint(
        "to take this host out of replication first",
        "bascule db remove",
    ))
}

/// The way in which the cluster will run a service that may run already.
pub struct Adoption<'a> {
    pub unit: &'a str,
    pub kind: AgentKind,
    pub everywhere: bool,
    /// The node that holds an address, if one does.
    pub address: Option<&'a str>,
    /// False where nothing holds a resource to its node, and Pacemaker may place even an adopted one anew.
    pub stays: bool,
}

/// Decides which node's running copy goes on: Pacemaker adopts one that it finds alone.
pub fn choose_what_runs_on(adoption: &Adoption, handovers: &mut [Handover], plan: &mut Plan) {
    let &Adoption {
        unit,
        kind,
        everywhere,
        address,
        stays,
    } = adoption;
    if everywhere && matches!(kind, AgentKind::Systemd | AgentKind::Lsb) {
        if handovers.iter().any(|handover| handover.there.unit.active) {
            plan.check(Check::ok(
                "running copies go on running, the cluster adopts them",
            ));
        }
        return;
    }
    let active = |handover: &&mut Handover| handover.there.unit.active;
    // These agents do not take over what systemd started.
    if matches!(kind, AgentKind::Apache | AgentKind::Nginx) {
        for handover in handovers.iter_mut().filter(active) {
            handover.keeps = false;
            plan.check(Check::warning(format!(
                "{unit} stops on {}, and starts again under the cluster",
                handover.there.host
            )));
        }
        return;
    }
    // The address is where the visitors are: its node's copy must not stop.
    let running: Vec<&str> = handovers
        .iter()
        .filter(|handover| handover.there.unit.active)
        .map(|handover| handover.there.host)
        .collect();
    let keeper = running
        .iter()
        .find(|host| Some(**host) == address)
        .or(running.first())
        .map(|host| (*host).to_owned());
    let Some(keeper) = keeper else { return };
    plan.check(if stays {
        Check::ok(format!(
            "{unit} runs on {keeper} and goes on there, the cluster adopts it"
        ))
    } else {
        Check::warning(format!(
            "{unit} runs on {keeper}, where the cluster finds it, and may move it"
        ))
        .note("explain stickiness")
    });
    for handover in handovers.iter_mut().filter(active) {
        handover.keeps = handover.there.host == keeper;
        if !handover.keeps {
            plan.check(Check::warning(format!(
                "{unit} stops on {}: one copy runs in the cluster, --everywhere keeps both",
                handover.there.host
            )));
        }
    }
}
