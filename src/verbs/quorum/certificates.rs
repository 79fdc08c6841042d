//! The certificates by which nodes and third host know each other: the third host signs one for the cluster,
//! which all nodes have.
//!
//! Request, signature and key go from disk to disk. The file with the key has no password: no step prints it,
//! and no image of it is kept. What `corosync-qdevice-net-certutil` ends with tells nothing (`echo` comes last):
//! its result is looked at.

use super::picture::{Picture, argv_on, on};
use crate::membership::device::{
    self, Carried, NODE_CERTIFICATES, SERVER_CERTIFICATES, Server, Side,
};
use crate::membership::members::{remote, scp};
use crate::plan::{Plan, Refusal, Step, Verify, shell_line, words};
use std::path::Path;

/// What a node has of what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// A certificate for this cluster, signed by this third host.
    All,
    /// The beginning of one.
    Half,
    /// Nothing.
    Nothing,
}

/// The tool on the nodes.
const TOOL: &str = "corosync-qdevice-net-certutil";

fn file(name: &str) -> String {
    format!("{NODE_CERTIFICATES}/{name}")
}

/// Returns what a node has.
///
/// # Errors
/// When it has certificates of something else.
fn held(side: &Side, server: &Server, picture: &Picture, host: &str) -> Result<Held, Refusal> {
    let made = &side.certificates;
    let foreign = |what: String| {
        let refusal = Refusal::check(format!("{} has certificates {what}", side.name));
        let there = match &side.target {
            Some(target) => format!("ssh root@{target} rm -r {NODE_CERTIFICATES}"),
            None => format!("rm -r {NODE_CERTIFICATES}"),
        };
        match picture.sides.iter().any(Side::runs_with_device) {
            true => refusal.hint("to take that device out, first", "bascule quorum remove"),
            false => refusal.hint("if nothing else needs them", there),
        }
    };
    match (&made.authority, &made.cluster) {
        (None, None) if made.database => Ok(Held::Half),
        (None, None) => Ok(Held::Nothing),
        (Some(authority), _) if server.authority.as_ref() != Some(authority) => {
            Err(foreign(format!("of another third host than {host}")))
        }
        (None, Some(cluster)) => Err(foreign(format!("for {cluster}, signed by nobody"))),
        (Some(_), None) => Ok(Held::Half),
        (Some(_), Some(cluster)) if *cluster == picture.name => Ok(Held::All),
        (Some(_), Some(cluster)) => Err(foreign(format!("for another cluster, {cluster}"))),
    }
}

/// Returns true for a node that has a certificate for this cluster, signed by this third host.
pub fn has_all(side: &Side, server: &Server, picture: &Picture) -> bool {
    held(side, server, picture, "").is_ok_and(|held| held == Held::All)
}

/// Returns true for a node that knows the third host and has no certificate yet: its key waits for a signature.
pub fn is_asked(side: &Side, server: &Server) -> bool {
    let made = &side.certificates;
    made.authority.is_some() && made.authority == server.authority && made.cluster.is_none()
}

/// Returns true while a third host that nobody asked has yet to be given a request to sign.
///
/// # Errors
/// When a node has certificates of something else, or what is signed is not what this host asked for.
pub fn is_to_be_asked(picture: &Picture, server: &Server, host: &str) -> Result<bool, Refusal> {
    for side in &picture.sides {
        if held(side, server, picture, host)? == Held::All {
            return Ok(false);
        }
    }
    let Some(carried) = server.carried.as_ref().filter(|carried| carried.signed) else {
        return Ok(true);
    };
    if is_asked(picture.own(), server) {
        return Ok(false);
    }
    let signed = Carried::certificate(&carried.folder, &picture.name);
    Err(Refusal::check(format!(
        "the key that {signed} was signed for is not here: it is of another request"
    ))
    .hint("to ask anew, first", shell_line(&words(&["rm", &signed]))))
}

