//! Pacemaker's own prediction, on a copy of the CIB, and its own diff of two CIBs.
//!
//! Prediction equalled reality in every case tried on Pacemaker 2.1.5 and 3.0.0.

use super::monitor::without_copy;
use super::{READING, tool};
use crate::cib::Score;
use roxmltree::Document;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;

/// The reactions of the cluster to a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// Each resource that would start, stop or move.
    pub movements: Vec<Movement>,
    /// How many operations on resources that takes, monitors included.
    #[serde(default)]
    pub operations: usize,
}

/// How much each node is worth to each resource, and what the cluster is about to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The scores, as the scheduler assigns each primitive with them; a clone's once per copy.
    pub scores: Vec<NodeScore>,
    /// What it does about it now.
    pub movements: Vec<Movement>,
}

/// How much a node is worth to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeScore {
    /// The primitive, without a clone's copy number.
    pub resource: String,
    /// The node.
    pub node: String,
    /// How much.
    pub score: Score,
}

impl Assignment {
    /// Returns the score of a primitive on a node; of copies the highest.
    pub fn score(&self, resource: &str, node: &str) -> Option<Score> {
        let scores = self.scores.iter();
        scores
            .filter(|one| one.resource == resource && one.node == node)
            .map(|one| one.score)
            .max()
    }
}

/// Asks the live cluster for its scores.
///
/// # Errors
/// What `crm_simulate` said.
pub fn assignment() -> Result<Assignment, String> {
    let argv = [
        "crm_simulate",
        "--live-check",
        "--show-scores",
        "--output-as=xml",
    ];
    let output = tool::read(&argv, READING).map_err(|e| e.to_string())?;
    parse_assignment(&output.stdout).ok_or_else(|| output.first_line())
}

/// Parses what `crm_simulate --show-scores --output-as=xml` prints.
pub fn parse_assignment(xml: &str) -> Option<Assignment> {
    let document = Document::parse(xml).ok()?;
    let allocations = document
        .descendants()
        .find(|node| node.has_tag_name("allocations"))?;
    let score = |node: roxmltree::Node| {
        // Those of groups and clones are steps on the way to it.
        if node.attribute("function")? != "pcmk__primitive_assign" {
            return None;
        }
        Some(NodeScore {
            resource: without_copy(node.attribute("id")?),
            node: node.attribute("node")?.to_owned(),
            score: node.attribute("score")?.parse().ok()?,
        })
    };
    Some(Assignment {
        scores: allocations.children().filter_map(score).collect(),
        movements: parse(xml)?.movements,
    })
}

/// A resource's change of place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// `start`, `stop`, `move`, `recover` and so on, in Pacemaker's words.
    pub action: String,
    /// The resource, without a clone's copy number.
    pub resource: String,
    /// True for one copy of a clone.
    #[serde(default)]
    pub copy: bool,
    /// Where it runs now.
    pub from: Option<String>,
    /// Where it would run.
    pub to: Option<String>,
}

/// A folder for copies of a CIB, gone when it is dropped.
struct Copies {
    folder: tempfile::TempDir,
}

impl Copies {
    /// Makes the folder; only its owner can look in.
    ///
    /// # Errors
    /// When there is no place for it.
    fn new() -> Result<Copies, String> {
        let folder = tempfile::Builder::new()
            .prefix("bascule-")
            .tempdir()
            .map_err(|e| format!("no place for a copy of the configuration: {e}"))?;
        Ok(Copies { folder })
    }

    /// Writes a copy and returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path.display().to_string())
    }
}

/// Asks what the cluster would do with this configuration and state.
///
/// # Errors
/// What `crm_simulate` said.
pub fn predict(cib: &str) -> Result<Prediction, String> {
    predict_of("cib", cib)
}

/// Predicts the reactions by a copy of this name.
///
/// # Errors
/// What `crm_simulate` said.
pub fn predict_of(copy: &str, cib: &str) -> Result<Prediction, String> {
    let copies = Copies::new()?;
    let path = copies.write(&format!("{copy}.xml"), &unvalidated(cib))?;
    simulate(&path, None)
}

