//! The lines that mean something: one table.
//!
//! Each stands as corosync and Pacemaker write it, with holes in braces, and with the Debian release whose hosts
//! were seen to write it: 12 has corosync 3.1.7 and pacemaker 2.1.5, 13 has corosync 3.1.9 and pacemaker 3.0.0.

/// A line that means something.
pub struct Pattern {
    /// The programs that write it, by how their names begin.
    pub program: &'static str,
    /// Its text, with holes in braces.
    pub text: &'static str,
    /// The piece of it that a log is searched for, one that few other lines have.
    pub word: &'static str,
    /// What it means.
    pub means: Means,
    /// The Debian releases on which it was recorded.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what a reader, and a test, wants to know")
    )]
    pub seen: &'static [&'static str],
}

/// What a line means; the words of its holes say of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Means {
    /// The token was lost.
    TokenLost,
    /// The new members, and who left or joined.
    MembershipFormed,
    /// The members, once they have agreed.
    Members,
    /// There is quorum.
    QuorumGained,
    /// There is none any more.
    QuorumLost,
    /// Pacemaker sees that there still is quorum.
    QuorumRetained,
    /// A link to another node is down.
    LinkDown,
    /// A link to another node is up.
    LinkUp,
    /// Corosync starts.
    CorosyncStarts,
    /// Corosync stops, as it was told.
    CorosyncStops,
    /// Pacemaker starts.
    PacemakerStarts,
    /// Pacemaker was told to stop.
    PacemakerStops,
    /// A node asked to be let go.
    ShutdownAsked,
    /// Pacemaker's daemons have lost corosync.
    CorosyncGone,
    /// A daemon of Pacemaker's was ended by a signal.
    DaemonKilled,
    /// systemd saw a service die.
    ServiceDied,
    /// The third host is not reached.
    ThirdVoteLost,
    /// A node is the DC.
    Elected,
    /// A node is the DC no more.
    Unset,
    /// An action on a resource was asked of a node.
    Asked,
    /// An action on a resource has ended, on the node itself.
    Result,
    /// The DC has heard how an action ended.
    Confirmed,
    /// The DC has heard that an action ended otherwise than it wanted.
    Unexpected,
    /// A resource may not run on a node any more.
    Threshold,
    /// A resource runs more often than it may.
    Twice,
    /// The count of failures was reset.
    CleanedUp,
    /// A node is to be fenced, and why.
    WillBeFenced,
    /// A node is to be fenced.
    FenceAsked,
    /// Somebody asks the fencer for it.
    FenceWanted,
    /// A device was used.
    DeviceUsed,
    /// What a fence agent complained of.
    AgentSaid,
    /// A fencing has ended.
    FenceEnded,
    /// A fencing is told to all.
    Terminated,
    /// A line of the configuration changed.
    ConfigurationLine,
    /// An attribute of a node came with an element that was new.
    NodeAttribute,
    /// A change of the configuration is done.
    ConfigurationDone,
}

const BOTH: &[&str] = &["bookworm", "trixie"];
const BOOKWORM: &[&str] = &["bookworm"];
const TRIXIE: &[&str] = &["trixie"];

const fn line(
    program: &'static str,
    text: &'static str,
    word: &'static str,
    means: Means,
    seen: &'static [&'static str],
) -> Pattern {
    Pattern {
        program,
        text,
        word,
        means,
        seen,
    }
}

