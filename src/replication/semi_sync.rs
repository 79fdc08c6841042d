//! Semi-sync on a primary whose replicas do not take part yet: with its binlog every commit begins to wait
//! for one of them, those of its clients and our own (seen on 10.11 and 11.8).

use crate::facts::DatabaseServer;
use crate::plan::{Check, Refusal, line_on, typed_sql};

const ENABLED: &str = "rpl_semi_sync_master_enabled";
const TIMEOUT: &str = "rpl_semi_sync_master_timeout";

/// How many milliseconds a commit may wait without harm, which is MariaDB's own default: once that is over
/// the primary goes on without.
const SHORT: u64 = 10_000;

fn is_on(value: &str) -> bool {
    let words = ["ON", "1", "TRUE"];
    words.iter().any(|on| value.eq_ignore_ascii_case(on))
}

/// Looks whether the first commits would wait for a replica that is not there yet; `restarts` where the
/// server begins anew before, as its option files say. `via` is the host it is on, when it is another one.
///
/// # Errors
/// When they would wait for longer than anybody does.
pub fn check_waits(
    server: &DatabaseServer,
    via: Option<&str>,
    restarts: bool,
) -> Result<Option<Check>, Refusal> {
    let says = |name: &str| match (restarts, server.default_of(name)) {
        // An option without a value is on.
        (true, Some("")) => Some("ON"),
        (true, said) => said,
        (false, _) => server.variable(name),
    };
    let on = says(ENABLED).is_some_and(is_on);
    // Then nobody waits as long as there is no replica (seen on 11.8).
    let only_for_some =
        says("rpl_semi_sync_master_wait_no_slave").is_some_and(|value| !is_on(value));
    let taking_part = server.status_number("Rpl_semi_sync_master_clients");
    // Without a replica in time it goes on without, until one answers.
    let fallen = !restarts
        && server
            .status
            .get("Rpl_semi_sync_master_status")
            .is_some_and(|is| is != "ON");
    if !on || only_for_some || taking_part.unwrap_or(0) > 0 || fallen {
        return Ok(None);
    }
    let wait = says(TIMEOUT)
        .and_then(|value| value.parse().ok())
        .unwrap_or(SHORT);
    let what = format!(
        "semi-sync is on on {} ({ENABLED}), and no replica takes part yet",
        server.host
    );
    if wait <= SHORT {
        return Ok(Some(Check::warning(format!(
            "{what}: the first commit waits {:.1} s for one",
            wait as f64 / 1000.0
        ))));
    }
    let refusal = Refusal::check(format!(
        "{what}: every commit there would wait {} s for one ({TIMEOUT}), those of clients as well",
        wait / 1000
    ));
    let set = |value: &str| {
        let typed = typed_sql(&server.client, &format!("SET GLOBAL {ENABLED}={value}"));
        via.map_or(typed.clone(), |host| line_on(host, &typed))
    };
    let refusal = match restarts {
        true => refusal.hint(
            format!("where it is set; write {ENABLED}=0 there until a replica follows"),
            "grep -rniE 'rpl[-_]semi[-_]sync[-_]master' /etc/mysql",
        ),
        false => refusal.hint("to have them wait for nobody until then", set("0")),
    };
    Err(refusal.hint("once a replica follows, as before", set("1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server as `SHOW GLOBAL VARIABLES`, `SHOW GLOBAL STATUS` and `my_print_defaults` have it.
    fn server(enabled: &str, timeout: &str, clients: &str, defaults: &[&str]) -> DatabaseServer {
        let map = |pairs: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        DatabaseServer {
            host: "serv1".to_owned(),
            client: "mariadb".to_owned(),
            variables: map(&[(ENABLED, enabled), (TIMEOUT, timeout)]),
            status: map(&[
                ("Rpl_semi_sync_master_status", enabled),
                ("Rpl_semi_sync_master_clients", clients),
            ]),
            defaults: defaults.iter().map(|word| (*word).to_owned()).collect(),
            ..DatabaseServer::default()
        }
    }

    #[test]
    fn a_primary_that_would_wait_for_a_day_is_refused() {
        let files = [
            "--rpl_semi_sync_master_enabled=1",
            "--rpl-semi-sync-master-timeout=100000000",
        ];
        let long = server("ON", "100000000", "0", &files);
        let refusal = check_waits(&long, None, true).unwrap_err().to_string();
        assert!(
            refusal.contains("every commit there would wait 100000 s"),
            "{refusal}"
        );
        let refusal = check_waits(&long, None, false).unwrap_err();
        assert!(
            refusal.hints.iter().any(
                |hint| hint.command == "mariadb -e 'SET GLOBAL rpl_semi_sync_master_enabled=0'"
            ),
            "{refusal:?}"
        );
        // Off at run time, and on once it begins anew; the other way round.
        assert!(check_waits(&server("OFF", "10000", "0", &files), None, true).is_err());
        assert_eq!(
            check_waits(&server("OFF", "10000", "0", &files), None, false).unwrap(),
            None
        );
        let off = ["--rpl_semi_sync_master_enabled=0"];
        assert_eq!(
            check_waits(&server("ON", "100000000", "0", &off), None, true).unwrap(),
            None
        );
        // A replica takes part; the default wait.
        assert_eq!(
            check_waits(&server("ON", "100000000", "1", &files), None, false).unwrap(),
            None
        );
        let short = check_waits(&server("ON", "10000", "0", &[]), None, false).unwrap();
        assert!(short.is_some_and(|check| check.text.contains("waits 10.0 s")));
        let bare = ["--rpl-semi-sync-master-enabled"];
        assert!(
            check_waits(&server("OFF", "10000", "0", &bare), None, true)
                .unwrap()
                .is_some()
        );
    }
}
