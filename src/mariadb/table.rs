//! How the rows of a table are compared between two servers: the statements, and nothing that runs them.
//!
//! Each row becomes one text of bytes, whatever its types and character sets, and two sums of it: CRC-32
//! and CRC-32C, both of which see every change of one place, and which together leave 1 in 2^64 to
//! chance. Their sum over a range is exact, so that two equal rows do not cancel out as with XOR.

use super::charset::may_change;
use super::quote::quote_name;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Its type without length: `varchar`, `bigint`.
    pub kind: String,
    /// Its character set; none for what is no text.
    pub charset: Option<String>,
    pub collation: Option<String>,
    /// True when it may be NULL.
    pub nullable: bool,
}

/// A table as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub database: String,
    pub name: String,
    /// Its columns, without those that are worked out when they are read.
    pub columns: Vec<Column>,
    /// The unique key that it is gone through by: the index, and the positions of its columns.
    pub key: Option<(String, Vec<usize>)>,
    /// True when a snapshot holds it: InnoDB.
    pub transactional: bool,
    /// True when it keeps the earlier versions of its rows.
    pub versioned: bool,
    /// How many rows it has, as the server guesses.
    pub rows: u64,
}

/// A place in a key: a literal for each of its columns.
pub type KeyBound = Vec<String>;

/// A range of a key: behind the one place, up to and with the other; none is the end of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Where it begins, which is not in it.
    pub after: Option<KeyBound>,
    /// Where it ends, which is in it.
    pub to: Option<KeyBound>,
}

impl Column {
    fn quoted(&self) -> String {
        quote_name(&self.name)
    }

    fn is_text(&self) -> bool {
        matches!(self.kind.as_str(), "char" | "varchar")
    }

    /// Returns true for what may be longer than a packet: its own sum stands for it, since CONCAT makes
    /// NULL of what is too long.
    fn is_long(&self) -> bool {
        self.kind.ends_with("text") || self.kind.ends_with("blob") || self.kind == "json"
    }

    fn is_geometry(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
        )
    }

    /// Returns its value as bytes, the same on both servers for the same value.
    fn bytes(&self) -> Vec<String> {
        let name = self.quoted();
        match self.kind.as_str() {
            // The text of a FLOAT has six digits.
            "float" => vec![format!("{name} + 0e0")],
            "bit" => vec![format!("{name} + 0")],
            // The bytes alone would not tell where one ends and the next begins.
            _ if self.is_long() => vec![format!("MD5({name})"), format!("LENGTH({name})")],
            _ if self.is_geometry() => {
                vec![format!("MD5(ST_AsWKB({name}))"), format!("ST_SRID({name})")]
            }
            _ if self.is_text() || self.kind.ends_with("binary") => {
                vec![name.clone(), format!("LENGTH({name})")]
            }
            _ => vec![name],
        }
    }

    /// Returns its value as part of a place: text that no collation and no client changes.
    fn literal(&self) -> Option<String> {
        let name = self.quoted();
        match self.kind.as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "year" => {
                Some(name)
            }
            "date" | "datetime" | "timestamp" | "time" | "uuid" | "inet6" | "inet4" => {
                Some(format!("CONCAT('''', {name}, '''')"))
            }
            "binary" | "varbinary" => Some(format!("CONCAT('x''', HEX({name}), '''')")),
            "char" | "varchar" => {
                let (charset, collation) = (self.charset.as_ref()?, self.collation.as_ref()?);
                Some(format!(
                    "CONCAT('_{charset} x''', HEX({name}), ''' COLLATE {collation}')"
                ))
            }
            // An ENUM is sorted by its numbers and compared by its words; a FLOAT equals nothing.
            _ => None,
        }
    }

    /// Returns true when a key can be gone through by it.
    pub fn is_usable_key(&self) -> bool {
        self.literal().is_some()
    }
}

impl Table {
    /// Returns true where no copy of it is exact: a dump changes some of its values, and what would set them
    /// right would be one version more.
    pub fn has_no_exact_copy(&self) -> bool {
        let changes = |column: &Column| may_change(&column.kind, column.charset.as_deref());
        self.versioned && self.columns.iter().any(changes)
    }

