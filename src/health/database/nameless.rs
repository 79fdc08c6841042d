//! Accounts without a name: whoever comes from their host logs in under any name that is not there, and
//! a named account with a wider host is not found from there (1045; seen on 10.11 and 11.8: the server
//! looks for the narrowest host first, then for the name).

use super::super::Problem;
use super::topology::Server;
use crate::mariadb::accounts::{Holder, Name};
use crate::plan::typed_sql_unlogged;

/// How many shadowed accounts are named.
const NAMED: usize = 4;

/// Adds the accounts of a server that have no name.
pub(super) fn judge(server: &Server, found: &mut Vec<Problem>) {
    let open = |one: &&Holder| !one.is_role && !one.locked;
    let holders = &server.said.rights.holders;
    let nameless: Vec<&Name> = holders
        .iter()
        .filter(open)
        .map(|one| &one.name)
        .filter(|name| name.user.is_empty() && !name.host.is_empty())
        .collect();
    if nameless.is_empty() {
        return;
    }
    let all: Vec<String> = nameless.iter().map(|name| name.sql()).collect();
    let all = all.join(", ");
    let mut problem = Problem::new(
        false,
        match nameless.as_slice() {
            [_] => format!(
                "{} has an account without a name, {all}: whoever comes from there may log in by it, under any name",
                server.name
            ),
            _ => format!(
                "{} has accounts without a name, {all}: whoever comes from there may log in by them, under any name",
                server.name
            ),
        },
    );
    // Which hosts another pattern stands for is not asked: `%` is all of them.
    let narrow = nameless.iter().any(|name| !name.host.contains(['%', '_']));
    let shadowed: Vec<String> = holders
        .iter()
        .filter(open)
        .filter(|one| narrow && one.name.host == "%" && !one.name.user.is_empty())
        .map(|one| one.name.sql())
        .collect();
    if !shadowed.is_empty() {
        let more = shadowed.len().saturating_sub(NAMED);
        let mut names = shadowed;
        names.truncate(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let hosts: Vec<&str> = nameless
            .iter()
            .map(|name| name.host.as_str())
            .filter(|host| !host.contains(['%', '_']))
            .collect();
        problem.cause = format!(
            "From {} it is found before {}{more}, whose password is then refused (1045).",
            hosts.join(", "),
            names.join(", ")
        );
    }
    found.push(problem.next(
        &format!("to remove it, where nobody means it so{}", server.place()),
        typed_sql_unlogged(&server.said.client, &format!("DROP USER {all}")),
    ));
}

#[cfg(test)]
mod tests {
    use crate::health;
    use crate::mariadb::accounts::{Holder, Name};
    use crate::trial;

    /// Adds accounts to those of a recorded primary; returns what is told of nameless ones.
    fn told(release: &str, names: &[(&str, &str)], locked: bool) -> Vec<(String, String)> {
        let mut facts = trial::facts(release, "accounts-lacking");
        let said = facts.database.as_mut().unwrap();
        said.rights.holders.retain(|one| one.name.host != "%");
        said.rights
            .holders
            .extend(names.iter().map(|(user, host)| Holder {
                name: Name::new(*user, *host),
                locked,
                ..Holder::default()
            }));
        let all = health::problems(&facts).into_iter();
        all.filter(|one| one.what.contains("without a name"))
            .map(|one| (one.what, one.cause))
            .collect()
    }

    #[test]
    fn an_account_without_a_name_is_told_with_whom_it_hides() {
        for release in trial::RELEASES {
            assert_eq!(told(release, &[("app", "%")], false), []);
            let [(what, cause)] = &told(release, &[("", "localhost"), ("app", "%")], false)[..]
            else {
                panic!()
            };
            assert!(
                what.contains("''@'localhost': whoever comes from there"),
                "{what}"
            );
            assert!(
                cause.contains("From localhost it is found before 'app'@'%'"),
                "{cause}"
            );
            // One that is no narrower hides nobody, and one that is locked lets nobody in.
            let [(_, cause)] = &told(release, &[("", "%"), ("app", "%")], false)[..] else {
                panic!()
            };
            assert_eq!(cause, "");
            assert_eq!(told(release, &[("", "localhost")], true), []);
        }
    }
}
