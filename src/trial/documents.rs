//! What is told to programs, from what real hosts said, held against the types that it is made from: what
//! bascule-json(7) says is read from those.

#[allow(dead_code, reason = "the rest of it makes the page")]
#[path = "../../tests/man/model/mod.rs"]
mod model;

use super::plans::{LOOKED, TYPED, document, read};
use super::{RELEASES, facts};
use crate::explain;
use crate::mariadb::errno;
use model::Model;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What documents look like.
static MODEL: LazyLock<Model> = LazyLock::new(Model::read);

/// Returns the name of the type that a document is of.
fn kind(line: &str) -> &'static str {
    let value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    let kind = MODEL.kind(&value);
    kind.unwrap_or_else(|why| panic!("{line}\n{why}"))
}

/// Looks whether a line is a document of this type, as it is described.
pub fn is_of(line: &str, of: &str) {
    assert_eq!(kind(line), of, "{line}");
}

#[test]
fn every_document_is_as_it_is_described() {
    let mut kinds = BTreeSet::new();
    for release in RELEASES {
        for (state, typed) in TYPED.iter().chain(LOOKED) {
            let words = typed.trim_start_matches("$ ");
            let line = document(words, &read(release, state));
            kinds.insert(kind(&line));
        }
    }
    let topics = ["errors", "web list", "fencing"].map(str::to_owned);
    let numbers = errno::numbers().map(|number| number.to_string());
    for asked in numbers.chain(topics) {
        let told = explain::explanation(&asked).unwrap_or_else(|| panic!("{asked}"));
        let report = told.unwrap_or_else(|refusal| panic!("{asked}: {refusal}"));
        kinds.insert(kind(&report.document));
    }
    kinds.insert(kind(&explain::list().document));
    let expected = [
        "ChangeDocument",
        "DbStatusDocument",
        "DrillListDocument",
        "ErrorDocument",
        "ErrorTextsDocument",
        "ErrorsDocument",
        "FenceListDocument",
        "NodeListDocument",
        "QuorumStatusDocument",
        "RefusalDocument",
        "StatusDocument",
        "TopicDocument",
        "TopicsDocument",
        "VipListDocument",
        "WebListDocument",
        "WhyDocument",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_field_that_no_type_has_is_noticed() {
    let line = document("vip list", &facts("bookworm", "grouped"));
    let wrong = |from: &str, to: &str| {
        let line = line.replacen(from, to, 1);
        let value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let Err(why) = MODEL.kind(&value) else {
            panic!("{line} is taken");
        };
        why
    };
    let more = wrong("\"interface\":", "\"more\":1,\"interface\":");
    assert!(more.contains("more: no type has it"), "{more}");
    let less = wrong("\"interface\":", "\"interfaces\":");
    assert!(less.contains("interface: it is not there"), "{less}");
    let other = wrong("\"live\":true", "\"live\":1");
    assert!(other.contains("live: 1 is of another kind"), "{other}");
    let unversioned = wrong("\"format\":1,", "");
    assert_eq!(unversioned, "it has no format");
}
