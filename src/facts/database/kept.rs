//! What a host keeps of databases that were replaced on it.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The file in a folder of `StateFolder::databases` that lies there from before the first database is
/// dropped until those that take its place are whole, on the way forth and on the way back.
pub const UNFINISHED: &str = "unfinished";

/// Databases of which a server may have half: what it had of them before is kept in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The folder.
    pub folder: PathBuf,
    /// The operation that made it; none where its journal is gone.
    pub operation: Option<u64>,
    /// Whether they are still in it.
    pub kept: bool,
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{RELEASES, answer, read};
    use crate::facts::DatabaseServer;
    use std::path::Path;

    #[test]
    fn what_was_being_replaced_is_known_by_its_file() {
        for release in RELEASES {
            let answer = answer(release, "replica");
            assert_eq!(read(release, "replica").unfinished, []);
            // As the script printed it on 10.11, where a seed had been killed and where kept.sql was gone.
            let part = "@bascule unfinished /var/lib/bascule/databases/1\n000005\nkept\n\n\
                        @bascule unfinished /var/lib/bascule/databases/2\n\n\n\n@bascule programs\n";
            let answer = answer.replacen("@bascule programs\n", part, 1);
            let read = parse::database(&answer).expect("whole");
            let folder = |number: u8| format!("/var/lib/bascule/databases/{number}").into();
            let [first, second] = read.unfinished.as_slice() else {
                panic!("{:?}", read.unfinished);
            };
            assert_eq!(
                (&first.folder, first.operation, first.kept),
                (&folder(1), Some(5), true)
            );
            assert_eq!(
                (&second.folder, second.operation, second.kept),
                (&folder(2), None, false)
            );
        }
    }

    #[test]
    fn the_room_for_what_is_kept_is_that_of_the_folder_itself() {
        let mut read = read("bookworm", "replica");
        let folder =
            |read: &DatabaseServer| read.free_for_kept().map(|(folder, _)| folder.to_owned());
        assert_eq!(folder(&read), Some("/var/lib".into()));
        read.free.insert("/var/lib/bascule".into(), 1);
        assert_eq!(
            read.free_for_kept(),
            Some((Path::new("/var/lib/bascule"), 1))
        );
        read.free.insert("/var/lib/bascule/databases".into(), 2);
        assert_eq!(read.free_for_kept().map(|(_, free)| free), Some(2));
    }
}
