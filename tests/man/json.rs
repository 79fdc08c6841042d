//! bascule-json(7): its prose is written by hand, and what it says of documents and the objects in them is
//! made from the types' comments.

use super::folder;
use super::model::{Body, Field, Fields, Holds, Model, Shape, Type, Variant};
use super::page::sentence;
use super::roff::{Page, bold, escape, italic};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::LazyLock;

tests! {
    [] the_page_is_of_this_version_and_of_this_format;
    [] the_grammar_takes_every_command_of_the_page;
    [] the_examples_name_fields_that_there_are;
    [] what_the_page_and_the_transcripts_have_is_as_the_types_say;
}

/// What documents look like.
static MODEL: LazyLock<Model> = LazyLock::new(Model::read);

/// The page.
pub const PAGE: &str = "bascule-json.7";

/// What stands above and below what is made.
const MARKS: [&str; 2] = [
    ".\\\" What follows is made by `make man` from the comments of the types.\n",
    ".\\\" So far what is made.\n",
];

/// Returns the page as it is kept.
fn kept() -> String {
    std::fs::read_to_string(folder().join(PAGE)).expect("the page")
}

/// Returns the page with what is made.
pub fn made() -> String {
    let kept = kept();
    let [above, below] = MARKS;
    let (before, rest) = kept.split_once(above).expect("the first mark");
    let (_, after) = rest.split_once(below).expect("the second mark");
    format!("{before}{above}{}{below}{after}", reference(&MODEL))
}

/// Returns the sections on documents and on what stands in them.
fn reference(model: &Model) -> String {
    let mut page = Page::part();
    page.section("DOCUMENTS");
    let mut documents: Vec<(&str, &Type)> = model
        .documents
        .values()
        .map(|document| {
            let (printed_by, about) = document.about.split_once(": ").expect("what prints it");
            assert!(!about.is_empty());
            (printed_by, document)
        })
        .collect();
    // What goes for all verbs first.
    documents
        .sort_by_key(|(printed_by, _)| (printed_by.starts_with('`'), printed_by.replace('`', "")));
    for (printed_by, document) in documents {
        page.subsection(&printed_by.replace('`', ""));
        let (_, about) = document.about.split_once(": ").unwrap_or_default();
        body(&mut page, about, document);
    }
    page.section("OBJECTS AND WORDS");
    for (name, of) in &model.types {
        page.subsection(name);
        body(&mut page, &of.about, of);
    }
    page.source()
}

/// Adds a type: its comment, and what it is.
fn body(page: &mut Page, about: &str, of: &Type) {
    page.paragraph(&sentence(about));
    match &of.body {
        Body::Object(all) => fields(page, all),
        Body::Tagged(tag, variants) => {
            page.paragraph(&format!("`{tag}` tells which one it is:"));
            for variant in variants {
                one(page, &bold(&variant.name), variant);
            }
        }
        Body::Keyed(variants) => {
            let texts = variants
                .iter()
                .filter(|one| matches!(one.holds, Holds::Nothing));
            let texts = texts.count();
            page.paragraph(match (texts, variants.len() - texts) {
                (_, 0) => "One of these texts:",
                (0, _) => "An object with one of these keys:",
                _ => "One of these texts, or an object with one of these keys:",
            });
            for variant in variants {
                let name = bold(&variant.name);
                let term = match &variant.holds {
                    Holds::Nothing if texts == variants.len() => name,
                    Holds::Nothing => format!("{name} (text)"),
                    Holds::Fields(_) => format!("{name} (key of an object)"),
                    Holds::One(shape) => format!("{name} (key of {})", value(shape)),
                };
                one(page, &term, variant);
            }
        }
        Body::Either(variants) => {
            for variant in variants {
                let Holds::One(Shape::Of(name)) = &variant.holds else {
                    panic!("one of several is no type");
                };
                page.raw(&format!(
                    ".PP\n{}: the fields of {}.",
                    escape(variant.about.trim_end_matches('.')),
                    italic(name)
                ));
            }
        }
    }
}

/// Adds one of several.
fn one(page: &mut Page, term: &str, variant: &Variant) {
    page.item(term, &sentence(&variant.about));
    match &variant.holds {
        Holds::Fields(all) => {
            page.raw(".RS");
            fields(page, all);
            page.raw(".RE");
        }
        Holds::One(Shape::Of(name)) => {
            page.raw(&format!("See {}.", italic(name)));
        }
        Holds::Nothing | Holds::One(_) => {}
    }
}

fn fields(page: &mut Page, all: &Fields) {
    for name in &all.besides {
        let and = match all.own.is_empty() {
            true => ".",
            false => ", and these:",
        };
        page.raw(&format!(".PP\nThe fields of {}{and}", italic(name)));
    }
    for field in &all.own {
        page.item(&term(field), &sentence(&field.about));
    }
}

fn term(field: &Field) -> String {
    let absent = match field.may_be_absent {
        true => ", or absent",
        false => "",
    };
    format!("{} ({}{absent})", bold(&field.name), value(&field.shape))
}

