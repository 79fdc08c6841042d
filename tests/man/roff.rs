//! A page of the manual as man(7) source, which `man` and `mandoc` both read.

use std::fmt::Write;

/// A page that is being written.
pub struct Page {
    source: String,
}

impl Page {
    /// Begins a page; `made_from` says where its words are changed.
    pub fn new(name: &str, section: u8, date: &str, made_from: &str) -> Page {
        let version = env!("CARGO_PKG_VERSION");
        let title = escape(&name.to_uppercase());
        Page {
            source: format!(
                ".\\\" {made_from}\n.TH {title} {section} {date} \"bascule {version}\" \"bascule\"\n"
            ),
        }
    }

    /// Begins what stands in the midst of a page.
    pub fn part() -> Page {
        Page {
            source: String::new(),
        }
    }

    /// Ends it.
    pub fn source(self) -> String {
        self.source
    }

    /// Begins a section.
    pub fn section(&mut self, heading: &str) {
        let _ = writeln!(self.source, ".SH {}", escape(heading));
    }

    /// Begins a section within a section.
    pub fn subsection(&mut self, heading: &str) {
        let _ = writeln!(self.source, ".SS {}", escape(heading));
    }

    /// Adds a paragraph; what stands between backquotes is bold.
    pub fn paragraph(&mut self, text: &str) {
        // One after a heading would be empty space.
        if !self.is_after_heading() {
            self.source.push_str(".PP\n");
        }
        self.fill(text);
    }

    /// Adds words that are roff already, as a paragraph whose next lines are indented.
    pub fn hanging(&mut self, words: &[String]) {
        self.source.push_str(".HP 8\n");
        for word in words {
            self.source.push_str(word);
            self.source.push('\n');
        }
    }

    /// Adds a term and what it means; the term is roff already.
    pub fn item(&mut self, term: &str, about: &str) {
        let _ = writeln!(self.source, ".TP\n{term}");
        if about.is_empty() {
            self.source.push_str("\\&\n");
        } else {
            self.fill(about);
        }
    }

    /// Adds lines as they are.
    pub fn lines(&mut self, lines: &[&str]) {
        let widest = lines.iter().map(|line| line.chars().count()).max();
        // A page is indented by 7 columns, and many a terminal has 80.
        let indent = match widest.unwrap_or(0) {
            ..69 => 4,
            69..72 => 2,
            _ => 0,
        };
        if !self.is_after_heading() {
            self.source.push_str(".PP\n");
        }
        if indent > 0 {
            let _ = writeln!(self.source, ".RS {indent}");
        }
        self.source.push_str(".nf\n");
        for line in lines {
            let _ = writeln!(self.source, "{}", at_start(&escape(line)));
        }
        self.source.push_str(".fi\n");
        if indent > 0 {
            self.source.push_str(".RE\n");
        }
    }

    /// Adds one line of roff.
    pub fn raw(&mut self, line: &str) {
        let _ = writeln!(self.source, "{line}");
    }

    fn fill(&mut self, text: &str) {
        for line in wrapped(text) {
            let _ = writeln!(self.source, "{}", at_start(&marked(&line)));
        }
    }

    fn is_after_heading(&self) -> bool {
        let last = self.source.lines().last().unwrap_or_default();
        last.starts_with(".SH") || last.starts_with(".SS")
    }
}

/// Returns text as roff prints it unchanged.
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns a word in bold.
pub fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escape(text))
}

/// Returns a word that stands for something.
pub fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escape(text))
}

/// Returns a line that is not taken for a request.
fn at_start(line: &str) -> String {
    if line.starts_with('.') {
        format!("\\&{line}")
    } else {
        line.to_owned()
    }
}

/// Returns text with what stands between backquotes in bold.
fn marked(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // One that is not closed is a mark of its own.
    if parts.len().is_multiple_of(2) {
        return escape(text);
    }
    let each = parts.iter().enumerate();
    each.map(|(at, part)| match at % 2 {
        0 => escape(part),
        _ => bold(part),
    })
    .collect()
}

/// Returns true for a word in which something quoted begins or ends, and not both.
fn opens_or_closes(word: &str) -> bool {
    !word.matches('`').count().is_multiple_of(2)
}

/// Returns the lines of a paragraph: mandoc asks for short ones in the source. What stands between
/// backquotes is not broken.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut quoted = false;
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        // All that is quoted comes with the word that opens it.
        let inside = match opens_or_closes(word) {
            true => words[at + 1..].iter(),
            false => [].iter(),
        };
        let inside = inside.take_while(|word| !opens_or_closes(word));
        let inside: usize = inside.map(|word| word.len() + 1).sum();
        let width = line.len() + word.len();
        if !line.is_empty() && !quoted && (width > 60 || width + inside > 70) {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        quoted ^= opens_or_closes(word);
    }
    lines.push(line);
    lines
}
