//! The sources, of which a file is parsed once something in it is asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A type's definition, in its file.
pub struct Definition {
    /// The file.
    pub path: PathBuf,
    file: Rc<syn::File>,
    at: usize,
}

impl Definition {
    /// Returns the definition.
    pub fn item(&self) -> &syn::Item {
        &self.file.items[self.at]
    }
}

/// Every source file.
pub struct Sources {
    texts: BTreeMap<PathBuf, String>,
    parsed: RefCell<BTreeMap<PathBuf, Rc<syn::File>>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

impl Sources {
    /// Reads them.
    pub fn read() -> Sources {
        let mut texts = BTreeMap::new();
        let mut open = vec![root()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).expect("a folder");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                texts.insert(path, text);
            }
        }
        Sources {
            texts,
            parsed: RefCell::default(),
        }
    }

    fn parsed(&self, path: &Path) -> Rc<syn::File> {
        let mut parsed = self.parsed.borrow_mut();
        let file = parsed.entry(path.to_owned()).or_insert_with(|| {
            let file = syn::parse_file(&self.texts[path]);
            Rc::new(file.unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        });
        file.clone()
    }

    /// Returns the types that are documents, each with its file.
    pub fn documents(&self) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        let files = self.texts.iter();
        for (path, _) in files.filter(|(_, text)| text.contains("impl Document for ")) {
            for item in &self.parsed(path).items {
                if let syn::Item::Impl(item) = item
                    && let Some((implemented, _)) = &item.trait_
                    && implemented.is_ident("Document")
                    && let syn::Type::Path(of) = &*item.self_ty
                    && let Some(last) = of.path.segments.last()
                {
                    found.push((last.ident.to_string(), path.clone()));
                }
            }
        }
        found
    }

    /// Returns the type that a file calls so.
    pub fn find(&self, name: &str, from: &Path) -> Definition {
        let words = ["struct", "enum", "type"].map(|word| format!("{word} {name}"));
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let defines = |text: &str| {
            words.iter().any(|words| {
                let found = text.match_indices(words.as_str());
                found
                    .into_iter()
                    .any(|(at, _)| ends(&text[at + words.len()..]))
            })
        };
        let files = self.texts.iter().filter(|(_, text)| defines(text));
        let mut found: Vec<Definition> = files
            .filter_map(|(path, _)| {
                let file = self.parsed(path);
                let at = file.items.iter().position(|item| is_named(item, name))?;
                let path = path.clone();
                Some(Definition { path, file, at })
            })
            .collect();
        if let Some(here) = found.iter().position(|one| one.path == from) {
            return found.swap_remove(here);
        }
        // As the import leads there, over a module that gives it on.
        let mut files = vec![from.to_owned()];
        while found.len() > 1 && !files.is_empty() {
            let rooms: Vec<_> = files
                .iter()
                .flat_map(|file| self.imported(name, file))
                .collect();
            found.retain(|one| rooms.iter().any(|room| module(&one.path).starts_with(room)));
            let files_of = |room: &Vec<String>| {
                let here = self.texts.keys().filter(|path| module(path) == *room);
                here.cloned().collect::<Vec<_>>()
            };
            files = rooms.iter().flat_map(files_of).collect();
        }
        let files: Vec<&PathBuf> = found.iter().map(|one| &one.path).collect();
        assert_eq!(files.len(), 1, "{name} in {}: {files:?}", from.display());
        found.remove(0)
    }

    /// Returns the modules from which a file imports a name.
    fn imported(&self, name: &str, from: &Path) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for item in &self.parsed(from).items {
            if let syn::Item::Use(item) = item {
                imports(&item.tree, &[], name, &mut found);
            }
        }
        let here = module(from);
        let absolute = |path: Vec<String>| match path.first().map(String::as_str) {
            Some("crate") => path[1..].to_vec(),
            Some("super") => [&here[..here.len() - 1], &path[1..]].concat(),
            _ => [here.as_slice(), &path].concat(),
        };
        found.into_iter().map(absolute).collect()
    }

    /// Returns true for a type that is written as its text.
    pub fn is_text(&self, name: &str, path: &Path) -> bool {
        self.texts[path].contains(&format!("serde_as_text!({name});"))
    }
}

/// Adds the modules from which one tree of imports takes a name.
fn imports(tree: &syn::UseTree, before: &[String], name: &str, found: &mut Vec<Vec<String>>) {
    match tree {
        syn::UseTree::Path(one) => {
            let path = [before, &[one.ident.to_string()]].concat();
            imports(&one.tree, &path, name, found);
        }
        syn::UseTree::Name(one) if one.ident == name => found.push(before.to_vec()),
        syn::UseTree::Group(group) => {
            for one in &group.items {
                imports(one, before, name, found);
            }
        }
        _ => {}
    }
}

/// Returns the module that a file is.
fn module(path: &Path) -> Vec<String> {
    let path = path.strip_prefix(root()).expect("a source");
    let path = path.with_extension("");
    let names = path.iter().map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name != "mod").collect()
}

fn is_named(item: &syn::Item, name: &str) -> bool {
    match item {
        syn::Item::Struct(item) => item.ident == name,
        syn::Item::Enum(item) => item.ident == name,
        syn::Item::Type(item) => item.ident == name,
        _ => false,
    }
}
