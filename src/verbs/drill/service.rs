//! `drill kill` and `drill freeze`: a service that dies, or hangs, where it runs.

use super::client::Client;
use super::expected;
use super::frame::{self, Blow};
use super::scene::Scene;
use super::silence;
use super::strike::Strike;
use crate::cib::{Object, Primitive};
use crate::names::{Name, NodeName};
use crate::plan::{
    Again, Check, Expected, Plan, Refusal, Step, Verify, over_ssh, shell_line, words,
};
use crate::resources::address::addresses;
use crate::resources::named::{find_resource, primitives};
use crate::wording::list;
use clap::Args;

/// A service dies where it runs, or corosync does
///
/// It is started again on the spot, which is no failover: how long until that is noticed is what this tells.
/// `corosync` is the node's own life: it is fenced.
#[derive(Debug, Args)]
pub struct Kill {
    #[command(flatten)]
    pub service: Service,
}

/// A service hangs where it runs, or corosync does
///
/// It is there and answers nothing. What only asks systemd for it does not notice: the outage lasts as long as this.
#[derive(Debug, Args)]
pub struct Freeze {
    #[command(flatten)]
    pub service: Service,
}

/// What is struck, and who looks on.
#[derive(Debug, Args)]
pub struct Service {
    /// The service, by its resource's name; or corosync
    #[arg(value_name = "SERVICE", add = Name::Strikable)]
    pub name: String,
    /// The node, where it runs on several
    #[arg(long, value_name = "NODE", add = Name::NodeInService)]
    pub on: Option<NodeName>,
    #[command(flatten)]
    pub client: Client,
}

/// The name of what a node lives by.
const COROSYNC: &str = "corosync";

/// How long a service hangs, in seconds.
const FROZEN: u64 = 20;

impl Strike for Kill {
    fn words(&self) -> String {
        self.service.words("kill")
    }

    fn client(&self) -> &Client {
        &self.service.client
    }

    fn blow(&self, scene: &Scene, plan: &mut Plan) -> Result<Blow, Refusal> {
        if self.service.name == COROSYNC {
            return silence::of_corosync(
                scene,
                "KILL",
                self.service.on.as_ref(),
                &self.words(),
                plan,
            );
        }
        let struck = Struck::of(scene, &self.service)?;
        let interval = expected::monitor_interval(struck.primitive)?;
        let expected = expected::of_a_death(struck.primitive, interval, struck.is_seen(scene));
        let patience = interval as u64 + 60;
        let kill = struck.signal("KILL", "it dies, as after an error of its own");
        let noticed = Step::run(
            words(&["sh", "-eu"]),
            "until Pacemaker has noticed it, or systemd",
        )
        .stdin(struck.until_noticed(patience))
        .within(patience + 10);
        Ok(Blow {
            before: struck.pid().into_iter().collect(),
            strike: vec![kill],
            heal: vec![struck.runs(noticed), struck.cleanup()],
            expected,
            breaks: format!(
                "{} dies on {}, and is started again",
                struck.id(),
                struck.node
            ),
            node: struck.node.clone(),
        })
    }
}

impl Strike for Freeze {
    fn words(&self) -> String {
        self.service.words("freeze")
    }

    fn client(&self) -> &Client {
        &self.service.client
    }

