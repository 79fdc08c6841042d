//! A table's rows, chunk by chunk: the same range of its key on both servers, and down to the rows where
//! their sums differ.

use super::found::Whole;
use super::snapshots::Snapshots;
use super::{DataDifference, Limits, Stop};
use crate::exec::session::SqlSession;
use crate::mariadb::table::{KeyBound, Range, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long a chunk shall take.
const CHUNK: Duration = Duration::from_millis(300);

/// How many rows the first chunk of a table has, the smallest and the largest.
const ROWS: (u64, u64, u64) = (1_000, 100, 500_000);

/// So few rows are looked at one by one.
const LEAF: u64 = 200;

/// Into how many parts a chunk that differs is cut.
const PARTS: u64 = 16;

/// How many rows that differ are told of a table; of the chunks behind them only that they differ.
const SHOWN: usize = 20;

/// How often a table that no snapshot holds is waited for, with its lock let go in between.
const TRIES: u32 = 20;

/// The rows of a range, and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sums {
    rows: u64,
    sum: String,
}

/// The comparison of one table.
pub(super) struct Chunks<'a> {
    table: &'a Table,
    /// The two are read by the sessions that are in no snapshot, under a lock of the primary's table.
    locked: bool,
    limits: Limits,
    found: Vec<DataDifference>,
    /// Chunks that differ and were not looked into, and how many rows they have on each server.
    passed: (u64, u64, u64),
    /// How many rows were compared.
    pub rows: u64,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(table: &'a Table, limits: Limits) -> Chunks<'a> {
        Chunks {
            table,
            locked: !table.transactional,
            limits,
            found: Vec::new(),
            passed: (0, 0, 0),
            rows: 0,
        }
    }

    /// Compares the whole table.
    pub(super) fn compare(
        mut self,
        both: &mut Snapshots,
        watch: &mut Whole,
    ) -> Result<(u64, Vec<DataDifference>), Stop> {
        let mut after: Option<KeyBound> = None;
        let mut size = ROWS.0;
        if let Some(rate) = self.limits.rows_a_second {
            size = size.min(rate.max(1));
        }
        loop {
            if watch.stop() {
                return Err(Stop::Asked);
            }
            both.fresh()?;
            let began = Instant::now();
            let mut range = Range { after, to: None };
            if self.locked {
                self.lock(both)?;
            }
            let chunk = self.chunk(both, &mut range, size, watch);
            if self.locked {
                both.ask_now(true, "UNLOCK TABLES;\n")?;
            }
            let rows = chunk?;
            self.rows += rows;
            watch.compared(self.table, self.rows);
            let took = began.elapsed();
            if range.to.is_none() {
                break;
            }
            after = range.to;
            let wanted = CHUNK.as_secs_f64() / took.as_secs_f64().max(0.001);
            size = ((size as f64 * wanted.clamp(0.5, 2.0)) as u64).clamp(ROWS.1, ROWS.2);
            if let Some(rate) = self.limits.rows_a_second.map(|rate| rate.max(1)) {
                size = size.min(rate);
                let earliest = Duration::from_secs_f64(rows as f64 / rate as f64);
                let until = began + earliest;
                while Instant::now() < until && !watch.stop() {
                    std::thread::sleep(Duration::from_millis(20).min(earliest));
                }
            }
        }
        if self.passed.0 > 0 {
            let (chunks, primary, replica) = self.passed;
            self.found.push(DataDifference::new(
                self.table.title(),
                None,
                format!(
                    "differs in {chunks} more ranges, of {primary} rows on the primary and {replica} on the replica"
                ),
            ));
        }
        Ok((self.rows, self.found))
    }

    /// Lets nobody write to this one table of the primary, with the replica as far as it is then.
    fn lock(&self, both: &mut Snapshots) -> Result<(), Stop> {
        for _ in 0..TRIES {
            both.level()?;
            let lock = format!(
                "LOCK TABLES {} READ;\nSELECT @@gtid_binlog_pos;\n",
                self.table.quoted()
            );
            let position = both.ask_now(true, &lock)?.pop().unwrap_or_default();
            let wait = format!("SELECT MASTER_GTID_WAIT('{position}', 0.5);\n");
            if both
                .ask_now(false, &wait)?
                .last()
                .is_some_and(|said| said == "0")
            {
                return Ok(());
            }
            both.ask_now(true, "UNLOCK TABLES;\n")?;
        }
        Err(Stop::Late(1))
    }

    /// Compares one chunk; sets where it ends, and returns its rows.
    fn chunk(
        &mut self,
        both: &mut Snapshots,
        range: &mut Range,
        size: u64,
        watch: &mut Whole,
    ) -> Result<u64, Stop> {
        if self.table.key.is_some() {
            let boundary = self.table.boundary(range, size);
            range.to = place(&self.ask(both, true, &boundary)?);
        }
        let [primary, replica] = self.ask_sums(both, range, watch)?;
        if primary != replica {
            if self.table.key.is_none() {
                self.found.push(DataDifference::new(
                    self.table.title(),
                    None,
                    match (primary.rows, replica.rows) {
                        (one, other) if one == other => {
                            format!("its {one} rows are not the same; without a unique key that it can be gone through by, it is compared as a whole")
                        }
                        (one, other) => format!(
                            "{one} rows on the primary, {other} on the replica; without a unique key that it can be gone through by, it is compared as a whole"
                        ),
                    },
                ));
            } else {
                self.narrow(both, range, [primary.rows, replica.rows], 0, watch)?;
            }
        }
        Ok(primary.rows)
    }

    fn session<'b>(&self, both: &'b mut Snapshots, primary: bool) -> &'b mut SqlSession {
        match (self.locked, primary) {
            (false, true) => &mut both.primary,
            (false, false) => &mut both.replica,
            (true, true) => &mut both.primary_now,
            (true, false) => &mut both.replica_now,
        }
    }

    fn ask(
        &self,
        both: &mut Snapshots,
        primary: bool,
        question: &str,
    ) -> Result<Vec<String>, Stop> {
        let answer = self
            .session(both, primary)
            .ask(question, self.limits.longest);
        answer.map_err(|error| both.no_answer(primary, &error))
    }

    /// Asks both at the same time.
    fn ask_sums(
        &self,
        both: &mut Snapshots,
        range: &Range,
        watch: &mut Whole,
    ) -> Result<[Sums; 2], Stop> {
        let question = self.table.sums_query(range);
        for primary in [true, false] {
            let told = self.session(both, primary).tell(&question);
            told.map_err(|error| both.no_answer(primary, &error))?;
        }
        let mut sums = Vec::new();
        for primary in [true, false] {
            let until = Instant::now() + self.limits.longest;
            let answer = loop {
                let answer = self
                    .session(both, primary)
                    .answer_within(Duration::from_millis(200));
                match answer {
                    Ok(Some(answer)) => break answer,
                    Ok(None) if watch.stop() => {
                        both.cut();
                        return Err(Stop::Asked);
                    }
                    Ok(None) if Instant::now() > until => {
                        return Err(Stop::Failed(format!(
                            "{} takes too long",
                            self.table.title()
                        )));
                    }
                    Ok(None) => {}
                    Err(error) => return Err(both.no_answer(primary, &error)),
                }
            };
            let line = answer.last().cloned().unwrap_or_default();
            let mut words = line.split('\t').map(str::to_owned);
            let (Some(rows), Some(summed), Some(sum)) = (words.next(), words.next(), words.next())
            else {
                return Err(Stop::Failed(format!("{}: {line}", self.table.title())));
            };
            if rows != summed {
                return Err(Stop::Failed(format!(
                    "{} has rows that are longer than max_allowed_packet",
                    self.table.title()
                )));
            }
            sums.push(Sums {
                rows: rows.parse().unwrap_or(0),
                sum,
            });
        }
        let replica = sums.pop();
        let primary = sums.pop();
        primary
            .zip(replica)
            .map(|(primary, replica)| [primary, replica])
            .ok_or_else(|| Stop::Failed("no answer".to_owned()))
    }

    /// Looks into a range that differs, part by part, down to its rows.
    fn narrow(
        &mut self,
        both: &mut Snapshots,
        range: &Range,
        rows: [u64; 2],
        depth: u32,
        watch: &mut Whole,
    ) -> Result<(), Stop> {
        if watch.stop() {
            return Err(Stop::Asked);
        }
        let most = rows[0].max(rows[1]);
        if self.found.len() >= SHOWN || depth > 12 {
            self.passed.0 += 1;
            self.passed.1 += rows[0];
            self.passed.2 += rows[1];
            return Ok(());
        }
        if most <= LEAF {
            return self.compare_rows(both, range);
        }
        // Cut by the server that has more rows there.
        let by_primary = rows[0] >= rows[1];
        let mut after = range.after.clone();
        loop {
            let rest = Range {
                after: after.clone(),
                to: range.to.clone(),
            };
            let boundary = self.table.boundary(&rest, most.div_ceil(PARTS));
            let to = place(&self.ask(both, by_primary, &boundary)?).or_else(|| range.to.clone());
            let part = Range {
                after: after.clone(),
                to: to.clone(),
            };
            let [primary, replica] = self.ask_sums(both, &part, watch)?;
            if primary != replica {
                let part_rows = [primary.rows, replica.rows];
                // One place with many rows is no smaller than it was.
                let depth = if part_rows == rows {
                    depth + 4
                } else {
                    depth + 1
                };
                self.narrow(both, &part, part_rows, depth, watch)?;
            }
            if to == range.to {
                return Ok(());
            }
            after = to;
        }
    }

    /// Compares the rows of a small range one by one.
    fn compare_rows(&mut self, both: &mut Snapshots, range: &Range) -> Result<(), Stop> {
        let question = self.table.rows(range, LEAF as usize * 2);
        let primary = by_place(&self.ask(both, true, &question)?);
        let replica = by_place(&self.ask(both, false, &question)?);
        let places: BTreeSet<&KeyBound> = primary.keys().chain(replica.keys()).collect();
        let mut places: Vec<&KeyBound> = places.into_iter().collect();
        places.sort_by_cached_key(|place| {
            // Numbers by their value; of others any order will do.
            let number = |word: &String| word.parse::<i128>().unwrap_or(i128::MAX);
            place
                .iter()
                .map(|word| (number(word), word.clone()))
                .collect::<Vec<_>>()
        });
        for place in places {
            let what = match (primary.get(place), replica.get(place)) {
                (one, other) if one == other => continue,
                (Some(_), None) => "only on the primary".to_owned(),
                (None, Some(_)) => "only on the replica".to_owned(),
                (Some(one), Some(other)) if one.len() + other.len() > 2 => format!(
                    "{} rows on the primary, {} on the replica, not the same",
                    one.len(),
                    other.len()
                ),
                _ => self.columns(both, place)?,
            };
            self.found.push(DataDifference::new(
                self.table.title(),
                Some(self.table.describe(place)),
                what,
            ));
        }
        Ok(())
    }

    /// Says which columns of a row differ.
    fn columns(&self, both: &mut Snapshots, place: &KeyBound) -> Result<String, Stop> {
        let question = self.table.columns_at(place);
        let primary = self.ask(both, true, &question)?.pop().unwrap_or_default();
        let replica = self.ask(both, false, &question)?.pop().unwrap_or_default();
        let sums = primary.split('\t').zip(replica.split('\t'));
        let names: Vec<&str> = sums
            .zip(&self.table.columns)
            .filter(|((one, other), _)| one != other)
            .map(|(_, column)| column.name.as_str())
            .collect();
        Ok(format!("differs in {}", names.join(", ")))
    }
}

/// Returns the place in an answer of one row, if there is one.
fn place(answer: &[String]) -> Option<KeyBound> {
    let line = answer.last()?;
    Some(line.split('\t').map(str::to_owned).collect())
}

/// Returns the sums of rows, sorted, by their places.
fn by_place(answer: &[String]) -> BTreeMap<KeyBound, Vec<String>> {
    let mut rows: BTreeMap<KeyBound, Vec<String>> = BTreeMap::new();
    for line in answer {
        let mut words: KeyBound = line.split('\t').map(str::to_owned).collect();
        if let Some(sum) = words.pop() {
            rows.entry(words).or_default().push(sum);
        }
    }
    for sums in rows.values_mut() {
        sums.sort();
    }
    rows
}
