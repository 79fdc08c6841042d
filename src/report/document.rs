//! What a verb says to a program: one document, on one line of standard output.

use serde::Serialize;

/// The version of the format of every document. What is added does not raise it; what goes, or means
/// something else than before, does.
const FORMAT: u32 = 1;

/// A document as a whole. The comment of its type is what bascule-json(7) says of it, and begins with what
/// prints it; those of its fields are what the page says of them.
pub trait Document: Serialize {}

/// A document with the version of its format.
#[derive(Serialize)]
struct Versioned<'a, D> {
    format: u32,
    #[serde(flatten)]
    document: &'a D,
}

/// Returns the line of a document.
pub fn line(document: &impl Document) -> String {
    let versioned = Versioned {
        format: FORMAT,
        document,
    };
    serde_json::to_string(&versioned).expect("every document has fields, and its keys are text")
}
