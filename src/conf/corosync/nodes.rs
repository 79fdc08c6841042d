//! The nodelist of corosync.conf: who is a node, and adding or removing one.

use serde::{Deserialize, Serialize};

use super::edit::check_value;
use super::{CorosyncConf, CorosyncLineKind, EditError, Section};

/// The most links corosync takes.
const MOST_LINKS: usize = 8;

/// The highest node id that knet takes.
const HIGHEST_NODEID: u32 = 65_535;

/// A node of the nodelist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfNode {
    /// Its name, Pacemaker's name for it too.
    pub name: Option<String>,
    /// Its number, none when it is missing or not a number.
    pub nodeid: Option<u32>,
    /// Its address on each link: ring0_addr, ring1_addr and so on.
    pub addresses: Vec<String>,
}

impl ConfNode {
    /// Returns a node with one address, whose number is yet to be chosen.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> ConfNode {
        ConfNode {
            name: Some(name.into()),
            nodeid: None,
            addresses: vec![address.into()],
        }
    }

    /// Returns its name, or its first address, which Pacemaker takes for the name where there is none.
    pub fn label(&self) -> &str {
        let address = self.addresses.first().map(String::as_str);
        self.name
            .as_deref()
            .or(address)
            .unwrap_or("a node without name and address")
    }

    /// Returns the lines of its section, indented by one string outside and another inside.
    pub(super) fn to_lines(&self, nodeid: u32, outer: &str, inner: &str) -> Vec<String> {
        let mut lines = vec![format!("{outer}node {{")];
        lines.extend(self.name.iter().map(|name| format!("{inner}name: {name}")));
        lines.push(format!("{inner}nodeid: {nodeid}"));
        let links = self.addresses.iter().enumerate();
        lines.extend(links.map(|(link, address)| format!("{inner}ring{link}_addr: {address}")));
        lines.push(format!("{outer}}}"));
        lines
    }
}

impl CorosyncConf {
    /// Returns the nodes in the order of the file.
    pub fn nodes(&self) -> Vec<ConfNode> {
        self.node_sections()
            .iter()
            .map(|section| self.node_in(section))
            .collect()
    }

    pub(super) fn node_sections(&self) -> Vec<Section> {
        self.sections_of("nodelist.node")
    }

    pub(super) fn node_in(&self, section: &Section) -> ConfNode {
        let value = |key: String| {
            self.items_in(section)
                .filter(|item| item.key == key)
                .last()
                .map(|item| item.value)
        };
        ConfNode {
            name: value("name".to_owned()).map(str::to_owned),
            nodeid: value("nodeid".to_owned()).and_then(|id| id.parse().ok()),
            addresses: (0..MOST_LINKS)
                .filter_map(|link| value(format!("ring{link}_addr")).map(str::to_owned))
                .collect(),
        }
    }

    /// Adds a node after the others and returns its number, the next free one where it has none.
    ///
    /// `two_node` stays as it is: see [`CorosyncConf::fit_two_node`].
    pub fn add_node(&mut self, node: &ConfNode) -> Result<u32, EditError> {
        let nodes = self.nodes();
        let nodeid = node.nodeid.unwrap_or_else(|| next_nodeid(&nodes));
        check_new(node, nodeid, &nodes)?;

        let sections = self.node_sections();
        if let Some(last) = sections.last().and_then(|last| Some((last, last.open?))) {
            let (last, open) = last;
            let mut lines = node.to_lines(nodeid, &self.indent_of(open), &self.indent_in(last));
            if open
                .checked_sub(1)
                .is_some_and(|line| self.lines[line].text.is_empty())
            {
                lines.insert(0, String::new());
            }
            self.insert(last.close + 1, &lines);
            return Ok(nodeid);
        }
        match self.sections_of("nodelist").pop() {
            Some(list) => {
                let outer = self.indent_in(&list);
                let inner = format!("{outer}{}", self.indent_unit());
                self.insert(list.close, &node.to_lines(nodeid, &outer, &inner));
            }
            None => {
                let unit = self.indent_unit();
                let mut lines = vec!["nodelist {".to_owned()];
                lines.extend(node.to_lines(nodeid, &unit, &unit.repeat(2)));
                lines.push("}".to_owned());
                self.insert(self.lines.len(), &lines);
            }
        }
        Ok(nodeid)
    }