/// The lines, the first that fits counts.
pub static TABLE: &[Pattern] = &[
    line(
        "corosync",
        "A processor failed, forming new configuration: token timed out ({token}ms), waiting {consensus}ms for consensus.",
        "A processor failed, forming new configuration: token timed out (",
        Means::TokenLost,
        BOTH,
    ),
    line(
        "corosync",
        "A new membership ({ring}) was formed. Members{changes}",
        "A new membership (",
        Means::MembershipFormed,
        BOTH,
    ),
    line(
        "corosync",
        "Members[{count}]: {members}",
        "Members[",
        Means::Members,
        BOTH,
    ),
    line(
        "corosync",
        "This node is within the primary component and will provide service.",
        "This node is within the primary component and will provide service.",
        Means::QuorumGained,
        BOTH,
    ),
    line(
        "corosync",
        "This node is within the non-primary component and will NOT provide any services.",
        "This node is within the non-primary component and will NOT provide any services.",
        Means::QuorumLost,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Quorum retained",
        "Quorum retained",
        Means::QuorumRetained,
        BOTH,
    ),
    line(
        "corosync",
        "link: host: {node} link: {link} is down",
        "link: host:",
        Means::LinkDown,
        BOTH,
    ),
    line(
        "corosync",
        "rx: host: {node} link: {link} is up",
        "rx: host:",
        Means::LinkUp,
        BOTH,
    ),
    line(
        "corosync",
        "Corosync Cluster Engine {version} starting up",
        "Corosync Cluster Engine",
        Means::CorosyncStarts,
        BOTH,
    ),
    line(
        "corosync",
        // `Corosync Cluster Engine exiting normally` is written by `corosync -t` as well, into the same file.
        "Unloading all Corosync service engines.",
        "Unloading all Corosync service engines.",
        Means::CorosyncStops,
        BOTH,
    ),
    line(
        "pacemakerd",
        "Starting Pacemaker {version}",
        "Starting Pacemaker",
        Means::PacemakerStarts,
        BOTH,
    ),
    line(
        "pacemakerd",
        "Shutting down Pacemaker",
        "Shutting down Pacemaker",
        Means::PacemakerStops,
        BOTH,
    ),
    line(
        "pacemaker-attrd",
        "Setting shutdown[{node}]: (unset) -> {when}",
        "Setting shutdown[",
        Means::ShutdownAsked,
        BOOKWORM,
    ),
    line(
        "pacemaker-attrd",
        "Setting shutdown[{node}] in instance_attributes: (unset) -> {when}",
        "Setting shutdown[",
        Means::ShutdownAsked,
        TRIXIE,
    ),
    line(
        "pacemakerd",
        "Lost connection to cluster layer (connection will be reattempted once per second)",
        "Lost connection to cluster layer (connection will be reattempted once per second)",
        Means::CorosyncGone,
        BOTH,
    ),
    line(
        "pacemakerd",
        "{daemon}[{pid}] terminated with signal {signal}",
        "] terminated with signal ",
        Means::DaemonKilled,
        BOTH,
    ),
    line(
        "systemd",
        "{service}.service: Main process exited, code={code}, status={status}",
        ".service: Main process exited, code=",
        Means::ServiceDied,
        BOTH,
    ),
    line(
        "corosync-qdevice",
        "Server didn't send echo reply message on time",
        "Server didn't send echo reply message on time",
        Means::ThirdVoteLost,
        BOTH,
    ),
    line(
        "corosync-qdevice",
        "Can't connect to qnetd host. ({code}): {reason}",
        "Can't connect to qnetd host. (",
        Means::ThirdVoteLost,
        BOTH,
    ),
    line(
        "corosync-qdevice",
        "Connect timeout",
        "Connect timeout",
        Means::ThirdVoteLost,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Set DC to {node} ({version})",
        "Set DC to",
        Means::Elected,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Unset DC (was {node})",
        "Unset DC (was ",
        Means::Unset,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Initiating {task} operation {key} locally on {node}",
        "Initiating",
        Means::Asked,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Initiating {task} operation {key} on {node}",
        "Initiating",
        Means::Asked,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Result of {task} operation for {resource} on {node}: {result}",
        "Result of",
        Means::Result,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Transition {transition} action {action} ({key} on {node}) confirmed: {result}",
        ") confirmed: ",
        Means::Confirmed,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Transition {transition} action {action} ({key} on {node}): expected '{expected}' but got '{result}'",
        "): expected '",
        Means::Unexpected,
        BOTH,
    ),
    line(
        "pacemaker-schedulerd",
        "{resource} cannot run on {node} due to reaching migration threshold (clean up resource to allow again)",
        " due to reaching migration threshold",
        Means::Threshold,
        BOTH,
    ),
    line(
        "pacemaker-schedulerd",
        "{class} resource {resource} might be active on {count} nodes (attempting recovery)",
        " might be active on ",
        Means::Twice,
        BOTH,
    ),
    line(
        "pacemaker-attrd",
        "Setting fail-count-{resource}#{task}[{node}]{where}: {count} -> (unset)",
        "Setting fail-count-",
        Means::CleanedUp,
        BOTH,
    ),
    line(
        "pacemaker-schedulerd",
        "Cluster node {node} will be fenced: {reason}",
        "Cluster node",
        Means::WillBeFenced,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Requesting fencing ({action}) of node {node}",
        "Requesting fencing (",
        Means::FenceAsked,
        BOOKWORM,
    ),
    line(
        "pacemaker-controld",
        "Requesting fencing ({action}) targeting node {node}",
        "Requesting fencing (",
        Means::FenceAsked,
        TRIXIE,
    ),
    line(
        "pacemaker-fenced",
        "Client {client} wants to fence ({action}) {node} using {device}",
        " wants to fence (",
        Means::FenceWanted,
        BOTH,
    ),
    line(
        "pacemaker-fenced",
        "Operation '{action}' [{pid}] targeting {node} using {device} returned {result}",
        "Operation '",
        Means::DeviceUsed,
        BOTH,
    ),
    line(
        "pacemaker-fenced",
        "{agent}[{pid}] stderr: [ {stamp} ERROR: {words} ]",
        " ERROR: ",
        Means::AgentSaid,
        BOTH,
    ),
    line(
        "pacemaker-fenced",
        "Operation '{action}' targeting {node} by {by} for {client}: {result}",
        "Operation '",
        Means::FenceEnded,
        BOTH,
    ),
    line(
        "pacemaker-controld",
        "Peer {node} was terminated ({action}) by {by} on behalf of {client}: OK",
        " was terminated (",
        Means::Terminated,
        BOTH,
    ),
    line(
        "pacemaker-based",
        "{operation} /cib/configuration/{path}",
        " /cib/configuration/",
        Means::ConfigurationLine,
        BOTH,
    ),
    line(
        "pacemaker-based",
        "++ {blank}<nvpair id=\"{id}\" name=\"standby\" value=\"{value}\"/>",
        "name=\"standby\"",
        Means::NodeAttribute,
        BOTH,
    ),
    line(
        "pacemaker-based",
        "++ {blank}<nvpair id=\"{id}\" name=\"maintenance\" value=\"{value}\"/>",
        "name=\"maintenance\"",
        Means::NodeAttribute,
        BOTH,
    ),
    line(
        "pacemaker-based",
        "Completed {request} operation for section {section}: OK (rc=0, origin={node}/{client}/{call}, version={admin}.{epoch}.0)",
        ".0)",
        Means::ConfigurationDone,
        BOTH,
    ),
];