    /// Returns its name with its database, quoted.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote_name(&self.database), quote_name(&self.name))
    }

    /// Returns its name with its database, for people.
    pub fn title(&self) -> String {
        format!("{}.{}", self.database, self.name)
    }

    fn source(&self, ordered: bool) -> String {
        let mut source = self.quoted();
        if self.versioned {
            source += " FOR SYSTEM_TIME ALL";
        }
        if let (Some((index, _)), true) = (&self.key, ordered) {
            source += &format!(" FORCE INDEX ({})", quote_name(index));
        }
        source
    }

    fn key(&self) -> Vec<&Column> {
        let places = self.key.as_ref().map_or(&[][..], |(_, places)| places);
        places.iter().map(|at| &self.columns[*at]).collect()
    }

    fn key_literals(&self) -> Vec<String> {
        self.key()
            .iter()
            .filter_map(|column| column.literal())
            .collect()
    }

    fn order(&self) -> String {
        let names: Vec<String> = self.key().iter().map(|column| column.quoted()).collect();
        names.join(", ")
    }

    /// Returns the sum of a row.
    fn sum(&self) -> String {
        let mut parts: Vec<String> = self.columns.iter().flat_map(Column::bytes).collect();
        // NULL is left out by CONCAT_WS, and told here.
        let nullable = self.columns.iter().filter(|column| column.nullable);
        parts.extend(nullable.map(|column| format!("ISNULL({})", column.quoted())));
        // A separator of bytes: what stands beside it is then taken byte by byte.
        let text = format!("CONCAT_WS(BINARY '#', '', {})", parts.join(", "));
        format!("CRC32({text}) << 32 | CRC32C({text})")
    }

    /// Returns the condition of a range. A comparison of whole rows, (a, b) > (1, 2), is no range to
    /// the optimizer, which reads all of the table for it; this one is.
    fn condition(&self, range: &Range) -> String {
        let names: Vec<String> = self.key().iter().map(|column| column.quoted()).collect();
        let beyond = |place: &KeyBound, sign: &str, last: &str| {
            let mut whole = String::new();
            for (at, (name, value)) in names.iter().zip(place).enumerate().rev() {
                let is_last = at + 1 == names.len();
                whole = match is_last {
                    true => format!("{name} {last} {value}"),
                    false => format!("({name} {sign} {value} OR ({name} = {value} AND {whole}))"),
                };
            }
            whole
        };
        let mut conditions = Vec::new();
        conditions.extend(range.after.as_ref().map(|place| beyond(place, ">", ">")));
        conditions.extend(range.to.as_ref().map(|place| beyond(place, "<", "<=")));
        match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        }
    }

    /// Returns the question where `rows` rows of a range end: the place of the last one.
    pub fn boundary(&self, range: &Range, rows: u64) -> String {
        format!(
            "SELECT {} FROM {}{} ORDER BY {} LIMIT 1 OFFSET {};\n",
            self.key_literals().join(", "),
            self.source(true),
            self.condition(range),
            self.order(),
            rows.max(1) - 1
        )
    }

    /// Returns the question for a range's rows, how many of them could be summed, and their sum.
    pub fn sums_query(&self, range: &Range) -> String {
        let sum = self.sum();
        format!(
            "SELECT COUNT(*), COUNT({sum}), COALESCE(SUM({sum}), 0) FROM {}{};\n",
            self.source(self.key.is_some()),
            self.condition(range)
        )
    }

    /// Returns the question for each row of a range: its place, and its sum; no more than `most`.
    pub fn rows(&self, range: &Range, most: usize) -> String {
        format!(
            "SELECT {}, COALESCE({}, 0) FROM {}{} ORDER BY {} LIMIT {most};\n",
            self.key_literals().join(", "),
            self.sum(),
            self.source(true),
            self.condition(range),
            self.order()
        )
    }

    /// Returns the question for the sum of each column of the row at a place.
    pub fn columns_at(&self, place: &KeyBound) -> String {
        let sums: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let bytes = column.bytes().join(", ");
                format!(
                    "CONCAT(ISNULL({}), CRC32(CONCAT_WS(BINARY '#', '', {bytes})))",
                    column.quoted()
                )
            })
            .collect();
        let equal: Vec<String> = self
            .key()
            .iter()
            .zip(place)
            .map(|(column, value)| format!("{} = {value}", column.quoted()))
            .collect();
        format!(
            "SELECT {} FROM {} WHERE {} LIMIT 1;\n",
            sums.join(", "),
            self.source(true),
            equal.join(" AND ")
        )
    }

    /// Returns a place as people read it: `id 7`, `name 'été', day '2026-01-01'`.
    pub fn describe(&self, place: &KeyBound) -> String {
        let columns = self.key().into_iter().zip(place);
        let words = columns.map(|(column, value)| format!("{} {}", column.name, readable(value)));
        words.collect::<Vec<String>>().join(", ")
    }
}