    /// Removes a node by its name, or by its first address where it has none, and the empty line between it and the one before.
    pub fn remove_node(&mut self, name: &str) -> Result<(), EditError> {
        let found = self
            .node_sections()
            .into_iter()
            .rfind(|section| self.node_in(section).label() == name);
        let Some((open, close)) = found.and_then(|section| Some((section.open?, section.close)))
        else {
            let names: Vec<String> = self
                .nodes()
                .iter()
                .map(|node| node.label().to_owned())
                .collect();
            return Err(EditError(format!(
                "no node is called {name}: the nodes are {}",
                names.join(", ")
            )));
        };
        self.lines.drain(open..=close);

        let empty = |line: Option<usize>| {
            line.and_then(|line| self.lines.get(line))
                .is_some_and(|line| line.text.is_empty())
        };
        let closes = |line: usize| {
            self.lines
                .get(line)
                .is_some_and(|line| line.kind == CorosyncLineKind::Close)
        };
        let before = open.checked_sub(1);
        let follows_a_node = open.checked_sub(2).is_some_and(closes);
        if empty(before) && (follows_a_node || empty(Some(open))) {
            self.lines.remove(open - 1);
        }
        Ok(())
    }

    /// Sets `two_node: 1` for two nodes without a quorum device and removes it for all others; tells
    /// whether that changed the file.
    pub fn fit_two_node(&mut self) -> Result<bool, EditError> {
        if self.nodes().len() == 2 && !self.has_section("quorum.device") {
            self.set("quorum.two_node", "1")
        } else {
            self.remove("quorum.two_node")
        }
    }
}

/// Returns the number after the highest one.
pub(super) fn next_nodeid(nodes: &[ConfNode]) -> u32 {
    nodes
        .iter()
        .filter_map(|node| node.nodeid)
        .max()
        .unwrap_or(0)
        .saturating_add(1)
}

