//! Which accounts a replica lacks that have rights on what it replicates, or has otherwise.
//!
//! Only the rights on the databases that come are wanted there. Rights on everything (`ON *.*`) are wanted as
//! rights on each of these databases: what an application does in them it can do after a switch, and nothing
//! else on a server that may have databases of its own. What rules a whole server (SUPER, FILE, PROCESS …)
//! is told and not copied: the right to administer one server is no right to administer another, and an
//! administrator who wants both gives it in one statement.

use super::{Accounts, Holder, Name, Object, Right, SHOW_ROUTINE, global};
use crate::mariadb::filter::matches;
use std::collections::BTreeSet;

/// The part of a primary that comes to its replica.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    /// The databases that come.
    pub comes: Vec<&'a str>,
    /// The replica's databases that do not.
    pub own: Vec<&'a str>,
    /// Nothing is filtered.
    pub everything: bool,
    /// The accounts by which replicas log in, whose names are nobody else's.
    pub replication: Vec<&'a str>,
    /// Both servers know `SHOW CREATE ROUTINE`.
    pub show_routine: bool,
}

/// How an account of the primary is on the replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// The account is not there.
    Missing,
    /// The account has another password, or is otherwise not what it is on the primary.
    Otherwise,
    Same,
}

/// The difference of an account or a role, and what makes it be there as on the primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDifference {
    /// Which one.
    pub name: Name,
    pub is_role: bool,
    /// How it is on the replica.
    pub state: AccountState,
    /// The account is locked on the primary.
    pub locked: bool,
    /// How it proves itself on the primary.
    pub plugins: Vec<String>,
    /// The rights it lacks.
    pub rights: Vec<Right>,
    /// The roles it lacks, with whether they may be given on.
    pub roles: Vec<(String, bool)>,
    /// The role it is to have when it logs in, and the one it has on the replica now.
    pub default_role: Option<(String, String)>,
    /// The rights that the replica's account of that name has and its namesake on the primary has not: it is
    /// somebody else's, and stays as it is.
    pub foreign: Vec<String>,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Roles first, those before others that need them; then the accounts.
    pub differences: Vec<AccountDifference>,
    /// The things that are not copied, in sentences without full stop.
    pub untouched: Vec<String>,
    /// The accounts and roles that were compared.
    pub compared: Vec<Name>,
}

impl AccountDifference {
    /// Returns it in a few words: `app@% (missing)`.
    pub fn words(&self) -> String {
        let name = match self.is_role {
            true => format!("the role {}", self.name.plain()),
            false => self.name.plain(),
        };
        let how = match self.state {
            AccountState::Missing => "missing",
            AccountState::Otherwise => "another password or other settings",
            AccountState::Same => "fewer rights",
        };
        format!("{name} ({how})")
    }
}

impl Comparison {
    /// Returns what can be copied.
    pub fn mendable(&self) -> impl Iterator<Item = &AccountDifference> {
        self.differences.iter().filter(|one| one.foreign.is_empty())
    }

    /// Returns what cannot, since the replica has another account of that name.
    pub fn foreign(&self) -> impl Iterator<Item = &AccountDifference> {
        self.differences
            .iter()
            .filter(|one| !one.foreign.is_empty())
    }

    /// Returns the differences in a few words each, accounts before the roles that they have.
    pub fn words(&self) -> String {
        let mut all: Vec<&AccountDifference> = self.differences.iter().collect();
        all.sort_by_key(|one| one.is_role);
        listed(all.into_iter().map(AccountDifference::words))
    }
}

/// How many names a sentence has at most.
const NAMED: usize = 8;

/// Returns these with commas between them, and how many there are besides.
pub fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<String> = names.into_iter().collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Accounts that are the server's or its distribution's, on every host its own.
fn is_system(name: &Name) -> bool {
    matches!(
        name.user.as_str(),
        "root" | "mysql" | "mariadb.sys" | "debian-sys-maint" | "mariadb-sys-maint"
    ) && !name.host.is_empty()
}