/// Adds the steps that make the request, and put it into the folder that is carried.
pub fn ask(picture: &Picture, server: &Server, folder: &Path, plan: &mut Plan) {
    let own = picture.own();
    let state = match own.certificates.database {
        true => Held::Half,
        false => Held::Nothing,
    };
    begin(own, state, server, plan);
    request(&picture.name, plan);
    let there = Carried::request(folder);
    plan.step(
        Step::run(
            ["install", "-m", "644", &file(REQUEST), &there],
            "to be carried; there is no secret in it",
        )
        .undone_by(vec![Step::run(["rm", "-f", &there], "it is not needed")]),
    );
    plan.no_return = Some(plan.steps.len());
}

/// Adds the steps after which every node has its certificate.
///
/// # Errors
/// When a node has those of something else.
pub fn bring(
    picture: &Picture,
    server: &Server,
    host: &str,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let mut lacking = Vec::new();
    let mut holder = None;
    for side in &picture.sides {
        match held(side, server, picture, host)? {
            Held::All => holder = holder.or(Some(side)),
            state => lacking.push((side, state)),
        }
    }
    for (side, state) in &lacking {
        // Its key is what was signed.
        let waits = server.carried.is_some() && side.target.is_none() && is_asked(side, server);
        if !(waits && holder.is_none()) {
            begin(side, *state, server, plan);
        }
    }
    let own = picture.own();
    let holder = match holder {
        _ if lacking.is_empty() => return Ok(()),
        Some(holder) => {
            if !holder.certificates.bundled {
                export(holder, plan);
            }
            holder
        }
        None => {
            match &server.carried {
                Some(carried) => fetch_carried(&carried.folder, &picture.name, plan),
                None => sign(picture, server, plan),
            }
            import_signed(picture, plan);
            own
        }
    };
    for (side, _) in lacking.iter().filter(|(side, _)| side.name != holder.name) {
        let bundle = file("qdevice-net-node.p12");
        let at = |side: &Side| match &side.target {
            Some(target) => remote(target, &bundle),
            None => bundle.clone(),
        };
        plan.step(Step::run(
            scp(&at(holder), &at(side)),
            "certificate and key, from disk to disk: nobody sees them",
        ));
        let import = Step::run([TOOL, "-m", "-c", &bundle], "the same certificate there");
        plan.step(proved(on(import, side), side));
    }
    Ok(())
}

/// Adds the steps that make a node's database, with the third host's own certificate in it.
fn begin(side: &Side, state: Held, server: &Server, plan: &mut Plan) {
    if state == Held::Half {
        plan.step(on(
            Step::run(
                ["rm", "-r", NODE_CERTIFICATES],
                "what an attempt before left half done; nothing uses it",
            ),
            side,
        ));
    }
    // All that comes into the folder goes with it.
    let made = match side.certificates.folder {
        true => NODE_CERTIFICATES,
        false => "/etc/corosync/qdevice",
    };
    let back = Step::run(["rm", "-rf", made], "certificates and key that were made");
    plan.step(on(
        Step::run(
            ["install", "-d", "-m", "0770", NODE_CERTIFICATES],
            format!("where {} keeps its certificates", side.name),
        )
        .undone_by(vec![on(back, side)]),
        side,
    ));
    let authority = file("qnetd-cacert.crt");
    let from = match &server.carried {
        Some(carried) => Carried::authority(&carried.folder),
        None => remote(
            &server.target,
            &format!("{SERVER_CERTIFICATES}/qnetd-cacert.crt"),
        ),
    };
    let copy = match &side.target {
        Some(target) if server.carried.is_some() => scp(&from, &remote(target, &authority)),
        // Through this host: nothing says that the other one reaches it by ssh.
        Some(target) => {
            let mut argv = scp(&from, &remote(target, &authority));
            argv.insert(1, "-3".to_owned());
            argv
        }
        None if server.carried.is_some() => words(&["cp", &from, &authority]),
        None => scp(&from, &authority),
    };
    plan.step(Step::run(
        copy,
        "the third host's own certificate, which it is known by",
    ));
    plan.step(on(
        Step::run([TOOL, "-i", "-c", &authority], "a database with it"),
        side,
    ));
}