    fn blow(&self, scene: &Scene, plan: &mut Plan) -> Result<Blow, Refusal> {
        if self.service.name == COROSYNC {
            return silence::of_corosync(
                scene,
                "STOP",
                self.service.on.as_ref(),
                &self.words(),
                plan,
            );
        }
        let struck = Struck::of(scene, &self.service)?;
        let interval = expected::monitor_interval(struck.primitive)?;
        // systemd says of a process that hangs that it is active.
        let blind = expected::is_unit(struck.primitive);
        if blind {
            plan.check(
                Check::warning(format!(
                    "Pacemaker asks systemd for {}, which calls a process that hangs active: nobody notices",
                    struck.id()
                ))
                .note("bascule explain agents"),
            );
        }
        let most = FROZEN as f64;
        let expected = match (struck.is_seen(scene), blind) {
            (false, _) => expected::nothing("what is asked does not come from there".to_owned()),
            (true, true) => Expected {
                from: most - 1.5,
                to: most + 4.0,
                because: format!("it hangs for {FROZEN} s, and nobody notices"),
            },
            (true, false) => Expected {
                from: 0.0,
                to: interval + most + 10.0,
                because: format!(
                    "it is looked at every {interval:.0} s, and hangs for {FROZEN} s at most"
                ),
            },
        };
        let wake = struck.signal("CONT", "it goes on");
        let wake_argv = struck.signal_argv("CONT");
        let strike = struck
            .signal("STOP", "it hangs: it is there, and answers nothing")
            .undone_by(vec![wake.clone()]);
        let wait = Step::run(
            words(&["sh", "-eu"]),
            format!("until Pacemaker notices, {FROZEN} s at most"),
        )
        .stdin(struck.until_failed(FROZEN))
        .within(FROZEN + 10);
        Ok(Blow {
            before: vec![frame::timer(&wake_argv, FROZEN + 60, struck.target.clone())],
            strike: vec![strike],
            heal: vec![wait, struck.runs(wake), struck.cleanup()],
            expected,
            breaks: format!("{} hangs on {} for {FROZEN} s", struck.id(), struck.node),
            node: struck.node.clone(),
        })
    }
}

impl Service {
    fn words(&self, verb: &str) -> String {
        match &self.on {
            Some(node) => format!("{verb} {} --on {node}", self.name),
            None => format!("{verb} {}", self.name),
        }
    }
}

/// Returns whether a node has a virtual address, so that a client's questions end there.
fn has_an_address(scene: &Scene, node: &str) -> bool {
    let mut addresses = addresses(scene.cib);
    addresses.any(|address| scene.monitor.places(&address.id).contains(&node))
}

/// A service on the node where it is struck.
struct Struck<'a> {
    primitive: &'a Primitive,
    node: String,
    target: Option<String>,
    processes: Processes,
}