/// Returns what a value is, as roff.
fn value(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Whole => "whole number".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Truth => "true or false".to_owned(),
        Shape::Array(of) => format!("array of {}", value(of)),
        Shape::Tuple(each) => {
            let each: Vec<String> = each.iter().map(value).collect();
            format!("[{}]", each.join(", "))
        }
        Shape::Named(of) => format!("object of {} by name", value(of)),
        Shape::OrNull(of) => match **of {
            Shape::Truth => "true, false or null".to_owned(),
            _ => format!("{} or null", value(of)),
        },
        Shape::Of(name) => italic(name),
    }
}

/// Returns the lines of the page as they are read, without what is made.
fn by_hand() -> Vec<String> {
    let kept = kept();
    let [above, below] = MARKS;
    let (before, rest) = kept.split_once(above).expect("the first mark");
    let (_, after) = rest.split_once(below).expect("the second mark");
    let plain = format!("{before}{after}").replace("\\-", "-");
    let plain = plain.replace("\\(aq", "'");
    plain.lines().map(str::to_owned).collect()
}

fn the_page_is_of_this_version_and_of_this_format() {
    let text = by_hand().join("\n");
    let version = format!("\"bascule {}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version), "man/{PAGE}: .TH");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/document.rs");
    let source = std::fs::read_to_string(source).expect("the source");
    let (_, format) = source.split_once("const FORMAT: u32 = ").expect("a number");
    let (format, _) = format.split_once(';').expect("its end");
    for said in [
        format!("format of all documents, which is {format}."),
        format!(".format == {format} and"),
        format!("{{\"format\":{format},"),
    ] {
        assert!(text.contains(&said), "man/{PAGE}: {said}");
    }
}

fn the_grammar_takes_every_command_of_the_page() {
    let lines = by_hand();
    let typed = lines.iter().filter_map(|line| {
        let words = line.strip_prefix("bascule ")?;
        shlex::split(words.split('|').next()?)
    });
    let text = lines.join(" ");
    let tasks = text.split("argv: [bascule, ").skip(1).map(|rest| {
        let (words, _) = rest.split_once(']').expect("its end");
        let words = words.split(',').map(|word| word.trim().to_owned());
        words.collect()
    });
    let all: Vec<Vec<String>> = typed.chain(tasks).collect();
    assert!(all.len() > 5, "{all:?}");
    for words in all {
        let typed: Vec<OsString> = words.iter().map(OsString::from).collect();
        if let Err(error) = bascule::internals::parse(&typed) {
            panic!("{words:?}: {error}");
        }
    }
}

/// Returns the names of all fields.
fn names() -> BTreeSet<&'static str> {
    let mut names = BTreeSet::from(["format"]);
    for of in MODEL.documents.values().chain(MODEL.types.values()) {
        match &of.body {
            Body::Object(all) => names.extend(all.own.iter().map(|field| field.name.as_str())),
            Body::Tagged(tag, _) => {
                names.insert(tag);
            }
            Body::Keyed(_) | Body::Either(_) => {}
        }
    }
    names
}

fn the_examples_name_fields_that_there_are() {
    let names = names();
    let lines = by_hand();
    let mut named = 0;
    // Such as `.links[]`, and `(vip.stdout | from_json).result.result`.
    for line in lines.iter().filter(|line| !line.starts_with('.')) {
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            if c == '.' && !before.is_alphanumeric() {
                let path =
                    line[at + 1..].split(|c: char| !c.is_ascii_lowercase() && !"._".contains(c));
                for name in path.take(1).flat_map(|path| path.split('.')) {
                    assert!(name.is_empty() || names.contains(name), "{name}: {line}");
                    named += usize::from(!name.is_empty());
                }
            }
            before = c;
        }
    }
    assert!(named > 15, "{named}");
}

/// Returns how many documents of each kind stand in lines, each as the types say.
fn kinds(lines: &str) -> BTreeMap<String, u32> {
    let mut kinds = BTreeMap::new();
    let mut rest = lines;
    while let Some(at) = rest.find("{\"format\":") {
        let mut values = serde_json::Deserializer::from_str(&rest[at..]).into_iter();
        let document: serde_json::Value = match values.next() {
            Some(Ok(document)) => document,
            // One that a transcript cuts short.
            _ => {
                rest = &rest[at + 1..];
                continue;
            }
        };
        rest = &rest[at + values.byte_offset()..];
        let kind = MODEL.kind(&document);
        let kind = kind.unwrap_or_else(|why| panic!("{document}\n{why}"));
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    kinds
}

fn what_the_page_and_the_transcripts_have_is_as_the_types_say() {
    let page = kinds(&by_hand().join(""));
    assert_eq!(page["RefusalDocument"], 1);
    assert_eq!(page["ChangeDocument"], 1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let transcripts = std::fs::read_dir(folder).expect("a folder").map(|entry| {
        let path = entry.expect("an entry").path();
        match path.extension().is_some_and(|ending| ending == "md") {
            true => std::fs::read_to_string(path).expect("a transcript"),
            false => String::new(),
        }
    });
    let transcripts = kinds(&transcripts.collect::<String>());
    for kind in [
        "ChangeDocument",
        "ErrorDocument",
        "HistoryDocument",
        "RefusalDocument",
        "ShowDocument",
        "StatusDocument",
        "VipListDocument",
    ] {
        assert!(transcripts.contains_key(kind), "{kind}: {transcripts:?}");
    }
}