fn check_new(node: &ConfNode, nodeid: u32, nodes: &[ConfNode]) -> Result<(), EditError> {
    let refuse = |what: String| Err(EditError(what));
    let Some(name) = &node.name else {
        return refuse("a node needs its name: write what `uname -n` prints there".to_owned());
    };
    check_value("name", name)?;
    for address in &node.addresses {
        check_value("address", address)?;
    }
    if nodes.iter().any(|other| other.name.as_ref() == Some(name)) {
        return refuse(format!(
            "{name} is a node already: write another name, or remove that node first"
        ));
    }
    if let Some(other) = nodes.iter().find(|other| other.nodeid == Some(nodeid)) {
        return refuse(format!(
            "node id {nodeid} is that of {}: write {}",
            other.label(),
            next_nodeid(nodes)
        ));
    }
    if !(1..=HIGHEST_NODEID).contains(&nodeid) {
        return refuse(format!(
            "node id {nodeid} of {name} is not between 1 and {HIGHEST_NODEID}"
        ));
    }
    let links = nodes
        .first()
        .map_or(node.addresses.len().clamp(1, MOST_LINKS), |first| {
            first.addresses.len()
        });
    if node.addresses.len() != links {
        return refuse(format!(
            "{name} has {} addresses and needs {links}, one for each link",
            node.addresses.len()
        ));
    }
    for address in &node.addresses {
        if let Some(other) = nodes.iter().find(|other| other.addresses.contains(address)) {
            return refuse(format!(
                "{address} is the address of {} already: write that of {name}",
                other.label()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{NOTES, any_text, conf};
    use super::*;

    fn refusal(node: ConfNode) -> String {
        conf(NOTES).add_node(&node).unwrap_err().to_string()
    }

    #[test]
    fn the_nodes_of_the_notes() {
        let nodes = conf(NOTES).nodes();
        assert_eq!(nodes.len(), 2);
        assert_eq!(nodes[1].name.as_deref(), Some("serv2"));
        assert_eq!(nodes[1].nodeid, Some(2));
        assert_eq!(nodes[1].addresses, ["172.16.0.11"]);
    }

    #[test]
    fn all_links_of_a_node_are_read() {
        let conf = conf(
            "nodelist {\nnode {\nring1_addr: 10.0.0.1\nring0_addr: 172.16.0.10\nnodeid: one\n}\n}\n",
        );
        let node = &conf.nodes()[0];
        assert_eq!(node.addresses, ["172.16.0.10", "10.0.0.1"]);
        assert_eq!((node.name.as_deref(), node.nodeid), (None, None));
        assert_eq!(node.label(), "172.16.0.10");
    }

    #[test]
    fn a_node_is_added_in_the_manner_of_the_others() {
        let mut conf = conf(
            "nodelist {\n  node {\n    name: a\n    nodeid: 7\n    ring0_addr: 10.0.0.1\n  }\n}\n",
        );
        assert_eq!(conf.add_node(&ConfNode::new("b", "10.0.0.2")), Ok(8));
        assert!(conf.to_text().ends_with(
            "  }\n  node {\n    name: b\n    nodeid: 8\n    ring0_addr: 10.0.0.2\n  }\n}\n"
        ));
    }

    #[test]
    fn a_node_is_added_to_an_empty_file() {
        let mut conf = conf("");
        assert_eq!(conf.add_node(&ConfNode::new("a", "10.0.0.1")), Ok(1));
        let expected =
            "nodelist {\n\tnode {\n\t\tname: a\n\t\tnodeid: 1\n\t\tring0_addr: 10.0.0.1\n\t}\n}\n";
        assert_eq!(conf.to_text(), expected);
        conf.remove_node("a").unwrap();
        assert_eq!(conf.to_text(), "nodelist {\n}\n");
        conf.add_node(&ConfNode::new("a", "10.0.0.1")).unwrap();
        assert_eq!(conf.to_text(), expected);
    }

    #[test]
    fn a_node_that_clashes_is_refused() {
        assert!(refusal(ConfNode::new("serv1", "172.16.0.13")).contains("serv1 is a node already"));
        assert!(
            refusal(ConfNode::new("serv3", "172.16.0.11"))
                .contains("is the address of serv2 already")
        );
        assert!(
            refusal(ConfNode {
                name: None,
                ..ConfNode::new("", "172.16.0.13")
            })
            .contains("needs its name")
        );
        let numbered = |nodeid| ConfNode {
            nodeid: Some(nodeid),
            ..ConfNode::new("serv3", "172.16.0.13")
        };
        assert_eq!(refusal(numbered(2)), "node id 2 is that of serv2: write 3");
        assert!(refusal(numbered(0)).contains("not between 1 and 65535"));
        assert!(
            refusal(ConfNode {
                addresses: vec![],
                ..numbered(3)
            })
            .contains("has 0 addresses and needs 1")
        );
        assert!(
            refusal(ConfNode::new("serv3\n}", "172.16.0.13")).contains("has a line break in it")
        );
    }

    #[test]
    fn an_unknown_node_is_not_removed() {
        let refusal = conf(NOTES).remove_node("srv-web1").unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "no node is called srv-web1: the nodes are serv1, serv2"
        );
    }

    #[test]
    fn a_removed_node_takes_its_empty_line_along() {
        let node = |name: &str| format!("\tnode {{\n\t\tname: {name}\n\t}}\n");
        let text = format!(
            "nodelist {{\n{}\n{}\n{}}}\n",
            node("a"),
            node("b"),
            node("c")
        );
        for (gone, rest) in [("a", ["b", "c"]), ("b", ["a", "c"]), ("c", ["a", "b"])] {
            let mut conf = conf(&text);
            conf.remove_node(gone).unwrap();
            let kept = format!("{}\n{}", node(rest[0]), node(rest[1]));
            assert_eq!(
                conf.to_text().replace("nodelist {\n\n", "nodelist {\n"),
                format!("nodelist {{\n{kept}}}\n")
            );
        }
    }

    #[test]
    fn two_node_fits_the_number_of_nodes() {
        let mut conf = conf(NOTES);
        assert_eq!(conf.fit_two_node(), Ok(true));
        assert!(conf.two_node());
        assert_eq!(conf.fit_two_node(), Ok(false));
        conf.add_node(&ConfNode::new("serv3", "172.16.0.13"))
            .unwrap();
        assert_eq!(conf.fit_two_node(), Ok(true));
        assert!(!conf.two_node());
        conf.remove_node("serv3").unwrap();
        conf.set("quorum.device.model", "net").unwrap();
        assert_eq!(conf.fit_two_node(), Ok(false));
    }

    /// A file with a nodelist in one of the manners people write it.
    fn any_nodelist() -> impl Strategy<Value = String> {
        const GAPS: &[&str] = &["", "\n", "# the next\n", "\n# the next\n"];
        let nodes = prop::collection::vec((prop::sample::select(GAPS), any::<bool>()), 1..4);
        (any_text(), nodes, any::<bool>(), "[ \t]{0,2}").prop_map(
            |(before, nodes, comment, indent)| {
                let mut text = before;
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str("nodelist {\n");
                for (number, (gap, named)) in nodes.into_iter().enumerate() {
                    let name = if named {
                        format!("name: n{number}\n")
                    } else {
                        String::new()
                    };
                    let node =
                        format!("{gap}{indent}node {{\n{name}ring0_addr: 10.0.0.{number}\n}}\n");
                    text.push_str(&node);
                }
                text.push_str(if comment { "# more to come\n}" } else { "}\n" });
                text
            },
        )
    }

    proptest! {
        #[test]
        fn adding_and_removing_a_node_leaves_the_file_as_it_was(text in any_nodelist()) {
            let before = conf(&text);
            let mut node = ConfNode::new("new", "10.9.8.7");
            let links = before.nodes()[0].addresses.len();
            node.addresses = (0..links).map(|link| format!("10.9.8.{link}")).collect();
            let mut after = before.clone();
            after.add_node(&node).unwrap();
            prop_assert_eq!(after.nodes().len(), before.nodes().len() + 1);
            prop_assert_eq!(&CorosyncConf::parse(&after.to_text()).unwrap(), &after);
            after.remove_node("new").unwrap();
            prop_assert_eq!(after.to_text(), text);
        }
    }
}
