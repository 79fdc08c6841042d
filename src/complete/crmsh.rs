//! What crmsh says may stand in a line of its own: `crm --compgen`.

use super::Candidate;
use crate::facts::tool;
use std::time::Duration;

/// How long crmsh may take: 0.2 s seen, and twice that on a busy host.
const PATIENCE: Duration = Duration::from_secs(1);

/// Returns what may stand in place of the last of these words, which follow `crm`.
pub fn crmsh(words: &[String]) -> Vec<Candidate> {
    let Some(typed) = words.last() else {
        return Vec::new();
    };
    let line = format!("crm {}", words.join(" "));
    let point = line.len().to_string();
    let argv = ["crm", "--compgen", point.as_str(), line.as_str()];
    let Ok(output) = tool::read(&argv, PATIENCE) else {
        return Vec::new();
    };
    let found = output.stdout.lines().map(str::trim);
    let mut found: Vec<Candidate> = found
        .filter(|word| !word.is_empty() && word.starts_with(typed.as_str()))
        .map(|word| Candidate::new(word, ""))
        .collect();
    found.sort_by(|one, other| one.value.cmp(&other.value));
    found.dedup();
    found
}
