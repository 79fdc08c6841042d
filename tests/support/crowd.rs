//! A thousand resources: the configuration of a real host with its service again and again.

/// How many names begin in which way.
const CROWD: [(&str, usize); 5] = [
    ("billing", 250),
    ("portal", 250),
    ("shop", 250),
    ("wiki", 220),
    ("mail", 30),
];

/// Returns the configuration with a thousand services more, `billing-000` to `mail-029`, each made
/// like the recorded `serviceWeb`.
pub fn crowded(recorded: &str) -> String {
    let from = recorded.find("<primitive id=\"serviceWeb\"").unwrap();
    let end = "</primitive>";
    let to = from + recorded[from..].find(end).unwrap() + end.len();
    let service = &recorded[from..to];
    let many: String = CROWD
        .iter()
        .flat_map(|(begin, count)| (0..*count).map(move |n| format!("{begin}-{n:03}")))
        .map(|name| service.replace("serviceWeb", &name))
        .collect();
    recorded.replacen("<resources>", &format!("<resources>{many}"), 1)
}
