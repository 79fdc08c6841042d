//! The steps: what is installed, tried, written and turned on, in this order.

use super::nodes::NodeHere;
use super::options::Action;
use super::{Addition, NewDevice};
use crate::cib::{Cib, Object};
use crate::facts::{Facts, PasswordFile};
use crate::fencing::secret::Place;
use crate::fencing::{device, enabling, secret};
use crate::membership::nodes::Member;
use crate::membership::{members, packages};
use crate::plan::values::{Keeper, Named, Source};
use crate::plan::{Check, Plan, Refusal, Step, Undo, Verify, over_ssh, words};
use crate::resources::property;
use crate::wording::{list, verb_ending};

/// Where a password that is to be written comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFrom {
    /// The file that was named, or the keyboard.
    Given,
    /// The node here, which has it.
    Here,
}

impl Addition<'_> {
    /// Returns whether passwords are to be written, and from where.
    pub(super) fn passwords_to_write(
        &self,
        facts: &Facts,
        devices: &[NewDevice],
        here: &[NodeHere],
        is_new: &dyn Fn(&NewDevice) -> bool,
    ) -> Result<Option<PasswordFrom>, Refusal> {
        if self.user.is_none() {
            return Ok(None);
        }
        let given = self.options.password_file.as_ref();
        if let Some(PasswordFile::Fit { sum, .. }) =
            given.and_then(|path| facts.passwords.get(path))
        {
            let same = |node: &NodeHere| node.sums.iter().all(|there| there.as_ref() == Some(sum));
            return Ok((!here.iter().all(same)).then_some(PasswordFrom::Given));
        }
        if devices.iter().any(is_new) {
            return Ok(Some(PasswordFrom::Given));
        }
        let own = here.iter().find(|node| node.target.is_none());
        let own = own.map(|node| node.sums.as_slice()).unwrap_or_default();
        let alike = here.iter().all(|node| node.sums == own);
        if alike && own.iter().all(Option::is_some) {
            return Ok(None);
        }
        match own.iter().all(Option::is_some) {
            true => Ok(Some(PasswordFrom::Here)),
            false => Ok(Some(PasswordFrom::Given)),
        }
    }

    pub(super) fn install(&self, here: &[NodeHere], plan: &mut Plan) {
        for node in here.iter().filter(|node| !node.lacks.is_empty()) {
            let packages = self.agent.packages(node.packaging);
            let why = format!("what switches nodes off, for {}", node.member.name);
            let mut step = packages::install(&packages, why);
            if node.target.is_none() {
                step.verify = packages::there(&node.lacks);
            }
            plan.step(packages::update().at(node.target.as_deref()));
            plan.step(step.at(node.target.as_deref()));
        }
    }

    /// Adds the question to each device from each node that may have to use it.
    pub(super) fn try_devices(
        &self,
        devices: &[NewDevice],
        here: &[NodeHere],
        writes: Option<PasswordFrom>,
        plan: &mut Plan,
    ) {
        let given = writes == Some(PasswordFrom::Given);
        if given && let Some(user) = self.user {
            plan.secrets.push(Named {
                name: secret::PASSWORD.to_owned(),
                source: match &self.options.password_file {
                    Some(path) => Source::File(path.clone()),
                    None => Source::Typed(format!("the password of {user} at the fence device")),
                },
                keeper: Keeper::File,
            });
        }
        for device in devices {
            // One that is only copied is tried where it comes from.
            let copied = writes == Some(PasswordFrom::Here);
            let asks = here.iter().filter(|node| match copied {
                true => node.target.is_none(),
                false => node.member.name != device.node,
            });
            for node in asks {
                let mut params = device.params.clone();
                if given {
                    let value = format!("${{{}}}", secret::PASSWORD);
                    params.push(("password".to_owned(), value));
                } else if self.user.is_some() {
                    // Each has it, or it is here.
                    params.push(secret::parameter(&device.id));
                }
                let why = format!(
                    "does {} see the power of {}? A wrong address, user or password says so here",
                    node.member.name, device.node
                );
                plan.step(
                    self.agent
                        .ask_power(&params, why)
                        .at(node.target.as_deref()),
                );
            }
        }
    }

    /// Adds the steps that put the passwords on each node.
    pub(super) fn bring_passwords(
        &self,
        devices: &[NewDevice],
        here: &[NodeHere],
        writes: Option<PasswordFrom>,
        plan: &mut Plan,
    ) {
        let Some(from) = writes else { return };
        let number_aside = secret::free_number(here.iter().map(|node| node.beside.as_str()));
        let own = here.iter().find(|node| node.target.is_none());
        for (number, device) in devices.iter().enumerate() {
            for node in here {
                let (path, name) = (secret::path(&device.id), &node.member.name);
                let there = node.sums.get(number).cloned().flatten();
                let had = there.is_some().then_some(number_aside);
                match (from, &node.target) {
                    (PasswordFrom::Given, _) => {
                        let target = node.target.as_deref();
                        for step in secret::write(&device.id, had, Place { node: name, target }) {
                            plan.step(step);
                        }
                    }
                    (PasswordFrom::Here, Some(target)) => {
                        let own_sum = own.and_then(|own| own.sums.get(number).cloned().flatten());
                        if there == own_sum {
                            continue;
                        }
                        for step in secret::copy(&device.id, had, name, target) {
                            plan.step(step);
                        }
                    }
                    (PasswordFrom::Here, None) => {}
                }
                // This host comes first.
                if let (Some(target), Some(last)) = (&node.target, plan.steps.last_mut()) {
                    last.verify.push(members::same_file(&path, target));
                }
            }
        }
    }

    /// Adds the step that has Pacemaker start a device that it gave up, or that has another password now.
    pub(super) fn look_again(&self, device: &str, plan: &mut Plan) {
        plan.step(
            Step::run(
                words(&["crm_resource", "--cleanup", "--resource", device]),
                "looked at again, with what it has now",
            )
            .within(150)
            .waits_for("the device to answer")
            .verify(Verify::Runs {
                resource: device.to_owned(),
                node: None,
            }),
        );
    }

    pub(super) fn load(
        &self,
        missing: Vec<Object>,
        devices: &[NewDevice],
        here: &[NodeHere],
        plan: &mut Plan,
    ) {
        let mut step = Step::crm(
            missing,
            "one commit; each runs anywhere but on the node that it switches off",
        )
        .within(150)
        .waits_for("the devices to answer");
        for device in devices {
            step = step.verify(Verify::Runs {
                resource: device.id.clone(),
                node: None,
            });
        }
        plan.step(step);
        self.levels(devices, plan);
        for device in devices {
            for node in here.iter().filter(|node| node.member.name != device.node) {
                let argv = words(&["stonith_admin", "--list", &device.node]);
                let proof = Verify::Prints {
                    argv: match &node.target {
                        Some(target) => over_ssh(target, &argv),
                        None => argv,
                    },
                    text: device.id.clone(),
                    proves: format!(
                        "{} can switch {} off by {}",
                        node.member.name, device.node, device.id
                    ),
                };
                if let Some(last) = plan.steps.last_mut() {
                    last.verify.push(proof);
                }
            }
        }
    }

    /// Adds the order in which a node's devices are tried, where this is not the first.
    fn levels(&self, devices: &[NewDevice], plan: &mut Plan) {
        if self.options.level == 1 {
            return;
        }
        let mut xml = String::from("<fencing-topology>");
        let mut touches = Vec::new();
        for device in devices {
            for level in 1..=self.options.level {
                let id = format!("fence-{}-level-{level}", device.node);
                let name = device::name(&device.node, level);
                xml += &format!(
                    "<fencing-level id=\"{id}\" target=\"{}\" index=\"{level}\" devices=\"{name}\"/>",
                    device.node
                );
                touches.push(id);
            }
        }
        xml += "</fencing-topology>";
        let argv = [
            "cibadmin",
            "--modify",
            "--allow-create",
            "--scope",
            "fencing-topology",
            "--xml-pipe",
        ];
        plan.step(
            Step::run(
                words(&argv),
                "which is tried first, and which where that fails",
            )
            .stdin(xml)
            .undo(Undo::Cib { touches }),
        );
    }

    /// Adds the step that turns fencing on, where every node can then be switched off.
    pub(super) fn turn_on(&self, facts: &Facts, cib: &Cib, members: &[Member], plan: &mut Plan) {
        let uncovered = enabling::uncovered(cib);
        if !uncovered.is_empty() {
            let s = verb_ending(&uncovered);
            plan.check(Check::warning(format!(
                "{} ha{} no device yet: fencing stays off until then, since a loss of that node would stop \
                 its services for ever",
                list(&uncovered),
                if s.is_empty() { "ve" } else { "s" },
            )));
            return;
        }
        let (mut properties, defaults) = enabling::delay(
            cib,
            self.delay_of(members, facts),
            self.options.delay.is_some(),
        );
        if cib.is_on("stonith-enabled") == Some(false) {
            properties.push(("stonith-enabled".to_owned(), "true".to_owned()));
        }
        let objects = property::sets(cib, properties, defaults);
        if objects.is_empty() {
            return;
        }
        plan.check(Check::ok(self.price(members, facts)).note("explain fencing"));
        plan.step(
            Step::crm(objects, "last of all, now that the devices run").verify(Verify::Settled),
        );
        plan.next.push("bascule fence test".to_owned());
    }

    /// Returns what a loss will cost.
    fn price(&self, members: &[Member], facts: &Facts) -> String {
        let back = match self.options.action {
            Action::Reboot => "switched off and on: its services start elsewhere after about 8 s",
            Action::Off => {
                "switched off and stays off until somebody switches it on: its services start elsewhere \
                 after about 4 s"
            }
        };
        match self.delay_of(members, facts) {
            0 => format!("a lost node is {back}"),
            delay => format!(
                "a lost node is {back}, {delay} s later where it ran them: in a cut the other one waits, so \
                 that not both shoot"
            ),
        }
    }
}
