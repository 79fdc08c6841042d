//! The quorum device of corosync.conf: a third host that has a vote.

use super::{CorosyncConf, CorosyncLineKind, EditError, join};

/// A device on a third host, as bascule writes it: `ffsplit` gives its one vote to one half of an even
/// number of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The third host.
    pub host: String,
    /// How long a node waits for it, in milliseconds.
    pub timeout: u32,
}

/// The section of a device.
const DEVICE: &str = "quorum.device";

/// What `cluster init` writes above `two_node`, and what stands there while a third host has a vote instead.
pub(super) const TWO_NODE: &str =
    "# With two_node, of two nodes either goes on alone; after a cold start both must meet first";
const THIRD_HOST: &str =
    "# The third host's vote stands for two_node: of two nodes the one that has it goes on alone";

/// What goes with no device (votequorum(5)).
const ALONE: [&str; 3] = ["auto_tie_breaker", "last_man_standing", "allow_downscale"];

impl Device {
    /// How long a node waits where nobody said otherwise. corosync's own 10000 made an outage of 7 to 10 s of
    /// one of 5 (seen on 3.1.7).
    pub const TIMEOUT: u32 = 3000;

    /// Returns how long a node waits while the membership changes, in milliseconds: it must be longer.
    pub fn sync_timeout(&self) -> u32 {
        self.timeout.saturating_mul(2)
    }

    /// Returns the keys in the running corosync and in the file, with their values.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("model", "net".to_owned()),
            ("votes", "1".to_owned()),
            ("timeout", self.timeout.to_string()),
            ("sync_timeout", self.sync_timeout().to_string()),
            ("net.host", self.host.clone()),
            ("net.algorithm", "ffsplit".to_owned()),
            ("net.tls", "required".to_owned()),
        ]
        .map(|(key, value)| (join(DEVICE, key), value))
        .to_vec()
    }
}

impl CorosyncConf {
    /// Tells whether there is a quorum device.
    pub fn has_device(&self) -> bool {
        self.has_section(DEVICE)
    }

    /// Returns the third host of the device.
    pub fn device_host(&self) -> Option<&str> {
        self.get("quorum.device.net.host")
    }

    /// Returns the first and the last line of the device, counted from 1, where there is one.
    pub fn device_lines(&self) -> Option<(usize, usize)> {
        let sections = self.sections_of(DEVICE);
        let [section] = sections.as_slice() else {
            return None;
        };
        Some((section.open? + 1, section.close + 1))
    }

    /// Returns how many votes corosync counts on once it has read this file; none where that changes as nodes go.
    pub fn written_votes(&self) -> Option<u32> {
        let changes = ALONE.iter().any(|key| self.is_on(&format!("quorum.{key}")));
        let counted = ["quorum.expected_votes", "nodelist.node.quorum_votes"];
        if changes || counted.iter().any(|key| self.get(key).is_some()) {
            return None;
        }
        let nodes = u32::try_from(self.nodes().len()).ok()?;
        match self.has_device() {
            true => Some(nodes + self.get("quorum.device.votes")?.parse::<u32>().ok()?),
            false => Some(nodes),
        }
    }

    /// Tells whether corosync counts by `two_node` once it has read this file: a device ends that.
    pub fn counts_as_two(&self) -> bool {
        self.two_node() && !self.has_device()
    }

    /// Returns how long a node waits for the device, in milliseconds, where the file says it.
    pub fn device_timeout(&self) -> Option<u32> {
        self.get("quorum.device.timeout")?.parse().ok()
    }

    /// Tells whether the device wants certificates: `on` does where the third host can (corosync-qdevice(8)),
    /// and is what counts where nothing is written.
    pub fn device_wants_certificates(&self) -> bool {
        self.has_device() && self.get("quorum.device.net.tls") != Some("off")
    }

