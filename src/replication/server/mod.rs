//! What makes the server of this host a primary or a replica: an option file of its own, the port in
//! its own hands, and a restart where one is needed. `db primary` and `db replicate` both begin so.
//!
//! Primary and replica have the same lines but for the server id, the address and `read_only`, so that
//! their roles can be swapped later. Where a step fails, the way back is the option file's: it is put
//! back as it was, and the server started again, by `Plan::no_return`, which the verb sets.

mod address;
mod bind_address;
mod binlogs;
mod file;
mod removal;
mod restart;
mod wanted;

pub use address::{own_address, virtual_addresses};
pub use file::release;
pub use removal::without_file;
pub use wanted::{Configured, DesiredServer, ServerRole};

use super::servers;
use crate::conf::options::{DROP_IN, DropIn, OptionDifference, Runtime};
use crate::facts::{DatabaseServer, Facts, Needs};
use crate::plan::{Plan, Refusal, Step, Verify};
use restart::Keeper;

/// How long the server may take to listen, in seconds, once systemd says that it runs.
const LISTENS: u64 = 15;

/// Returns what must be read to configure the server of this host.
pub fn needs() -> Needs {
    Needs {
        option_check: true,
        cib: true,
        monitor: true,
        ..servers::needs()
    }
}

/// Returns the server of this host.
///
/// # Errors
/// When it does not answer, or would not start once more with its options as they stand.
pub fn ask(facts: &Facts) -> Result<&DatabaseServer, Refusal> {
    // A server that does not answer may have stopped at an option: that is what has to be said.
    file::starts_as_it_stands(facts)?;
    servers::this_server(facts)
}

/// Adds to a plan what makes the server of this host what is wanted; nothing where it is so already.
///
/// # Errors
/// When the server cannot be asked, would not start with the options as they stand, or cannot be what
/// is wanted.
pub fn configure(
    facts: &Facts,
    wanted: &DesiredServer,
    plan: &mut Plan,
) -> Result<Configured, Refusal> {
    let server = ask(facts)?;
    let address = address::own_address(facts, server, wanted)?;
    let file = file::drop_in(server, wanted, address)?;
    let mut differences = file.differences(&server.variables);
    if wanted.role == ServerRole::Replica && !wanted.databases.is_empty() {
        differences.extend(file::filters_by_use(server));
    }
    let socket = server.socket();
    let systemd_listens = socket.active || server.on_port().any(|one| one.is_systemd());
    let restarts = systemd_listens
        || differences.iter().any(|one| one.runtime != Runtime::Set)
        || address::listens_elsewhere(server, &file);
    let configured = Configured {
        server_id: file::server_id(&file),
        address,
        port: server.port(),
        restarts,
        binlog_is_new: !server.has_binlog(),
    };
    let lies = file::lies_so(server, &file);
    if lies && differences.is_empty() && !restarts && !socket.enabled {
        return Ok(configured);
    }
    file::check_files(facts, server, &file, plan)?;
    address::check(facts, server, address, plan)?;

    let keeper = Keeper::find(facts, server, plan)?;
    if restarts {
        plan.steps.extend(keeper.leave_alone());
    }
    let mut again = keeper.start_with_old(server);
    again.extend(binlogs::without_new_binlogs(server, configured.server_id));
    // Before all else, so that they get their names back once the new ones are gone.
    if let Some(step) = binlogs::old_binlogs_aside(server, plan) {
        plan.step(step);
    }
    if systemd_listens || socket.enabled {
        plan.step(address::own_port(server, &keeper, again.clone()));
    }
    if !lies {
        let mut step = file::write(server, &file);
        // Where systemd is to listen again, it starts the server anew with that, after this.
        if restarts && !(socket.active && keeper.is_systemd()) {
            step = step.after_undo(again);
        }
        plan.step(step);
    }
    if restarts {
        restart::warn_of_restart(server, &keeper, &file, plan);
        plan.steps.extend(keeper.restart(server));
    } else if !differences.is_empty() {
        plan.step(set(server, &differences));
    }
    plan.step(proof_step(server, &file));
    if restarts {
        plan.steps.extend(keeper.look_after());
    }
    Ok(configured)
}

/// Returns the step that changes what a running server can change.
fn set(server: &DatabaseServer, differences: &[OptionDifference]) -> Step {
    let mut to = vec!["SET SESSION lock_wait_timeout=10".to_owned()];
    let mut back = to.clone();
    // A filter of databases is not taken while a replica applies. Who has a link had it stopped, and
    // starts it again where it ran.
    let stops = server.is_replica()
        && differences
            .iter()
            .any(|one| one.name.starts_with("replicate_"));
    if stops {
        to.push("STOP SLAVE".to_owned());
        back.push("STOP SLAVE".to_owned());
    }
    for difference in differences {
        to.extend(difference.statement());
        let before = OptionDifference {
            wanted: difference.running.clone().unwrap_or_default(),
            ..difference.clone()
        };
        back.extend(before.statement());
    }
    servers::sql(
        server,
        None,
        to,
        "the running server takes them at once: no restart is needed",
    )
    .undone_by(vec![servers::sql(server, None, back, "as before")])
}

/// Returns the step that has the running server say what it is.
fn proof_step(server: &DatabaseServer, file: &DropIn) -> Step {
    let names = [
        "server_id",
        "log_bin",
        "log_slave_updates",
        "binlog_format",
        "gtid_strict_mode",
        "read_only",
    ];
    let value = |name: &str| match name {
        "log_bin" => "ON".to_owned(),
        name => file::switch(file.get(name).unwrap_or_default()),
    };
    let values: Vec<String> = names.iter().map(|name| value(name)).collect();
    let variables: Vec<String> = names.iter().map(|name| format!("@@{name}")).collect();
    let query = format!("SELECT CONCAT_WS(' ', {})", variables.join(", "));
    servers::sql(server, None, [query], "what the running server says it is")
        .expecting(
            values.join(" "),
            format!("the running server is not as {DROP_IN} says"),
        )
        .verify(Verify::Listens {
            port: server.port(),
            addresses: address::listens_on(file),
        })
        .within(LISTENS)
}
