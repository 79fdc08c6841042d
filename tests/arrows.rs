//! The arrows of the house: each room knows the rooms that CONTRIBUTING's map gives it and no other,
//! and no files know each other in a circle. Code for tests may know everything.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A module's path, `crate` left out: `["journal", "undo"]`; the crate's root has none.
type Module = Vec<String>;

/// The files of the crate, by the module that each is.
struct House {
    files: BTreeMap<Module, syn::File>,
    /// What a name that a module gives on stands for.
    given_on: BTreeMap<Module, Module>,
}

/// The paths that one file names, each made absolute.
struct Paths<'a> {
    house: &'a BTreeMap<Module, syn::File>,
    here: Module,
    named: Vec<Named>,
}

/// One path, and whether it is given on under its last name or another.
struct Named {
    path: Module,
    given_on_as: Option<String>,
}

impl Paths<'_> {
    /// Returns a path from the crate's root; none where it leads into another crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut here = self.here.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                here.clear();
                rest = &path[1..];
            }
            "self" | "super" => {
                while let Some(first) = rest.first() {
                    match first.as_str() {
                        "super" => here.truncate(here.len().saturating_sub(1)),
                        "self" => {}
                        _ => break,
                    }
                    rest = &rest[1..];
                }
            }
            first => {
                here.push(first.to_owned());
                if !self.house.contains_key(&here) {
                    return None;
                }
                rest = &path[1..];
            }
        }
        here.extend(rest.iter().filter(|name| *name != "self").cloned());
        Some(here)
    }

    fn name(&mut self, path: &[String], given_on_as: Option<String>) {
        if let Some(path) = self.absolute(path) {
            self.named.push(Named { path, given_on_as });
        }
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree, gives_on: bool) {
        let mut path = before.to_vec();
        match tree {
            syn::UseTree::Path(one) => {
                path.push(one.ident.to_string());
                self.tree(&path, &one.tree, gives_on);
            }
            syn::UseTree::Name(one) => {
                path.push(one.ident.to_string());
                self.name(&path, gives_on.then(|| one.ident.to_string()));
            }
            syn::UseTree::Rename(one) => {
                path.push(one.ident.to_string());
                self.name(&path, gives_on.then(|| one.rename.to_string()));
            }
            syn::UseTree::Glob(_) => self.name(&path, None),
            syn::UseTree::Group(group) => {
                for one in &group.items {
                    self.tree(&path, one, gives_on);
                }
            }
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(
                &[],
                &item.tree,
                !matches!(item.vis, syn::Visibility::Inherited),
            );
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.name(&names, None);
        }
        visit::visit_path(self, path);
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Reads every file that is no test and whose module no `#[cfg(test)]` declares.
fn read() -> House {
    let mut files = BTreeMap::new();
    let mut open = vec![(Module::new(), source().join("lib.rs"))];
    while let Some((module, path)) = open.pop() {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = syn::parse_file(&text).unwrap();
        let folder = match path.file_stem().unwrap().to_str().unwrap() {
            "mod" | "lib" => path.parent().unwrap().to_owned(),
            stem => path.with_file_name(stem),
        };
        for item in &file.items {
            if let syn::Item::Mod(child) = item
                && child.content.is_none()
                && !is_for_tests(&child.attrs)
            {
                let name = child.ident.to_string();
                let flat = folder.join(format!("{name}.rs"));
                let path = if flat.exists() {
                    flat
                } else {
                    folder.join(&name).join("mod.rs")
                };
                open.push(([module.clone(), vec![name]].concat(), path));
            }
        }
        files.insert(module, file);
    }
    let mut given_on = BTreeMap::new();
    for module in files.keys() {
        for named in named(&files, module) {
            if let Some(name) = named.given_on_as {
                given_on.insert([module.clone(), vec![name]].concat(), named.path);
            }
        }
    }
    House { files, given_on }
}

fn named(files: &BTreeMap<Module, syn::File>, module: &Module) -> Vec<Named> {
    let mut paths = Paths {
        house: files,
        here: module.clone(),
        named: Vec::new(),
    };
    paths.visit_file(&files[module]);
    paths.named
}

impl House {
    /// Returns the file in which the thing of a path is.
    fn file_of(&self, path: &[String]) -> Module {
        for length in 1..=path.len() {
            let (name, rest) = path.split_at(length);
            // What a file of that name gives on under its own name is in that file.
            let real = self
                .given_on
                .get(name)
                .filter(|real| !real.starts_with(name));
            if let Some(real) = real {
                return self.file_of(&[real, rest].concat());
            }
        }
        let lengths = (0..=path.len()).rev();
        let mut found = lengths.map(|length| path[..length].to_vec());
        found
            .find(|module| self.files.contains_key(module))
            .unwrap_or_default()
    }

    /// Returns which files each file knows. The root only says which rooms there are.
    fn arrows(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let files = self.files.keys().filter(|module| !module.is_empty());
        let arrows = files.map(|module| {
            let used = named(&self.files, module);
            let used = used.into_iter().filter(|named| named.given_on_as.is_none());
            let known = used.map(|named| self.file_of(&named.path));
            let known = known.filter(|file| file != module && !file.is_empty());
            (module.clone(), known.collect())
        });
        arrows.collect()
    }
}

/// Returns a circle, if there is one: each knows the next, and the last the first.
fn circle(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn walk(
        at: &Module,
        arrows: &BTreeMap<Module, BTreeSet<Module>>,
        way: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<Module>> {
        if let Some(begins) = way.iter().position(|seen| seen == at) {
            return Some(way[begins..].to_vec());
        }
        if !done.insert(at.clone()) {
            return None;
        }
        way.push(at.clone());
        let found = arrows
            .get(at)
            .into_iter()
            .flatten()
            .find_map(|next| walk(next, arrows, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    arrows
        .keys()
        .find_map(|file| walk(file, arrows, &mut Vec::new(), &mut done))
}

/// Returns the map's arrows: each row of CONTRIBUTING's table that begins with rooms names in its third
/// column what they know.
fn map() -> BTreeMap<String, BTreeSet<String>> {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md");
    let text = std::fs::read_to_string(text).unwrap();
    let ticked = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let mut rooms = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| `src/")) {
        let cells: Vec<&str> = row.split('|').collect();
        for place in ticked(cells[1]) {
            let room = place.trim_start_matches("src/").trim_end_matches('/');
            let room = room.trim_end_matches(".rs").to_owned();
            rooms.insert(room, ticked(cells[3]).into_iter().collect());
        }
    }
    rooms
}

#[test]
fn rooms_know_what_the_map_gives_them() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, known) in read().arrows() {
        let known = known.iter().map(|other| other[0].clone());
        let others = known.filter(|room| *room != file[0]);
        seen.entry(file[0].clone()).or_default().extend(others);
    }
    assert_eq!(
        seen,
        map(),
        "left: what the imports say; right: CONTRIBUTING.md"
    );
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    let circle = circle(&read().arrows());
    let shown = circle.map(|files| {
        let files = files.iter().map(|file| file.join("::"));
        files.collect::<Vec<_>>().join(" → ")
    });
    assert_eq!(shown, None);
}