    /// Writes a device and takes `two_node` out, beside which corosync would not start any more; tells whether
    /// that changed the file.
    ///
    /// # Errors
    /// When a value cannot be written.
    pub fn put_device(&mut self, device: &Device) -> Result<bool, EditError> {
        let mut changed = self.remove("quorum.two_node")?;
        if changed {
            self.comment_on_quorum(TWO_NODE, THIRD_HOST);
        }
        for (key, value) in device.settings() {
            changed |= self.set(&key, &value)?;
        }
        Ok(changed)
    }

    /// Takes the device out; two nodes then have `two_node` again.
    ///
    /// # Errors
    /// When `two_node` cannot be written.
    pub fn remove_device(&mut self) -> Result<(), EditError> {
        while let Some(section) = self.sections_of(DEVICE).pop() {
            let Some(open) = section.open else { break };
            self.lines.drain(open..=section.close);
        }
        self.fit_two_node()?;
        self.comment_on_quorum(THIRD_HOST, TWO_NODE);
        // A new setting comes behind the last one, and the comment belongs above it.
        let mut lines = self.lines.windows(2);
        let below = |pair: &[super::Line]| {
            pair[0].text.trim().starts_with("two_node:") && pair[1].text.trim() == TWO_NODE
        };
        if let Some(at) = lines.position(below) {
            self.lines.swap(at, at + 1);
        }
        Ok(())
    }

    /// Puts one of bascule's own comments in another's place; what somebody else wrote stays.
    fn comment_on_quorum(&mut self, old: &str, new: &str) {
        for line in &mut self.lines {
            if line.kind == CorosyncLineKind::Nothing && line.text.trim() == old {
                line.text = line.text.replace(old, new);
            }
        }
    }

    /// Returns the setting that goes with no device, if one is there.
    pub fn conflict_with_device(&self) -> Option<(String, &str)> {
        let switches = ALONE.map(|key| format!("quorum.{key}")).into_iter();
        let mut on = switches.filter(|key| self.is_on(key));
        let counted = || {
            ["quorum.expected_votes", "nodelist.node.quorum_votes"]
                .map(str::to_owned)
                .into_iter()
                .find(|key| match key.as_str() {
                    "nodelist.node.quorum_votes" => self.get(key).is_some_and(|votes| votes != "1"),
                    _ => self.get(key).is_some(),
                })
        };
        let key = on.next().or_else(counted)?;
        let value = self.get(&key)?;
        Some((key, value))
    }

    /// Tells whether another file says the same but for the device and `two_node`, however it is written:
    /// crmsh writes both anew, without comments and with tabs.
    pub fn differs_only_by_device(&self, other: &CorosyncConf) -> bool {
        self.without_device() == other.without_device()
    }

