//! `quorum add --by-hand`: what somebody carries between this host and a third one that no ssh reaches, and what is
//! typed next.

use super::add::Add;
use super::certificates;
use super::picture::Picture;
use crate::membership::device::{self, Carried, SERVER, SERVER_CERTIFICATES, Server};
use crate::plan::{Plan, Refusal, shell_line, words};
use std::net::IpAddr;
use std::path::Path;

impl Add {
    /// Refuses a name where nobody there can be asked for its address.
    pub(super) fn has_an_address(&self) -> Result<(), Refusal> {
        match self.host.parse::<IpAddr>() {
            Ok(_) => Ok(()),
            Err(_) => Err(Refusal::usage(format!(
                "--by-hand wants the address of {}: nobody there can be asked for it",
                self.host
            ))),
        }
    }

    /// Refuses until what the third host is known by is here, and while it is to sign.
    pub(super) fn was_carried(
        &self,
        picture: &Picture,
        server: &Server,
        folder: &Path,
    ) -> Result<(), Refusal> {
        let (host, again) = (&self.host, self.again(folder));
        if server.authority.is_none() {
            return Err(Refusal::check(format!(
                "there is no certificate in {}: it is what {host} is known by",
                Carried::authority(folder)
            ))
            .hint(format!("on {host}"), format!("apt-get install {SERVER}"))
            .hint(
                format!("carry it from {host} into {}", folder.display()),
                format!("{SERVER_CERTIFICATES}/qnetd-cacert.crt"),
            )
            .hint("and then", again));
        }
        let carried = server.carried.as_ref();
        let waits = carried.is_some_and(|carried| carried.asked && !carried.signed)
            && certificates::is_asked(picture.own(), server);
        if waits
            && !picture
                .sides
                .iter()
                .any(|side| certificates::has_all(side, server, picture))
        {
            let signs = Refusal::check(format!(
                "{host} has not signed yet, or the certificate is not in {}",
                Carried::certificate(folder, &picture.name)
            ));
            let steps = self.to_sign(picture, folder);
            return Err(steps
                .into_iter()
                .fold(signs, |refusal, (purpose, command)| {
                    refusal.hint(purpose, command)
                }));
        }
        Ok(())
    }

    /// Returns this command, once more.
    fn again(&self, folder: &Path) -> String {
        let folder = folder.display().to_string();
        let mut argv = words(&["bascule", "quorum", "add", &self.host, "--by-hand", &folder]);
        if let Some(wait) = self.wait {
            argv.extend(["--wait".to_owned(), wait.to_string()]);
        }
        shell_line(&argv)
    }

    /// Returns what is done by hand after the request was made, each with what it is for.
    fn to_sign(&self, picture: &Picture, folder: &Path) -> Vec<(String, String)> {
        let (host, name) = (&self.host, &picture.name);
        let request = "qdevice-net-node.crq";
        vec![
            (format!("carry it to {host}"), Carried::request(folder)),
            (
                format!("on {host}, where it lies"),
                format!("corosync-qnetd-certutil -s -c {request} -n {name}"),
            ),
            (
                format!("carry it from {host} into {}", folder.display()),
                device::certificate_of(name),
            ),
            ("and then".to_owned(), self.again(folder)),
        ]
    }

    /// Adds the steps that make a request for the third host to sign.
    pub(super) fn ask(&self, picture: &Picture, server: &Server, folder: &Path, plan: &mut Plan) {
        plan.headline = format!(
            "{}: a request is made that {} signs, which gives it a vote then",
            picture.name, self.host
        );
        self.programs(picture, server, plan);
        certificates::ask(picture, server, folder, plan);
        for (purpose, command) in self.to_sign(picture, folder) {
            plan.next.push(format!("{purpose}: {command}"));
        }
    }
}