/// Where a node's tool puts the request.
const REQUEST: &str = "qdevice-net-node.crq";

/// Adds the step that makes a key of this host and the request to sign it.
fn request(name: &str, plan: &mut Plan) {
    plan.step(
        Step::run(
            [TOOL, "-r", "-n", name],
            "a new key, and the request to sign it",
        )
        .verify(Verify::Exists {
            path: file(REQUEST).into(),
        }),
    );
}

/// Returns where this host has the signed certificate.
fn signed_here(name: &str) -> String {
    file(&format!("cluster-{name}.crt"))
}

/// Adds the step that takes a signed certificate out of the folder that was carried.
fn fetch_carried(folder: &Path, name: &str, plan: &mut Plan) {
    let local = signed_here(name);
    let back = Step::run(["rm", "-f", &local], "it was not there before");
    plan.step(
        Step::run(
            ["cp", &Carried::certificate(folder, name), &local],
            "the signed certificate",
        )
        .undone_by(vec![back]),
    );
}

/// Adds the steps by which the third host signs a certificate that this host has the key of.
fn sign(picture: &Picture, server: &Server, plan: &mut Plan) {
    let name = picture.name.as_str();
    let request = file(REQUEST);
    self::request(name, plan);
    let there = format!("{SERVER_CERTIFICATES}/cluster-{name}.crq");
    plan.step(Step::run(
        scp(&request, &remote(&server.target, &there)),
        "to the third host; there is no secret in it",
    ));
    let signed = device::certificate_of(name);
    if server.knows_name {
        let before = format!("{signed}.before");
        plan.step(
            Step::run(
                ["mv", "-f", &signed, &before],
                "a certificate from before, kept beside",
            )
            .on(&server.target)
            .undone_by(vec![
                Step::run(["mv", "-f", &before, &signed], "as before").on(&server.target),
            ]),
        );
    }
    let argv = ["corosync-qnetd-certutil", "-s", "-c", &there, "-n", name];
    let line = format!(
        "{}; rm -f {}",
        shell_line(&words(&argv)),
        shell_line(std::slice::from_ref(&there))
    );
    plan.step(
        Step::run(["sh", "-euc", &line], format!("it signs for {name}"))
            .on(&server.target)
            .undone_by(vec![
                Step::run(
                    ["rm", "-f", &signed, &there],
                    "the certificate is not needed",
                )
                .on(&server.target),
            ]),
    );
    plan.step(Step::run(
        scp(&remote(&server.target, &signed), &signed_here(name)),
        "the signed certificate",
    ));
}

/// Adds the step that puts the signed certificate beside its key.
fn import_signed(picture: &Picture, plan: &mut Plan) {
    plan.step(proved(
        Step::run(
            [TOOL, "-M", "-c", &signed_here(&picture.name)],
            "into the database, and with the key into a file for the other nodes",
        ),
        picture.own(),
    ));
}

/// Adds the step that writes the file for the other nodes where a certificate was made by hand.
fn export(holder: &Side, plan: &mut Plan) {
    let bundle = file("qdevice-net-node.p12");
    let argv = [
        "pk12util",
        "-d",
        NODE_CERTIFICATES,
        "-o",
        &bundle,
        "-W",
        "",
        "-n",
        "Cluster Cert",
    ];
    let back = on(Step::run(["rm", "-f", &bundle], "it was not there"), holder);
    plan.step(on(
        Step::run(argv, "certificate and key in a file for the other nodes").undone_by(vec![back]),
        holder,
    ));
}

/// Returns a step with the proof that a node's certificate is valid.
fn proved(step: Step, side: &Side) -> Step {
    let argv = [
        "certutil",
        "-V",
        "-u",
        "C",
        "-d",
        NODE_CERTIFICATES,
        "-n",
        "Cluster Cert",
    ];
    step.verify(Verify::Prints {
        argv: argv_on(side, &argv),
        text: "certificate is valid".to_owned(),
        proves: format!("{} has a valid certificate", side.name),
    })
}