    fn without_device(&self) -> Vec<(String, String, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        let mut said = Vec::new();
        for section in self.sections() {
            let count: &mut usize = counts.entry(section.path.clone()).or_default();
            *count += 1;
            if section.path.starts_with(DEVICE) {
                continue;
            }
            let items = self.items_in(&section);
            said.extend(items.map(|item| {
                let key = join(&section.path, item.key);
                (key, item.value.to_owned(), *count)
            }));
        }
        said.retain(|(key, _, _)| key != "quorum.two_node");
        said.sort();
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: &str = "totem {\n    version: 2\n    cluster_name: web\n}\n# who decides\nquorum {\n    \
         provider: corosync_votequorum\n    two_node: 1\n}\nnodelist {\n    node {\n        name: a\n        \
         nodeid: 1\n        ring0_addr: 10.0.0.1\n    }\n    node {\n        name: b\n        nodeid: 2\n        \
         ring0_addr: 10.0.0.2\n    }\n}\n";

    fn device() -> Device {
        Device {
            host: "10.0.0.3".to_owned(),
            timeout: 3000,
        }
    }

    fn with_device() -> CorosyncConf {
        let mut conf = CorosyncConf::parse(PAIR).unwrap();
        assert_eq!(conf.put_device(&device()), Ok(true));
        conf
    }

    #[test]
    fn a_device_takes_the_place_of_two_node_and_gives_it_back() {
        let mut conf = with_device();
        assert_eq!(
            conf.to_text(),
            PAIR.replace(
                "    two_node: 1\n",
                "    device {\n        model: net\n        votes: 1\n        timeout: 3000\n        \
                 sync_timeout: 6000\n        net {\n            host: 10.0.0.3\n            \
                 algorithm: ffsplit\n            tls: required\n        }\n    }\n"
            )
        );
        assert_eq!(CorosyncConf::parse(&conf.to_text()).unwrap(), conf);
        assert_eq!(conf.put_device(&device()), Ok(false));
        assert!(conf.device_wants_certificates());
        assert_eq!(
            (conf.device_host(), conf.device_timeout()),
            (Some("10.0.0.3"), Some(3000))
        );
        conf.remove_device().unwrap();
        assert_eq!(conf.to_text(), PAIR);
    }

    #[test]
    fn what_crmsh_left_is_mended_in_place() {
        let mut conf = with_device();
        let text = conf
            .to_text()
            .replace("3000", "10000")
            .replace("required", "on");
        conf = CorosyncConf::parse(&text.replace("    device {", "    two_node: 0\n    device {"))
            .unwrap();
        assert_eq!(conf.put_device(&device()), Ok(true));
        assert_eq!(conf.to_text(), with_device().to_text());
    }

    #[test]
    fn two_files_that_differ_by_the_device_alone_are_known() {
        let pair = CorosyncConf::parse(PAIR).unwrap();
        let tabbed = with_device()
            .to_text()
            .replace("    ", "\t")
            .replace("# who decides\n", "");
        assert!(pair.differs_only_by_device(&CorosyncConf::parse(&tabbed).unwrap()));
        let other = PAIR.replace("10.0.0.2", "10.0.0.9");
        assert!(!pair.differs_only_by_device(&CorosyncConf::parse(&other).unwrap()));
        let swapped = PAIR
            .replace("name: a", "name: x")
            .replace("name: b", "name: a")
            .replace("name: x", "name: b");
        assert!(!pair.differs_only_by_device(&CorosyncConf::parse(&swapped).unwrap()));
    }

    #[test]
    fn what_goes_with_no_device_is_named() {
        let with = |line: &str| {
            let text = PAIR.replace("    two_node: 1\n", &format!("    {line}\n"));
            let conf = CorosyncConf::parse(&text).unwrap();
            conf.conflict_with_device()
                .map(|(key, value)| format!("{key} {value}"))
        };
        assert_eq!(with("wait_for_all: 1"), None);
        assert_eq!(
            with("auto_tie_breaker: 1").as_deref(),
            Some("quorum.auto_tie_breaker 1")
        );
        assert_eq!(with("auto_tie_breaker: 0"), None);
        assert_eq!(
            with("expected_votes: 2").as_deref(),
            Some("quorum.expected_votes 2")
        );
    }

    #[test]
    fn the_comment_of_cluster_init_goes_with_two_node_and_comes_back() {
        let node = |name: &str, address: &str| super::super::ConfNode {
            name: Some(name.to_owned()),
            addresses: vec![address.to_owned()],
            ..super::super::ConfNode::default()
        };
        let nodes = [node("a", "10.0.0.1"), node("b", "10.0.0.2")];
        let text = super::super::new_cluster("web", &nodes);
        let mut conf = CorosyncConf::parse(&text).unwrap();
        conf.put_device(&device()).unwrap();
        let with = conf.to_text();
        assert!(
            with.contains(THIRD_HOST) && !with.contains(TWO_NODE),
            "{with}"
        );
        let (first, last) = conf.device_lines().unwrap();
        let lines: Vec<&str> = with.lines().collect();
        assert_eq!(lines[first - 1].trim(), "device {");
        assert_eq!(lines[last].trim(), "}");
        assert_eq!(lines[last - 1].trim(), "}");
        conf.remove_device().unwrap();
        assert_eq!(conf.to_text(), text);
        // What somebody else wrote stays.
        let own = text.replace(TWO_NODE, "# mine");
        let mut conf = CorosyncConf::parse(&own).unwrap();
        conf.put_device(&device()).unwrap();
        assert!(conf.to_text().contains("# mine"));
    }
}
