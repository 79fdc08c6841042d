//! A line of `SHOW CREATE TABLE` as it can be compared between releases.

/// Returns a line of a definition without what every insert moves, and without the comma at its end.
///
/// MariaDB 10.11 prints `INVISIBLE DEFAULT 7`, 11.8 `DEFAULT 7 INVISIBLE` (seen): the word goes to the end.
pub(super) fn defined(line: &str) -> String {
    let line = match line.split_once(" AUTO_INCREMENT=") {
        Some((before, rest)) => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{rest}")
        }
        None => line.to_owned(),
    };
    moved_last(line.trim().trim_end_matches(','), "INVISIBLE")
}

/// Returns a line with that word at its end, where it stands outside of quotes and parentheses.
fn moved_last(line: &str, moved: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let mut quote = None;
    let mut deep = 0_u32;
    // In what SHOW CREATE prints a quote within quotes is doubled, which closes and opens.
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(') => deep += 1,
            (None, ')') => deep = deep.saturating_sub(1),
            (None, ' ') if deep == 0 => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let before = words.len();
    words.retain(|word| word != moved);
    if words.len() < before {
        words.push(moved.to_owned());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_order_of_a_release_makes_no_difference() {
        // As 10.11.19 and 11.8 print one and the same table.
        for (bookworm, trixie) in [
            (
                "  `d` int(11) INVISIBLE DEFAULT 7,",
                "  `d` int(11) DEFAULT 7 INVISIBLE,",
            ),
            (
                "  `e` varchar(9) INVISIBLE DEFAULT 'it''s',",
                "  `e` varchar(9) DEFAULT 'it''s' INVISIBLE,",
            ),
            (
                "  `aa` int(11) INVISIBLE DEFAULT 5 COMMENT 'c INVISIBLE d',",
                "  `aa` int(11) DEFAULT 5 INVISIBLE COMMENT 'c INVISIBLE d',",
            ),
            (
                "  `af` timestamp NULL INVISIBLE DEFAULT current_timestamp() ON UPDATE current_timestamp(),",
                "  `af` timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp() INVISIBLE,",
            ),
            (
                "  `ai` int(11) INVISIBLE DEFAULT 3 CHECK (`ai` > 1),",
                "  `ai` int(11) DEFAULT 3 INVISIBLE CHECK (`ai` > 1),",
            ),
            (
                "  `aj` int(11) INVISIBLE DEFAULT (1 + 1) COMMENT 'x',",
                "  `aj` int(11) DEFAULT (1 + 1) INVISIBLE COMMENT 'x',",
            ),
        ] {
            assert_eq!(defined(bookworm), defined(trixie));
        }
    }

    #[test]
    fn what_is_another_definition_stays_one() {
        for (one, other) in [
            ("`d` int(11) DEFAULT 7 INVISIBLE", "`d` int(11) DEFAULT 7"),
            (
                "`d` int(11) DEFAULT 7 INVISIBLE",
                "`d` int(11) INVISIBLE DEFAULT 8",
            ),
            (
                "`d` char(9) COMMENT 'an INVISIBLE one'",
                "`d` char(9) COMMENT 'an one INVISIBLE'",
            ),
            ("`a INVISIBLE b` int(11)", "`a b INVISIBLE` int(11)"),
        ] {
            assert_ne!(defined(one), defined(other));
        }
    }

    #[test]
    fn what_an_insert_moves_is_left_out() {
        assert_eq!(
            defined(") ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4"),
            defined(") ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4"),
        );
    }
}