/// Asks what it would do if a resource were moved to a node, and what with the state that this leads to
/// once the move's constraint is cleared.
///
/// # Errors
/// What `crm_resource` or `crm_simulate` said.
pub fn predict_move(
    cib: &str,
    resource: &str,
    node: &str,
) -> Result<(Prediction, Prediction), String> {
    let copies = Copies::new()?;
    // `crm_resource` refuses a copy that no schema is named for.
    let copy = copies.write("moved.xml", cib)?;
    let end = copies.write("end.xml", "")?;
    let to = ["--resource", resource, "--node", node];
    on_copy(&copy, &[&["crm_resource", "--move"][..], &to].concat())?;
    let there = simulate(&copy, Some(&end))?;
    on_copy(&end, &["crm_resource", "--clear", "--resource", resource])?;
    Ok((there, simulate(&end, None)?))
}

/// Returns a CIB as one that no schema is looked at for: `crm_simulate` takes 16 ms instead of 45 then,
/// and the cluster has validated it already (measured on 2.1.5). One of a schema before 2.0 stays as it
/// is: it would have to be upgraded.
fn unvalidated(cib: &str) -> Cow<'_, str> {
    const SCHEMA: &str = " validate-with=\"pacemaker-";
    let root = cib.find("<cib").unwrap_or(0);
    let Some(at) = cib[root..].find(SCHEMA).map(|at| root + at) else {
        return Cow::Borrowed(cib);
    };
    let name = &cib[at + SCHEMA.len()..];
    let Some((version, rest)) = name.split_once('"') else {
        return Cow::Borrowed(cib);
    };
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    let in_root = !cib[root..at].contains('>');
    match major {
        Some(2..) if in_root => Cow::Owned(format!("{} validate-with=\"none\"{rest}", &cib[..at])),
        _ => Cow::Borrowed(cib),
    }
}

/// Simulates one copy; `end` is where the state afterwards is written.
fn simulate(path: &str, end: Option<&str>) -> Result<Prediction, String> {
    let mut argv = vec![
        "crm_simulate",
        "--xml-file",
        path,
        "--simulate",
        "--output-as=xml",
    ];
    argv.extend(end.iter().flat_map(|end| ["--save-output", end]));
    let mut output = tool::read(&argv, READING).map_err(|e| e.to_string())?;
    parse(&output.stdout).ok_or_else(|| {
        // What it says of every copy that no schema is named for (2.1.5, 3.0.0).
        const ALWAYS: &str = "Schema validation of configuration is disabled";
        let lines = output.stderr.lines().filter(|line| !line.contains(ALWAYS));
        output.stderr = lines.map(|line| format!("{line}\n")).collect();
        output.first_line()
    })
}

fn parse(xml: &str) -> Option<Prediction> {
    let document = Document::parse(xml).ok()?;
    let actions: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("rsc_action"))
        .collect();
    let movements = actions
        .iter()
        .filter_map(|node| {
            let text = |name: &str| node.attribute(name).map(str::to_owned);
            // Without `action` it is one operation of the transition, with `op`.
            let action = text("action")?;
            // What Pacemaker would do and may not: the resource failed, or is not managed.
            if text("blocked").as_deref() == Some("true") {
                return None;
            }
            let from = text("source").or_else(|| text("node").filter(|_| action != "start"));
            let to = text("dest").or_else(|| text("node").filter(|_| action == "start"));
            let resource = text("resource").unwrap_or_default();
            let id = without_copy(&resource);
            Some(Movement {
                copy: id != resource,
                resource: id,
                action,
                from,
                to,
            })
        })
        .collect();
    let blocked = |node: &&roxmltree::Node| node.attribute("blocked") == Some("true");
    let operations = actions.iter().filter(|node| !blocked(node)).count();
    Some(Prediction {
        movements,
        operations,
    })
}

/// Returns the versioned patch from the live CIB to the target, or none when they are equal.
///
/// # Errors
/// What `crm_diff` said.
pub fn cib_patch(live: &str, target: &str) -> Result<Option<String>, String> {
    let copies = Copies::new()?;
    let old = copies.write("live.xml", live)?;
    let new = copies.write("target.xml", target)?;
    let output = tool::read(&["crm_diff", "--original", &old, "--new", &new], READING)
        .map_err(|e| e.to_string())?;
    match output.code {
        Some(0) => Ok(None),
        // 1: they differ, which is what was asked.
        Some(1) => Ok(Some(output.stdout)),
        _ => Err(output.first_line()),
    }
}