/// Returns a literal as people read it.
fn readable(literal: &str) -> String {
    let Some((charset, rest)) = literal.split_once(" x'") else {
        return literal.to_owned();
    };
    let Some((hex, _)) = rest.split_once('\'') else {
        return literal.to_owned();
    };
    let bytes: Option<Vec<u8>> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok())
        .collect();
    let text = match charset {
        "_utf8mb4" | "_utf8mb3" | "_utf8" | "_ascii" => {
            bytes.and_then(|bytes| String::from_utf8(bytes).ok())
        }
        "_latin1" => bytes.map(|bytes| bytes.into_iter().map(char::from).collect()),
        _ => None,
    };
    match text.filter(|text| !text.chars().any(char::is_control)) {
        Some(text) => format!("'{text}'"),
        None => format!("x'{hex}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &str) -> Column {
        let text = kind == "varchar";
        Column {
            name: name.to_owned(),
            kind: kind.to_owned(),
            charset: text.then(|| "utf8mb4".to_owned()),
            collation: text.then(|| "utf8mb4_general_ci".to_owned()),
            nullable: false,
        }
    }

    fn table() -> Table {
        Table {
            database: "site1".to_owned(),
            name: "t".to_owned(),
            columns: vec![
                column("day", "date"),
                column("word", "varchar"),
                column("n", "int"),
            ],
            key: Some(("PRIMARY".to_owned(), vec![0, 1])),
            transactional: true,
            versioned: false,
            rows: 0,
        }
    }

    #[test]
    fn a_range_of_a_key_of_two_columns_is_one_to_the_optimizer() {
        let place = |day: &str, word: &str| vec![day.to_owned(), word.to_owned()];
        let range = Range {
            after: Some(place(
                "'2026-01-01'",
                "_utf8mb4 x'61' COLLATE utf8mb4_general_ci",
            )),
            to: Some(place(
                "'2026-01-02'",
                "_utf8mb4 x'62' COLLATE utf8mb4_general_ci",
            )),
        };
        assert_eq!(
            table().condition(&range),
            " WHERE (`day` > '2026-01-01' OR (`day` = '2026-01-01' AND `word` > _utf8mb4 x'61' COLLATE \
             utf8mb4_general_ci)) AND (`day` < '2026-01-02' OR (`day` = '2026-01-02' AND `word` <= \
             _utf8mb4 x'62' COLLATE utf8mb4_general_ci))"
        );
        assert_eq!(table().condition(&Range::default()), "");
    }

    #[test]
    fn a_place_is_told_as_people_read_it() {
        let told = |word: &str| table().describe(&vec!["'2026-01-01'".to_owned(), word.to_owned()]);
        assert_eq!(
            told("_utf8mb4 x'C3A974C3A9' COLLATE utf8mb4_general_ci"),
            "day '2026-01-01', word 'été'"
        );
        // What would move the cursor is not printed.
        assert_eq!(
            told("_utf8mb4 x'1B5B' COLLATE utf8mb4_bin"),
            "day '2026-01-01', word x'1B5B'"
        );
        assert_eq!(told("x'00FF'"), "day '2026-01-01', word x'00FF'");
    }

    #[test]
    fn what_no_place_can_be_told_of_leads_no_key() {
        for (kind, leads) in [
            ("int", true),
            ("varchar", true),
            ("enum", false),
            ("double", false),
        ] {
            assert_eq!(column("c", kind).is_usable_key(), leads, "{kind}");
        }
    }
}
