//! The frame of every drill: who looks on, what heals it whatever dies, the blow, its healing, and the end.

use super::client::Watch;
use super::rows::Rows;
use super::scene::{Scene, TIMER};
use crate::drill::{ALIVE, CLIENT};
use crate::membership::members;
use crate::plan::{
    Action, Check, Companion, Danger, Drill, Expected, Plan, Step, shell_line, words,
};
use crate::verbs::probe::READY;
use crate::wording::list;

/// What a drill does to the cluster.
pub struct Blow {
    /// The node that is struck.
    pub node: String,
    /// What is done before: what is armed, and heals it whatever dies; what must be known.
    pub before: Vec<Step>,
    /// What strikes; the first of them is the moment.
    pub strike: Vec<Step>,
    /// What brings all back, and proves that it is.
    pub heal: Vec<Step>,
    /// What is foreseen.
    pub expected: Expected,
    /// What it breaks, as a clause.
    pub breaks: String,
}

/// After how many seconds who looks on elsewhere goes by itself: of a host that lost its power in the middle ssh's
/// other end hears nothing for hours.
const LOOKS_ON: &str = "3600";

/// How long it is waited until all answers again, in seconds.
const CALM: u64 = 60;

/// Where the program lies on a host that asks and has it not.
const PROGRAM: &str = "/root/.bascule-probe";

/// Returns the step that has a host heal what will be struck there after so many seconds, whatever dies.
pub fn timer(command: &[String], seconds: u64, target: Option<String>) -> Step {
    let mut argv = words(&[
        "systemd-run",
        "--quiet",
        "--collect",
        &format!("--unit={}", TIMER.trim_end_matches(".timer")),
        &format!("--on-active={seconds}"),
        "--",
    ]);
    argv.extend_from_slice(command);
    let why = format!("whatever dies: it heals itself after {seconds} s");
    Step::run(argv, why)
        .at(target.clone())
        .undone_by(vec![disarm(target)])
}

fn is_timer(step: &Step) -> bool {
    matches!(&step.action, Action::Run { argv, .. } if argv[0] == "systemd-run")
}

/// Returns the step that takes the timer away.
pub fn disarm(target: Option<String>) -> Step {
    // A node that has booted meanwhile knows it no more.
    let line = format!("systemctl stop {TIMER} 2>/dev/null || :");
    Step::run(words(&["sh", "-c", &line]), "healed: the timer goes").at(target)
}

/// Adds all steps of a drill to its plan.
pub fn steps(
    drill_words: &str,
    scene: &Scene,
    watch: &Watch,
    blow: Blow,
    rows: Option<Rows>,
    plan: &mut Plan,
) {
    let mut targets: Vec<String> = watch.targets.iter().map(ToString::to_string).collect();
    targets.extend(rows.iter().map(|rows| rows.name.clone()));
    plan.check(
        Check::ok(format!(
            "{} asks {} 20 times a second",
            watch.from,
            list(&targets)
        ))
        .note("bascule probe"),
    );
    if !watch.outside {
        plan.check(
            Check::warning(format!(
                "{} is a node: it does not see what a router or a switch learns late of a move",
                watch.from
            ))
            .note("--from HOST"),
        );
    }
    plan.check(Check::ok(format!(
        "expected outage: {} ({})",
        blow.expected.words(),
        blow.expected.because
    )));
    let mut program = "bascule";
    let mut last = Vec::new();
    if let Some(host) = &watch.host {
        program = PROGRAM;
        let copy = shell_line(&members::scp(
            "/proc/self/exe",
            &members::remote(host, PROGRAM),
        ));
        let copy = copy.replace("/proc/self/exe", "\"$(command -v bascule)\"");
        let gone = Step::run(words(&["rm", "-f", PROGRAM]), "it asks no more").on(host);
        plan.step(
            Step::run(
                words(&["sh", "-c", &copy]),
                format!("the program, for {} to ask with", watch.from),
            )
            .undone_by(vec![gone.clone()]),
        );
        last.push(gone);
    }
    let mut options = Vec::new();
    if let Some(rows) = rows {
        plan.steps.extend(rows.before);
        last.extend(rows.after);
        options = rows.options;
    }
    let all = companions(scene, watch, program, &options);
    let names = all.iter().map(|one| one.name.clone()).collect();
    plan.step(
        Step::beside(
            all,
            "each address is asked, and each node says what it has, until the end",
        )
        .within(30),
    );
    let target = scene.members.iter().find(|member| member.name == blow.node);
    let target = target.and_then(|member| scene.target(member));
    let armed = blow.before.iter().any(is_timer);
    plan.steps.extend(blow.before);
    let strikes = plan.steps.len();
    plan.steps.extend(blow.strike);
    plan.steps.extend(blow.heal);
    if armed {
        plan.step(disarm(target));
    }
    plan.step(
        Step::end_beside(names, "all answer again for 2 s")
            .within(CALM + 20)
            .waits_for("all to answer again"),
    );
    plan.steps.extend(last);
    plan.drill = Some(Drill {
        words: drill_words.to_owned(),
        node: blow.node.clone(),
        targets,
        addresses: watch.addresses.clone(),
        from: watch.from.clone(),
        outside: watch.outside,
        nodes: scene
            .members
            .iter()
            .map(|member| member.name.clone())
            .collect(),
        strikes,
        expected: blow.expected,
    });
    plan.danger = Some(Danger::new(blow.breaks, blow.node));
    // Should a step fail, all is healed at once.
    plan.no_return = Some(plan.steps.len());
    plan.leaves_nothing = true;
    plan.outlives_terminal = true;
}

/// Returns what looks on: who asks, and each node with what its kernel says of its addresses.
fn companions(scene: &Scene, watch: &Watch, program: &str, rows: &[String]) -> Vec<Companion> {
    let mut all = vec![Companion {
        name: CLIENT.to_owned(),
        argv: with_an_end(watch.command(program, CALM, rows)),
        host: watch.host.clone(),
        ready: READY.to_owned(),
    }];
    // A node that has lost its power says nothing more: its last sign is the end of what it had.
    let script = format!(
        "ip -o monitor address & m=$!; ip -o address; echo ready; \
         while sleep 0.1; do echo {ALIVE}; done & a=$!; cat >/dev/null; kill $m $a"
    );
    for member in &scene.members {
        all.push(Companion {
            name: member.name.clone(),
            argv: with_an_end(words(&["sh", "-c", &script])),
            host: scene.target(member),
            ready: "ready".to_owned(),
        });
    }
    all
}

fn with_an_end(command: Vec<String>) -> Vec<String> {
    let mut argv = words(&["timeout", LOOKS_ON]);
    argv.extend(command);
    argv
}
