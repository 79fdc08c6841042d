//! What a replica of some databases alone lacks when one of them needs another one.
//!
//! No filter keeps out a statement that names no table: CREATE, ALTER and DROP of a procedure, a
//! function or an event of any database go to every replica, whatever the filters by tables say (seen
//! on 10.11 and 11.8; 1049, and 1305 for DROP).

use super::filter::items;

/// Returns the databases of filters that stand for whole ones alone, `site1.%`; none where there is
/// another pattern, or no filter.
pub fn databases_taken(patterns: &str) -> Option<Vec<String>> {
    let names: Option<Vec<String>> = items(patterns)
        .map(|pattern| {
            let name = pattern.strip_suffix(".%")?;
            let name = name.replace("\\_", "\u{1}").replace("\\%", "\u{2}");
            (!name.contains(['_', '%', '\\']))
                .then(|| name.replace('\u{1}', "_").replace('\u{2}', "%"))
        })
        .collect();
    names.filter(|names| !names.is_empty())
}

/// Returns the database that an error of the SQL thread says is lacking, if it says one.
pub fn lacking(errno: u32, text: &str) -> Option<String> {
    let after = |mark: &str| text.split_once(mark).map(|(_, rest)| rest);
    match errno {
        1049 => name(after("Unknown database ")?),
        1146 => database(after("Table ")?),
        1305 => ["PROCEDURE ", "FUNCTION "]
            .iter()
            .find_map(|kind| database(after(kind)?)),
        1005 | 1452 | 1215 => {
            let at = text.to_ascii_uppercase().find("REFERENCES ")?;
            database(&text[at + "REFERENCES ".len()..])
        }
        _ => None,
    }
}

/// Returns the database of `database.name`, in whatever quotes.
fn database(text: &str) -> Option<String> {
    let found = name(text)?;
    let rest = text.trim_start().trim_start_matches(['\'', '`']);
    let rest = rest.strip_prefix(found.as_str())?;
    rest.trim_start_matches('`')
        .trim_start()
        .starts_with('.')
        .then_some(found)
}

/// Returns the first name of a text, without its quotes.
fn name(text: &str) -> Option<String> {
    let text = text.trim_start();
    let inner = text.trim_start_matches(['\'', '`']);
    let quoted = inner.len() < text.len();
    let ends = |letter: char| match letter {
        '\'' | '`' | '.' => true,
        other => !(quoted || other.is_alphanumeric() || matches!(other, '_' | '$' | '-')),
    };
    let end = inner.find(ends).unwrap_or(inner.len());
    (end > 0).then(|| inner[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 10.11 and 11.8 say it on a replica of site1 alone.
    #[test]
    fn an_error_names_the_database_that_is_lacking() {
        for (errno, text) in [
            (
                1049,
                "Error 'Unknown database 'other'' on query. Default database: ''. Query: 'CREATE DEFINER=`root`@`localhost` PROCEDURE `other`.`p`()\nSELECT 1'",
            ),
            (
                1146,
                "Error 'Table 'other.par' doesn't exist' on query. Default database: ''. Query: 'CREATE ALGORITHM=UNDEFINED'",
            ),
            (
                1305,
                "Error 'PROCEDURE other.wr does not exist' on query. Default database: ''. Query: 'DROP PROCEDURE other.wr'",
            ),
            (
                1452,
                "Could not execute Write_rows_v1 event on table site1.child; Cannot add or update a child row: a foreign key constraint fails (`site1`.`child`, CONSTRAINT `child_ibfk_1` FOREIGN KEY (`p`) REFERENCES `other`.`par` (`id`)), Error_code: 1452",
            ),
            (
                1005,
                "Error 'Can't create table `site1`.`child` (errno: 150 \"Foreign key constraint is incorrectly formed\")' on query. Default database: ''. Query: 'CREATE TABLE site1.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES other.par(id)) ENGINE=InnoDB'",
            ),
        ] {
            assert_eq!(lacking(errno, text).as_deref(), Some("other"), "{errno}");
        }
        let own = "a foreign key constraint fails (`site1`.`c`, CONSTRAINT `x` FOREIGN KEY (`p`) REFERENCES `p` (`id`))";
        assert_eq!(lacking(1452, own), None);
        assert_eq!(lacking(1062, "Duplicate entry '1' for key 'other.x'"), None);
    }

    #[test]
    fn filters_for_whole_databases_name_them() {
        assert_eq!(
            databases_taken("site1.%,a\\_b.%"),
            Some(vec!["site1".to_owned(), "a_b".to_owned()])
        );
        assert_eq!(databases_taken("site_.%"), None);
        assert_eq!(databases_taken("site1.%,site2.log%"), None);
        assert_eq!(databases_taken(""), None);
    }
}
