//! Bytes for people: a bar of how much has moved.

use crate::wording::amount;
use std::time::Duration;

/// How many cells a bar has.
const CELLS: u64 = 20;

/// Returns how much has moved, of how much, how fast and how long it will take.
pub fn progress_text(bytes: u64, of: Option<u64>, so_far: Duration) -> String {
    let seconds = so_far.as_secs_f64();
    let speed = if seconds > 0.2 {
        bytes as f64 / seconds
    } else {
        0.0
    };
    let rate = if speed >= 1.0 {
        format!(", {}/s", amount(speed as u64))
    } else {
        String::new()
    };
    // The size of a dump is an estimate, and more may come than was thought.
    let Some(of) = of.filter(|of| *of > 0 && bytes <= *of) else {
        return format!("{}{rate}", amount(bytes));
    };
    let full = (bytes * CELLS / of) as usize;
    let cells = format!("{}{}", "█".repeat(full), "░".repeat(CELLS as usize - full));
    let left = if speed >= 1.0 {
        format!(", about {:.0} s to go", (of - bytes) as f64 / speed)
    } else {
        String::new()
    };
    format!(
        "{cells} {} of about {}{rate}{left}",
        amount(bytes),
        amount(of)
    )
}

/// Returns how many rows of about how many are done, how fast and how long the rest will take.
pub fn bar_of_rows(rows: u64, of: u64, so_far: Duration) -> String {
    // The server guesses how many there are.
    let of = of.max(rows).max(1);
    let full = (rows * CELLS / of) as usize;
    let cells = format!("{}{}", "█".repeat(full), "░".repeat(CELLS as usize - full));
    let speed = rows as f64 / so_far.as_secs_f64().max(0.001);
    let left = (of - rows) as f64 / speed.max(1.0);
    format!("{cells} {rows} of about {of} rows, {speed:.0}/s, about {left:.0} s to go")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_three_figures_and_a_unit() {
        let amounts: Vec<String> = [
            0,
            999,
            1000,
            1499,
            99_300,
            999_499,
            932_000_000,
            1_120_000_000,
        ]
        .map(amount)
        .into();
        assert_eq!(
            amounts,
            [
                "0 B", "999 B", "1.0 kB", "1.5 kB", "99.3 kB", "999 kB", "932 MB", "1.1 GB"
            ]
        );
    }

    #[test]
    fn a_bar_tells_how_far_it_is() {
        let half = progress_text(500_000_000, Some(1_000_000_000), Duration::from_secs(10));
        assert_eq!(
            half,
            "██████████░░░░░░░░░░ 500 MB of about 1.0 GB, 50.0 MB/s, about 10 s to go"
        );
        let more = progress_text(2_000_000, Some(1_000_000), Duration::from_secs(1));
        assert_eq!(more, "2.0 MB, 2.0 MB/s");
    }
}
