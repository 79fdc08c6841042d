//! A transcript: lines to run, and what they print.

use super::shown;
use crate::support::answers;
use crate::support::host::Host;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One transcript.
pub struct Transcript {
    name: String,
    text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

impl Transcript {
    /// Returns the names of all of them, sorted.
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder())
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".md").map(str::to_owned)
            })
            .collect();
        names.sort_unstable();
        names
    }

    /// Reads one.
    pub fn read(name: &str) -> Transcript {
        let text = std::fs::read_to_string(folder().join(format!("{name}.md"))).unwrap();
        Transcript {
            name: name.to_owned(),
            text,
        }
    }

    /// Runs it in a sandbox and returns its text with what was printed.
    pub fn play(&self, release: &str) -> String {
        let path = self.recording(release);
        let answers = answers::read(&path);
        let mut host = Host::sandbox(&format!("{}-{release}", self.name), &answers);
        self.run(&mut host)
    }

    /// Runs it on a real host, which must be as `hosts` says, and keeps what its tools answered.
    pub fn record(&self, instance: &str, release: &str) -> String {
        let mut host = Host::real(instance);
        let text = self.run(&mut host);
        answers::write(&self.recording(release), &host.recorded());
        text
    }

    fn recording(&self, release: &str) -> PathBuf {
        folder().join(format!("recorded/{release}/{}.txt", self.name))
    }

    /// Compares what was printed with what stands in the file, or puts it there.
    pub fn compare(&self, printed: &str) {
        let path = folder().join(format!("{}.md", self.name));
        snapbox::Assert::new()
            .action_env("SNAPSHOTS")
            .normalize_paths(false)
            .eq(printed, snapbox::Data::read_from(&path, None));
    }

    fn run(&self, host: &mut Host) -> String {
        let mut text = String::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let _ = writeln!(text, "{line}");
            if line != "```console" {
                continue;
            }
            for line in lines.by_ref() {
                if line == "```" {
                    let _ = writeln!(text, "{line}");
                    break;
                }
                if let Some(command) = line.strip_prefix("$ ") {
                    self.line(host, command, &mut text);
                }
            }
        }
        text
    }

    fn line(&self, host: &mut Host, command: &str, text: &mut String) {
        let shown = shown::before(host, command);
        let files = host.files();
        let calls = host.changes();
        let (printed, status) = host.run(command);
        let _ = writeln!(text, "$ {command}");
        text.push_str(&mask(&printed));
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if status != 0 {
            let _ = writeln!(text, "? {status}");
        }
        if command.contains("bascule ") && matches!(status, 2..=4) && !host.meddled {
            assert_eq!(files, host.files(), "changed by: {command}");
            assert_eq!(calls, host.changes(), "called by: {command}");
        }
        if status == 0
            && let Some(shown) = shown
        {
            shown.is_what_was_run(&host.changes()[calls.len()..], command);
        }
    }
}

/// Replaces what differs from run to run: times, dates, process numbers, and whether something was
/// waited for.
fn mask(text: &str) -> String {
    let text: String = text
        .split_inclusive('\n')
        .filter(|line| !line.contains(" … waiting: "))
        .collect();
    let patterns = [
        ("HH:HH:HH:HH:HH:HH", "[MAC]"),
        ("9999-99-99T99:99:99Z", "[TIME]"),
        ("9999-99-99 99:99:99Z", "[TIME]"),
        ("9999-99-99 99:99:99", "[TIME]"),
        ("9999-99-99 99:99", "[TIME]"),
        ("99:99:99", "[TIME]"),
        ("99.9 s\n", "N.N s\n"),
        ("9.9 s\n", "N.N s\n"),
    ];
    let mut masked = text;
    for (pattern, name) in patterns {
        masked = replace(&masked, pattern, name);
    }
    let mut parts = masked.split("(process ");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("(process N");
        masked.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    masked
}

/// Replaces every text of that shape; a 9 in the shape stands for any digit, an H
/// for any hexadecimal one.
fn replace(text: &str, shape: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let mut candidate = rest.chars();
        let fits = shape.chars().all(|wanted| {
            candidate.next().is_some_and(|c| match wanted {
                '9' => c.is_ascii_digit(),
                'H' => c.is_ascii_hexdigit(),
                _ => c == wanted,
            })
        });
        if fits {
            out.push_str(name);
            rest = candidate.as_str();
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}