impl Accounts {
    /// Compares what a primary has with what its replica has.
    pub fn compared_with(&self, replica: &Accounts, scope: &Scope) -> Comparison {
        let both = Both {
            primary: self,
            replica,
            scope,
        };
        let mut found = Comparison::default();
        let mut roles: Vec<Name> = Vec::new();
        let mut accounts: Vec<&Holder> = Vec::new();
        for holder in &self.holders {
            let name = &holder.name;
            if holder.is_role || is_system(name) || scope.replication.contains(&name.user.as_str())
            {
                continue;
            }
            both.proxy(holder, &mut found);
            if !both.concerns(name) {
                continue;
            }
            let plain = |c: char| !c.is_control();
            if name.user.is_empty()
                || !(name.user.chars().all(plain) && name.host.chars().all(plain))
            {
                if replica.holder(name).is_none() {
                    found.untouched.push(format!(
                        "{} has rights on what is replicated, and no name that is copied",
                        quoted(name)
                    ));
                }
                continue;
            }
            both.needed(name, &mut roles);
            accounts.push(holder);
        }
        // It is everybody's on the replica too, also of those who have nothing to do with the primary.
        let public = Name::role("PUBLIC");
        let given = both.wanted(&public);
        if given.iter().any(|right| both.lacking(right).is_some()) {
            found.untouched.push(
                "PUBLIC, which is everybody, has rights on what is replicated on the primary alone: they \
                 are not copied"
                    .to_owned(),
            );
        }
        for name in &roles {
            if let Some(holder) = self.holder(name) {
                found.compared.push(name.clone());
                found.differences.extend(both.difference(holder, &[]));
            }
        }
        let kept: Vec<String> = found.foreign().map(|one| one.name.user.clone()).collect();
        for holder in accounts {
            found.compared.push(holder.name.clone());
            let difference = both.difference(holder, &kept);
            let own = replica.holder(&holder.name).map_or(0, |own| own.global);
            let beyond = global(holder.global & !own, false);
            // The account by itself may be there with all that is wanted.
            if !beyond.is_empty() {
                let beyond: Vec<String> = match beyond.len() {
                    0..=3 => beyond.into_iter().collect(),
                    n => vec![format!("{n} rights over the whole server")],
                };
                found.untouched.push(format!(
                    "{} has {} on the primary alone: rights over a whole server are not copied",
                    holder.name.plain(),
                    beyond.join(", ")
                ));
            }
            both.surplus(&holder.name, &mut found);
            found.differences.extend(difference);
        }
        both.only_on_replica(&mut found);
        found
    }
}

fn quoted(name: &Name) -> String {
    format!(
        "'{}'@'{}'",
        name.user.escape_debug(),
        name.host.escape_debug()
    )
}

/// Both servers' accounts.
struct Both<'a> {
    primary: &'a Accounts,
    replica: &'a Accounts,
    scope: &'a Scope<'a>,
}