/// The words of a line's holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Captured<'a> {
    /// Returns the words of a hole; none of them where the line has no such hole.
    pub fn get(&self, hole: &str) -> &'a str {
        let found = self.0.iter().find(|(name, _)| *name == hole);
        found.map_or("", |(_, words)| words)
    }
}

impl Pattern {
    /// Returns the words of the holes, where the line is one of these.
    pub fn matches<'a>(&self, program: &str, text: &'a str) -> Option<Captured<'a>> {
        if !program.starts_with(self.program) {
            return None;
        }
        let mut holes = Vec::new();
        let (first, mut template) = self.text.split_once('{').unwrap_or((self.text, ""));
        let mut rest = text.strip_prefix(first)?;
        while !template.is_empty() {
            let (name, after) = template.split_once('}')?;
            let (literal, next) = match after.split_once('{') {
                Some((literal, next)) => (literal, next),
                None => (after, ""),
            };
            let end = match literal {
                "" => rest.len(),
                // The last piece stands at the end of the line.
                _ if next.is_empty() => rest.strip_suffix(literal)?.len(),
                _ => rest.find(literal)?,
            };
            holes.push((name, &rest[..end]));
            rest = &rest[end + literal.len()..];
            template = next;
        }
        rest.is_empty().then_some(Captured(holes))
    }
}

/// Returns what a line means, with the words of its holes.
pub fn recognise<'a>(program: &str, text: &'a str) -> Option<(Means, Captured<'a>)> {
    TABLE
        .iter()
        .find_map(|pattern| Some((pattern.means, pattern.matches(program, text)?)))
}
