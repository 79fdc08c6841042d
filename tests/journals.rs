//! Journals are read for ever: those that earlier versions wrote, and those that a power cut left.
//!
//! `tests/data/journals/vN` is the state folder of a real host of format N, never changed again.

use bascule::internals::{
    Cib, FoundFiles, Journal, Operation, OperationStatus, ToolAnswers, UndoFacts, plan_undo,
};
use std::path::PathBuf;

tests! {
    []
        format_1_is_read
        what_format_1_keeps_beside_its_lines_is_found
        any_beginning_of_a_journal_is_read
        what_cannot_be_read_is_known;
}

fn recorded(version: &str) -> Journal {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/journals");
    Journal::new(&data.join(version))
}

fn lines(journal: &Journal, id: u64) -> Vec<u8> {
    std::fs::read(journal.folder().join(format!("{id:06}.jsonl"))).unwrap()
}

fn format_1_is_read() {
    let journal = recorded("v1");
    let operations = journal.operations().unwrap();
    let told: Vec<_> = operations
        .iter()
        .map(|operation| {
            let command = operation.begin.command.as_str();
            (operation.id(), operation.status().word(), command)
        })
        .collect();
    let init = "cluster init --name cluster_web --node serv1=172.16.0.10 --node serv2=172.16.0.11";
    let web = "vip add 172.16.0.12/24 --name IPFailover --label VIP then web add apache2 --name serviceWeb";
    assert_eq!(
        told,
        [
            (1, "done".to_owned(), init),
            (2, "done".to_owned(), web),
            (3, "undone by 4".to_owned(), "node standby serv2"),
            (4, "done".to_owned(), "undo 3"),
            (5, "done".to_owned(), "cluster set migration-limit=3"),
            (6, "cut short".to_owned(), "node maintenance serv2"),
        ]
    );
    assert_eq!(
        journal
            .cut_short()
            .operations
            .iter()
            .map(Operation::id)
            .collect::<Vec<_>>(),
        [6]
    );
}

fn what_format_1_keeps_beside_its_lines_is_found() {
    let operations = recorded("v1").operations().unwrap();
    let (mut cibs, mut texts, mut copies) = (0, 0, 0);
    for operation in &operations {
        for step in &operation.steps {
            let start = step.start.as_ref();
            let end = step.end.as_ref();
            let names = start
                .and_then(|start| start.cib.as_ref())
                .into_iter()
                .chain(end.and_then(|end| end.cib.as_ref()));
            for name in names {
                let text = std::fs::read_to_string(operation.images.join(name)).unwrap();
                assert!(!Cib::parse(text).unwrap().nodes().is_empty());
                cibs += 1;
            }
            let files = start
                .into_iter()
                .flat_map(|start| &start.files)
                .chain(end.into_iter().flat_map(|end| &end.files));
            for kept in files.filter_map(|image| image.kept.as_ref()) {
                assert!(kept.bytes(&operation.images).is_some());
                match kept.copy {
                    Some(_) => copies += 1,
                    None => texts += 1,
                }
            }
        }
    }
    assert_eq!((cibs, texts, copies), (9, 2, 1));
}

/// A power cut leaves any beginning of a file. It is read as far as it goes: nothing that was
/// written is forgotten, and nothing is believed that was not.
fn any_beginning_of_a_journal_is_read() {
    let journal = recorded("v1");
    for id in [3, 4, 5, 6] {
        let whole = lines(&journal, id);
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap();
        for length in 0..=whole.len() {
            let beginning = &whole[..length];
            let Some(operation) = Operation::parse(beginning, PathBuf::new()) else {
                assert!(length < first, "{id} is lost with {length} bytes");
                continue;
            };
            assert!(length >= first, "{id} is read from {length} bytes");
            // A line counts once it is all there, with its end or without.
            let says = |event: &str| {
                beginning
                    .split(|byte| *byte == b'\n')
                    .filter(|line| line.starts_with(event.as_bytes()))
                    .filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok())
                    .count()
            };
            let started = operation.steps.iter().filter(|step| step.start.is_some());
            let ended = operation.steps.iter().filter(|step| step.end.is_some());
            assert_eq!(started.count(), says("{\"event\":\"start\""));
            assert_eq!(ended.count(), says("{\"event\":\"end\""));
            let finished = operation.status() == OperationStatus::Done;
            assert_eq!(finished, says("{\"event\":\"finish\"") == 1);
        }
    }
}

/// A damaged disk is not a power cut: what cannot be read is told, and nothing is taken back by halves.
fn what_cannot_be_read_is_known() {
    let recorded = recorded("v1");
    for id in [3, 4, 5, 6] {
        let whole = lines(&recorded, id);
        let rows: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for garbled in 0..rows.len() {
            let text: Vec<u8> = rows
                .iter()
                .enumerate()
                .flat_map(|(at, row)| match at == garbled {
                    true => b"{\"event\":\0\0\n".to_vec(),
                    false => row.to_vec(),
                })
                .collect();
            let operation = Operation::parse(&text, PathBuf::new());
            assert_eq!(operation.is_none(), garbled == 0, "{id} line {garbled}");
            if let Some(operation) = operation {
                assert_eq!(operation.damaged, 1, "{id} line {garbled}");
                if operation.begin.undoes.is_some() {
                    continue;
                }
                let refused = plan_undo(
                    &operation,
                    &UndoFacts {
                        guards: &std::collections::BTreeMap::new(),
                        unreached: std::collections::BTreeMap::new(),
                        answers: &ToolAnswers::new(),
                        found: &FoundFiles::default(),
                        forecast: &|_, _, _| (),
                        live: Err("it does not run"),
                        monitor: None,
                        in_no_cluster: false,
                        later: Vec::new(),
                        services: &std::collections::BTreeMap::new(),
                    },
                );
                assert!(refused.unwrap_err().what.contains("cannot be read"));
            }
        }
        assert_eq!(Operation::parse(&whole, PathBuf::new()).unwrap().damaged, 0);
    }

    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    std::fs::create_dir(journal.folder()).unwrap();
    std::fs::write(journal.folder().join("000003.jsonl"), lines(&recorded, 3)).unwrap();
    for (id, text) in [(4, ""), (5, "not json\n{\"event\":\"finish\"}\n")] {
        std::fs::write(journal.folder().join(format!("{id:06}.jsonl")), text).unwrap();
    }
    let history = journal.history().unwrap();
    assert_eq!(history.operations.len(), 1);
    let numbers: Vec<u64> = history.unreadable.iter().map(|file| file.id).collect();
    assert_eq!(numbers, [4, 5]);
    assert_eq!(journal.cut_short().unreadable.len(), 2);
}