/// How a service's processes are reached.
enum Processes {
    /// By the unit that systemd has for them.
    Unit(String),
    /// By their name.
    Named(&'static str),
}

impl<'a> Struck<'a> {
    fn of(scene: &Scene<'a>, service: &Service) -> Result<Struck<'a>, Refusal> {
        let (name, on) = (service.name.as_str(), service.on.as_ref());
        let named = find_resource(scene.cib, name)?;
        let inside: Vec<&Primitive> = primitives(scene.cib, named.object.id())
            .into_iter()
            .filter(|primitive| primitive.virtual_address().is_none() && !primitive.fences())
            .collect();
        let primitive = match inside.as_slice() {
            [primitive] => *primitive,
            [] => {
                return Err(Refusal::check(format!(
                    "{name} is no service: it has no process to strike"
                ))
                .hint("the services", "bascule web list"));
            }
            several => {
                let names: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
                return Err(
                    Refusal::check(format!("{name} holds {}: which one?", list(&names)))
                        .again("one of them", Again::same().word(name, names[0])),
                );
            }
        };
        let processes = processes(primitive)?;
        let places = scene.monitor.places(&primitive.id);
        let node = match (on.map(ToString::to_string), places.as_slice()) {
            (_, []) => {
                return Err(Refusal::check(format!("{} runs nowhere", primitive.id))
                    .hint("to see why", "bascule status"));
            }
            (Some(on), places) if places.contains(&on.as_str()) => on,
            (Some(on), places) => {
                return Err(
                    Refusal::check(format!("{} does not run on {on}", primitive.id))
                        .again("it runs there", Again::same().set("--on", places[0])),
                );
            }
            (None, [only]) => (*only).to_owned(),
            // Where a client would miss it.
            (None, places) => (*places
                .iter()
                .find(|node| has_an_address(scene, node))
                .unwrap_or(&places[0]))
            .to_owned(),
        };
        let member = scene.member(&node)?;
        Ok(Struck {
            target: scene.target(member),
            primitive,
            node,
            processes,
        })
    }

    fn id(&self) -> &str {
        &self.primitive.id
    }

    /// Returns whether what clients ask comes from that node.
    fn is_seen(&self, scene: &Scene) -> bool {
        has_an_address(scene, &self.node)
    }

    fn signal_argv(&self, signal: &str) -> Vec<String> {
        match &self.processes {
            Processes::Unit(unit) => {
                words(&["systemctl", "kill", &format!("--signal=SIG{signal}"), unit])
            }
            Processes::Named(name) => words(&["pkill", &format!("-{signal}"), "-x", name]),
        }
    }

    fn signal(&self, signal: &str, why: &str) -> Step {
        Step::run(self.signal_argv(signal), why).at(self.target.clone())
    }

    /// Returns a script that ends when Pacemaker counts a failure of it.
    fn failed(&self) -> String {
        let count = shell_line(&words(&[
            "crm_failcount",
            "--query",
            "--resource",
            self.id(),
            "--node",
            &self.node,
        ]));
        format!("{count} 2>/dev/null | grep -q 'value=[1-9I]'")
    }

    fn until_failed(&self, seconds: u64) -> String {
        format!(
            "late=$(($(date +%s) + {seconds}))\nuntil {}; do\n  [ \"$(date +%s)\" -lt \"$late\" ] || break\n  sleep 0.2\ndone\n",
            self.failed()
        )
    }

    /// Returns a script that ends when its death was noticed: counted as a failure, or systemd has started it anew.
    fn until_noticed(&self, seconds: u64) -> String {
        let anew = match &self.processes {
            Processes::Unit(unit) => {
                let argv = main_pid(unit);
                let argv = match &self.target {
                    Some(target) => over_ssh(target, &argv),
                    None => argv,
                };
                // ssh would read the rest of the script.
                format!(
                    " ||\n  {{ pid=$({} </dev/null) && [ \"$pid\" != 0 ] && [ \"$pid\" != ${{killed}} ]; }}",
                    shell_line(&argv)
                )
            }
            Processes::Named(_) => String::new(),
        };
        format!(
            "late=$(($(date +%s) + {seconds}))\nuntil {}{anew}; do\n  [ \"$(date +%s)\" -lt \"$late\" ] || {{ echo 'nobody noticed within {seconds} s' >&2; exit 1; }}\n  sleep 0.2\ndone\n",
            self.failed()
        )
    }

    /// Returns the step that learns which process will be killed, where systemd knows.
    fn pid(&self) -> Option<Step> {
        let Processes::Unit(unit) = &self.processes else {
            return None;
        };
        let step = Step::run(
            main_pid(unit),
            "which process it is, to know it from the next",
        );
        Some(step.answers_as("killed").at(self.target.clone()))
    }

    fn runs(&self, step: Step) -> Step {
        let id = self.id().to_owned();
        step.verify(Verify::Settled).verify(Verify::Runs {
            resource: id,
            node: None,
        })
    }

    fn cleanup(&self) -> Step {
        let argv = words(&[
            "crm_resource",
            "--cleanup",
            "--resource",
            self.id(),
            "--node",
            &self.node,
        ]);
        self.runs(Step::run(argv, "the failure on purpose is counted no more"))
    }
}

/// Returns the command that prints a unit's process.
fn main_pid(unit: &str) -> Vec<String> {
    words(&["systemctl", "show", "--property=MainPID", "--value", unit])
}

/// Returns how the processes of a service are reached.
fn processes(primitive: &Primitive) -> Result<Processes, Refusal> {
    let agent = &primitive.agent;
    if expected::is_unit(primitive) {
        let name = &agent.name;
        return Ok(Processes::Unit(match name.contains('.') {
            true => name.clone(),
            false => format!("{name}.service"),
        }));
    }
    match agent.name.as_str() {
        "apache" => Ok(Processes::Named("apache2")),
        "nginx" => Ok(Processes::Named("nginx")),
        _ => Err(Refusal::check(format!(
            "which processes {} has is not known: its agent is {agent}",
            primitive.id
        ))
        .hint("the services that can be struck", "bascule drill")),
    }
}

/// Returns the services that can be struck.
pub fn services<'a>(scene: &Scene<'a>) -> Vec<&'a str> {
    let all = scene.cib.objects().iter().filter_map(Object::primitive);
    all.filter(|primitive| {
        primitive.virtual_address().is_none() && !primitive.fences() && processes(primitive).is_ok()
    })
    .map(|primitive| primitive.id.as_str())
    .collect()
}