/// Runs a Pacemaker tool on a copy instead of the live CIB.
///
/// # Errors
/// What the tool said when it did not exit with 0.
fn on_copy<S: AsRef<str>>(copy: &str, argv: &[S]) -> Result<(), String> {
    debug_assert!(Path::new(copy).is_absolute());
    let output =
        tool::read_with(argv, None, &[("CIB_file", copy)], READING).map_err(|e| e.to_string())?;
    if output.code == Some(0) {
        Ok(())
    } else {
        Err(output.first_line())
    }
}

/// Returns what `crm configure delete` makes of a configuration, on a copy without any status: there
/// nothing runs that crmsh would stop first.
///
/// # Errors
/// What crmsh said.
pub fn deleted(cib: &str, names: &[String]) -> Result<String, String> {
    let copies = Copies::new()?;
    let copy = copies.write(
        "left.xml",
        &format!("{}<status/></cib>", configuration_text(cib)?),
    )?;
    let mut argv = vec!["crm", "--force", "configure", "delete"];
    argv.extend(names.iter().map(String::as_str));
    on_copy(&copy, &argv)?;
    std::fs::read_to_string(&copy).map_err(|e| format!("{copy}: {e}"))
}

/// Returns a CIB's text up to the end of its configuration.
fn configuration_text(cib: &str) -> Result<&str, String> {
    const END: &str = "</configuration>";
    let end = cib.rfind(END).ok_or("it is no CIB")?;
    Ok(&cib[..end + END.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 2.1.5 and 3.0.0 print it, but for the scores on the way: a group, a clone, and a move that is due.
    const SCORES: &str = r#"<pacemaker-result api-version="2.38" request="crm_simulate -Ls --output-as=xml">
  <cluster_status/>
  <allocations>
    <node_weight function="pcmk__group_assign" node="serv1" score="100" id="servweb"/>
    <node_weight function="pcmk__group_assign" node="serv1" score="300" id="ip"/>
    <node_weight function="pcmk__primitive_assign" node="serv1" score="-INFINITY" id="ip"/>
    <node_weight function="pcmk__primitive_assign" node="serv2" score="0" id="ip"/>
    <node_weight function="pcmk__clone_assign" node="serv1" score="0" id="cl"/>
    <node_weight function="pcmk__primitive_assign" node="serv1" score="1" id="db:0"/>
    <node_weight function="pcmk__primitive_assign" node="serv1" score="-INFINITY" id="db:1"/>
  </allocations>
  <actions>
    <rsc_action action="move" resource="ip" source="serv1" dest="serv2"/>
  </actions>
  <status code="0" message="OK"/>
</pacemaker-result>"#;

    #[test]
    fn the_scores_that_count_are_those_of_primitives() {
        let read = parse_assignment(SCORES).unwrap();
        assert_eq!(read.score("ip", "serv1"), Some(Score::MinusInfinity));
        assert_eq!(read.score("ip", "serv2"), Some(Score::Finite(0)));
        assert_eq!(read.score("db", "serv1"), Some(Score::Finite(1)));
        assert_eq!(read.score("servweb", "serv1"), None);
        assert_eq!(read.movements.len(), 1);
        assert_eq!(read.movements[0].to.as_deref(), Some("serv2"));
        assert!(parse_assignment("<pacemaker-result/>").is_none());
    }

    #[test]
    fn how_often_what_failed_has_failed_is_read() {
        for release in crate::trial::RELEASES {
            let facts = crate::trial::copy_failed(release);
            let counts = &facts.monitor.as_ref().unwrap().counts;
            let of = |id: &str| counts.iter().find(|one| one.resource == id).unwrap();
            let (db, web) = (of("db"), of("web"));
            assert!(db.keeps_off() && db.one_was_enough(), "{release}: {db:?}");
            assert!(
                web.keeps_off() && !web.one_was_enough(),
                "{release}: {web:?}"
            );
            assert_eq!(
                (web.node.as_str(), web.count, web.threshold),
                ("serv2", 1, 1)
            );
        }
    }
}