impl Both<'_> {
    /// Returns true when somebody has rights on what comes, of its own or by a role.
    fn concerns(&self, name: &Name) -> bool {
        self.reached(name)
            .iter()
            .any(|name| !self.wanted(name).is_empty())
    }

    /// Returns somebody and all the roles that come with it.
    fn reached(&self, name: &Name) -> Vec<Name> {
        let mut all = vec![name.clone()];
        let mut at = 0;
        while let Some(one) = all.get(at).cloned() {
            for granted in self.primary.roles_of(&one) {
                let role = Name::role(&granted.role);
                if !all.contains(&role) {
                    all.push(role);
                }
            }
            at += 1;
        }
        all
    }

    /// Adds the roles that somebody needs for its rights, the innermost first.
    fn needed(&self, name: &Name, roles: &mut Vec<Name>) {
        let mut reached = self.reached(name);
        reached.remove(0);
        for role in reached.into_iter().rev() {
            if self.concerns(&role) && !roles.contains(&role) {
                roles.push(role);
            }
        }
    }

    /// Says who acts as another account.
    fn proxy(&self, holder: &Holder, found: &mut Comparison) {
        for proxy in self
            .primary
            .proxies
            .iter()
            .filter(|one| one.holder == holder.name)
        {
            if self.concerns(&proxy.acts_as) && !self.replica.proxies.contains(proxy) {
                found.untouched.push(format!(
                    "{} may act as {} on the primary alone (PROXY), which is not copied",
                    holder.name.plain(),
                    proxy.acts_as.plain()
                ));
            }
        }
    }

    /// Says what somebody may do on the replica with what is replicated, and not on the primary: it may have
    /// been taken there since it was copied.
    fn surplus(&self, name: &Name, found: &mut Comparison) {
        for database in &self.scope.comes {
            let (Some(there), row) = (
                specific(self.replica, name, database),
                specific(self.primary, name, database),
            ) else {
                continue;
            };
            let mut surplus = there.privileges.clone();
            surplus.retain(|one| !row.is_some_and(|row| row.privileges.contains(one)));
            surplus.retain(|one| !self.everywhere(name).contains(one));
            if !surplus.is_empty() {
                found.untouched.push(format!(
                    "{} has more rights on {database} on the replica than on the primary ({}): none is taken",
                    name.plain(),
                    listed(surplus)
                ));
            }
        }
    }

    /// Names the accounts of the replica alone that have rights on what is replicated: one of them may have
    /// been dropped on the primary since it was copied.
    fn only_on_replica(&self, found: &mut Comparison) {
        let turned = Both {
            primary: self.replica,
            replica: self.primary,
            scope: self.scope,
        };
        let holders = self.replica.holders.iter().filter(|holder| {
            let name = &holder.name;
            let ours = is_system(name) || self.scope.replication.contains(&name.user.as_str());
            !holder.is_role && !ours && self.primary.holder(name).is_none() && turned.concerns(name)
        });
        let names: Vec<String> = holders.map(|holder| holder.name.plain()).collect();
        if !names.is_empty() {
            found.untouched.push(format!(
                "on the replica alone these have rights on what is replicated, and keep them: {}",
                listed(names)
            ));
        }
    }

    /// Returns what somebody must be able to do on the replica.
    fn wanted(&self, name: &Name) -> Vec<Right> {
        let mut wanted: Vec<Right> = Vec::new();
        let everywhere = self.everywhere(name);
        for database in &self.scope.comes {
            let row = specific(self.primary, name, database);
            let mut privileges =
                row.map_or_else(BTreeSet::new, |row| self.known_to_both(&row.privileges));
            let as_is = row.and_then(|row| self.as_it_is(row, database));
            let on = match as_is {
                Some(pattern) if everywhere.is_subset(&privileges) => pattern.to_owned(),
                _ => literal(database),
            };
            privileges.extend(everywhere.iter().cloned());
            let right = Right {
                holder: name.clone(),
                on: Object::Database(on),
                privileges,
            };
            if !right.privileges.is_empty() && !wanted.contains(&right) {
                wanted.push(right);
            }
        }
        let inside = self.primary.rights_of(name).filter(|right| {
            let database = right.on.database();
            database.is_some_and(|database| self.scope.comes.contains(&database))
        });
        wanted.extend(inside.map(|right| Right {
            privileges: self.known_to_both(&right.privileges),
            ..right.clone()
        }));
        wanted.retain(|right| !right.privileges.is_empty());
        wanted
    }

    /// Returns what somebody has on every database of the primary.
    fn everywhere(&self, name: &Name) -> BTreeSet<String> {
        let bits = self.primary.holder(name).map_or(0, |holder| holder.global);
        self.known_to_both(&global(bits, true))
    }

    /// Leaves out what one of the two servers does not know.
    fn known_to_both(&self, privileges: &BTreeSet<String>) -> BTreeSet<String> {
        let known = |name: &&String| self.scope.show_routine || *name != SHOW_ROUTINE;
        privileges.iter().filter(known).cloned().collect()
    }

    /// Returns the pattern of a row where it says no more on the replica than that this database is meant.
    fn as_it_is<'r>(&self, row: &'r Right, database: &str) -> Option<&'r str> {
        let Object::Database(pattern) = &row.on else {
            return None;
        };
        let means_it =
            self.scope.everything || pattern == database || *pattern == literal(database);
        let takes_more = self.scope.own.iter().any(|own| matches(pattern, own));
        (means_it && !takes_more).then_some(pattern)
    }

    /// Returns what of a wanted right must be given on the replica.
    fn lacking(&self, right: &Right) -> Option<Right> {
        let name = &right.holder;
        let same = self
            .replica
            .rights_of(name)
            .find(|one| one.on == right.on)
            .map(|one| &one.privileges);
        let bits = self.replica.holder(name).map_or(0, |holder| holder.global);
        let mut has = global(bits, true);
        has.extend(same.into_iter().flatten().cloned());
        let mut privileges = right.privileges.clone();
        match &right.on {
            Object::Database(pattern) => {
                let database = self
                    .scope
                    .comes
                    .iter()
                    .find(|database| *pattern == literal(database) || pattern == *database);
                let row = database.and_then(|database| specific(self.replica, name, database));
                if let Some(row) = row {
                    has.extend(row.privileges.iter().cloned());
                    if same.is_none() && !privileges.is_subset(&has) {
                        // The row that names it alone is the one that counts then.
                        privileges.extend(row.privileges.iter().cloned());
                        has.retain(|name| !row.privileges.contains(name));
                    }
                }
            }
            on => {
                let row = on
                    .database()
                    .and_then(|database| specific(self.replica, name, database));
                has.extend(
                    row.into_iter()
                        .flat_map(|row| row.privileges.iter().cloned()),
                );
                if let Object::Column {
                    database, table, ..
                } = on
                {
                    let table = Object::Table {
                        database: database.clone(),
                        table: table.clone(),
                    };
                    let row = self.replica.rights_of(name).find(|one| one.on == table);
                    has.extend(
                        row.into_iter()
                            .flat_map(|row| row.privileges.iter().cloned()),
                    );
                }
            }
        }
        privileges.retain(|name| !has.contains(name));
        (!privileges.is_empty()).then(|| Right {
            privileges,
            ..right.clone()
        })
    }

    /// Returns what the replica needs for one of the primary's; `kept` are the roles of the replica that
    /// are somebody else's.
    fn difference(&self, holder: &Holder, kept: &[String]) -> Option<AccountDifference> {
        let name = &holder.name;
        let there = self.replica.holder(name);
        let state = match there {
            None => AccountState::Missing,
            Some(there) if !holder.is_role && there.proof != holder.proof => {
                AccountState::Otherwise
            }
            Some(_) => AccountState::Same,
        };
        let rights: Vec<Right> = self
            .wanted(name)
            .iter()
            .filter_map(|right| self.lacking(right))
            .collect();
        let needed = self.primary.roles_of(name).filter(|granted| {
            let role = Name::role(&granted.role);
            let has = self.replica.roles_of(name);
            let has = has
                .into_iter()
                .any(|one| one.role == granted.role && (one.admin || !granted.admin));
            !has && self.concerns(&role)
        });
        let (roles, others): (Vec<_>, Vec<_>) =
            needed.partition(|granted| !kept.contains(&granted.role));
        let default = &holder.default_role;
        let is = there.map_or("", |there| there.default_role.as_str());
        let default_role = (!default.is_empty()
            && default != is
            && !kept.contains(default)
            && self.concerns(&Name::role(default)))
        .then(|| (default.clone(), is.to_owned()));
        let mut foreign = match state {
            AccountState::Otherwise => self.foreign(holder),
            // A role that is there gives more to whoever gets it, and to whoever has it.
            AccountState::Same if holder.is_role && !rights.is_empty() => self.foreign(holder),
            _ => Vec::new(),
        };
        if state == AccountState::Same
            && rights.is_empty()
            && roles.is_empty()
            && default_role.is_none()
        {
            foreign.extend(
                others
                    .iter()
                    .map(|granted| format!("the role {}", granted.role)),
            );
            if foreign.is_empty() {
                return None;
            }
        }
        let roles = roles
            .iter()
            .map(|granted| (granted.role.clone(), granted.admin));
        Some(AccountDifference {
            name: name.clone(),
            is_role: holder.is_role,
            state,
            locked: holder.locked,
            plugins: holder.plugins.clone(),
            rights,
            roles: roles.collect(),
            default_role,
            foreign,
        })
    }

    /// Returns what the replica's holder of that name may do there and the primary's may not.
    fn foreign(&self, holder: &Holder) -> Vec<String> {
        let name = &holder.name;
        let Some(there) = self.replica.holder(name) else {
            return Vec::new();
        };
        let more = there.global & !holder.global;
        let mut foreign: Vec<String> = global(more, false).into_iter().collect();
        foreign.extend(global(more, true));
        for right in self.replica.rights_of(name) {
            let own = self.scope.own.iter();
            let outside = match &right.on {
                Object::Database(pattern) => own
                    .filter(|own| matches(pattern, own))
                    .map(|own| (*own).to_owned())
                    .next(),
                on => on
                    .database()
                    .filter(|database| self.scope.own.contains(database))
                    .map(str::to_owned),
            };
            let also = self.primary.rights_of(name).any(|one| one.on == right.on);
            if let Some(database) = outside.filter(|_| !also) {
                let text = format!("rights on {database}");
                if !foreign.contains(&text) {
                    foreign.push(text);
                }
            }
        }
        for granted in self.replica.roles_of(name) {
            let mut on_primary = self.primary.roles_of(name);
            if !on_primary.any(|one| one.role == granted.role) {
                foreign.push(format!("the role {}", granted.role));
            }
        }
        foreign
    }
}

/// Returns the row of `mysql.db` that counts for a database: of all whose pattern it is like, the one with
/// the most in front of its first wildcard.
fn specific<'a>(accounts: &'a Accounts, name: &Name, database: &str) -> Option<&'a Right> {
    let rows = accounts.rights.iter().filter(|right| right.holder == *name);
    let rows = rows.filter_map(|right| match &right.on {
        Object::Database(pattern) if matches(pattern, database) => {
            Some((literal_length(pattern), right))
        }
        _ => None,
    });
    rows.max_by_key(|(length, _)| *length)
        .map(|(_, right)| right)
}

/// Returns how much of a pattern means itself.
fn literal_length(pattern: &str) -> usize {
    let mut escaped = false;
    for (at, c) in pattern.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '%' | '_' => return at,
            _ => {}
        }
    }
    usize::MAX
}

/// Returns the pattern that means one database and no other.
fn literal(database: &str) -> String {
    let mut pattern = String::with_capacity(database.len() + 2);
    for c in database.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
