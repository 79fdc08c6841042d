//! The databases of this host's server, by their folders: no server has to answer, and no password
//! is asked for.

use crate::complete::Candidate;
use crate::complete::asking::{Asking, parses_as};
use crate::complete::files::names_in;
use crate::conf::DatabaseName;
use crate::wording::count;
use std::path::Path;

/// Where Debian's packages keep the databases.
const DATA: &str = "/var/lib/mysql";

/// The administrator's own databases that are not on the line yet.
pub fn databases(about: &Asking) -> Vec<Candidate> {
    let given: Vec<&str> = about
        .values("databases")
        .chain(about.values("database"))
        .collect();
    let names = names_in(DATA).into_iter();
    names
        .filter(|name| parses_as::<DatabaseName>(name) && !given.contains(&name.as_str()))
        .filter_map(|name| {
            let folder = Path::new(DATA).join(&name);
            let help = match folder.is_dir().then(|| tables(&folder))? {
                // The folder can be passed through and not read by everybody.
                None => String::new(),
                Some(0) => "no tables".to_owned(),
                Some(some) => count(some, "table"),
            };
            Some(Candidate::new(name, help))
        })
        .collect()
}

/// Returns how many tables there are: each has one file with its definition.
fn tables(folder: &Path) -> Option<usize> {
    let files = std::fs::read_dir(folder).ok()?;
    let definition = |name: &Path| name.extension().is_some_and(|end| end == "frm");
    Some(
        files
            .filter_map(Result::ok)
            .filter(|file| definition(Path::new(&file.file_name())))
            .count(),
    )
}
