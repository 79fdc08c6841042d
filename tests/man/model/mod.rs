//! What the documents of `--output json` look like, read from the types that they are made from.
//!
//! A document is a type with `impl Document`. From there every type is followed as serde writes it. What
//! serde is told and this does not know ends the test: neither can know more than the other.

mod attributes;
mod held;
mod source;

use attributes::{Attributes, about};
use source::Sources;
use std::collections::BTreeMap;
use std::path::Path;

/// Every document, and every type in one.
pub struct Model {
    /// The documents, by the names of their types.
    pub documents: BTreeMap<String, Type>,
    /// The types of what stands in them, by name.
    pub types: BTreeMap<String, Type>,
}

/// A type with its comment.
pub struct Type {
    /// Its comment.
    pub about: String,
    /// What it is in JSON.
    pub body: Body,
}

/// What a type is in JSON.
pub enum Body {
    /// An object.
    Object(Fields),
    /// One of several objects, told apart by the value of this key.
    Tagged(String, Vec<Variant>),
    /// One of several: its name as a text, or an object whose one key is its name.
    Keyed(Vec<Variant>),
    /// One of several objects, told apart by their keys.
    Either(Vec<Variant>),
}

/// The fields of an object.
#[derive(Default)]
pub struct Fields {
    /// Its own.
    pub own: Vec<Field>,
    /// The types whose fields it has besides.
    pub besides: Vec<String>,
}

/// A field.
pub struct Field {
    /// Its key.
    pub name: String,
    /// Its comment.
    pub about: String,
    /// What its value is.
    pub shape: Shape,
    /// It may be left out.
    pub may_be_absent: bool,
}

/// One of several.
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its comment.
    pub about: String,
    /// What it holds.
    pub holds: Holds,
}

/// What one of several holds.
pub enum Holds {
    /// Nothing.
    Nothing,
    /// Fields of its own.
    Fields(Fields),
    /// A value.
    One(Shape),
}

/// A value.
pub enum Shape {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// Values of one kind.
    Array(Box<Shape>),
    /// So many values, each of its kind.
    Tuple(Vec<Shape>),
    /// Values by name.
    Named(Box<Shape>),
    /// A value, or null.
    OrNull(Box<Shape>),
    /// What a type is.
    Of(String),
}

impl Model {
    /// Reads it.
    pub fn read() -> Model {
        let sources = Sources::read();
        let mut reading = Reading {
            sources: &sources,
            types: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let documents = sources.documents().into_iter().map(|(name, path)| {
            let document = reading.definition(sources.find(&name, &path).item(), &path);
            (name, document)
        });
        Model {
            documents: documents.collect(),
            types: reading.types,
        }
    }
}

/// The types that were met so far.
struct Reading<'a> {
    sources: &'a Sources,
    types: BTreeMap<String, Type>,
    /// In which file each is: two of one name would be one on the page.
    files: BTreeMap<String, std::path::PathBuf>,
}

impl Reading<'_> {
    fn definition(&mut self, item: &syn::Item, path: &Path) -> Type {
        match item {
            syn::Item::Struct(item) => {
                assert!(derives(&item.attrs), "{} is not written", item.ident);
                Type {
                    about: about(&item.attrs),
                    body: Body::Object(self.fields(&item.fields, path)),
                }
            }
            syn::Item::Enum(item) => {
                assert!(derives(&item.attrs), "{} is not written", item.ident);
                let told = Attributes::of(&item.attrs);
                let variants = item.variants.iter().map(|variant| {
                    let own = Attributes::of(&variant.attrs);
                    let name = variant.ident.to_string();
                    let name = match (own.rename, told.snake_case) {
                        (Some(name), _) => name,
                        (None, true) => in_snake_case(&name),
                        (None, false) => name,
                    };
                    Variant {
                        name,
                        about: about(&variant.attrs),
                        holds: self.holds(&variant.fields, path),
                    }
                });
                let variants = variants.collect();
                Type {
                    about: about(&item.attrs),
                    body: match (told.tag, told.untagged) {
                        (Some(tag), _) => Body::Tagged(tag, variants),
                        (None, true) => Body::Either(variants),
                        (None, false) => Body::Keyed(variants),
                    },
                }
            }
            _ => panic!("{}: a type that is another one", path.display()),
        }
    }

    fn holds(&mut self, fields: &syn::Fields, path: &Path) -> Holds {
        match fields {
            syn::Fields::Unit => Holds::Nothing,
            syn::Fields::Named(_) => Holds::Fields(self.fields(fields, path)),
            syn::Fields::Unnamed(one) => {
                assert_eq!(one.unnamed.len(), 1, "{}: several values", path.display());
                Holds::One(self.shape(&one.unnamed[0].ty, path))
            }
        }
    }

    fn fields(&mut self, fields: &syn::Fields, path: &Path) -> Fields {
        let mut all = Fields::default();
        for field in fields {
            let told = Attributes::of(&field.attrs);
            let ident = field.ident.as_ref().expect("a field with a name");
            if told.skip {
                continue;
            }
            let shape = self.shape(&field.ty, path);
            if told.flatten {
                let Shape::Of(name) = shape else {
                    panic!("{}: {ident} has no fields", path.display());
                };
                all.besides.push(name);
                continue;
            }
            let shape = match (shape, told.may_be_absent) {
                (Shape::OrNull(shape), true) => *shape,
                (shape, _) => shape,
            };
            all.own.push(Field {
                name: told.rename.unwrap_or_else(|| ident.to_string()),
                about: about(&field.attrs),
                shape,
                may_be_absent: told.may_be_absent,
            });
        }
        all
    }

    fn shape(&mut self, of: &syn::Type, path: &Path) -> Shape {
        let last = match of {
            syn::Type::Reference(one) => return self.shape(&one.elem, path),
            syn::Type::Slice(one) => return Shape::Array(Box::new(self.shape(&one.elem, path))),
            syn::Type::Tuple(several) => {
                let each = several.elems.iter().map(|one| self.shape(one, path));
                return Shape::Tuple(each.collect());
            }
            syn::Type::Path(one) => one.path.segments.last().expect("a name"),
            _ => panic!("{}: a type that is not known here", path.display()),
        };
        let mut arguments = Vec::new();
        if let syn::PathArguments::AngleBracketed(all) = &last.arguments {
            for argument in &all.args {
                if let syn::GenericArgument::Type(one) = argument {
                    arguments.push(self.shape(one, path));
                }
            }
        }
        let name = last.ident.to_string();
        match (name.as_str(), arguments.pop()) {
            ("String" | "str" | "Path" | "PathBuf" | "IpAddr" | "char", None) => Shape::Text,
            ("u16" | "u32" | "u64" | "usize", None) => Shape::Whole,
            ("f64", None) => Shape::Number,
            ("bool", None) => Shape::Truth,
            ("Box", Some(of)) => of,
            ("Option", Some(of)) => Shape::OrNull(Box::new(of)),
            ("Vec", Some(of)) => Shape::Array(Box::new(of)),
            ("BTreeMap", Some(of)) => Shape::Named(Box::new(of)),
            (_, None) => self.named(&name, path),
            (_, Some(_)) => panic!("{}: {name} is not known here", path.display()),
        }
    }

    fn named(&mut self, name: &str, from: &Path) -> Shape {
        let found = self.sources.find(name, from);
        let path = &found.path;
        let attributes = match found.item() {
            syn::Item::Type(item) => return self.shape(&item.ty, path),
            syn::Item::Struct(item) => &item.attrs,
            syn::Item::Enum(item) => &item.attrs,
            _ => panic!("{name} is no type"),
        };
        if self.sources.is_text(name, path) || Attributes::of(attributes).into_text {
            return Shape::Text;
        }
        match self.files.get(name) {
            Some(known) => assert_eq!(known, path, "two types are called {name}"),
            None => {
                // Before what is in it: a type may hold itself.
                self.files.insert(name.to_owned(), path.clone());
                let definition = self.definition(found.item(), path);
                self.types.insert(name.to_owned(), definition);
            }
        }
        Shape::Of(name.to_owned())
    }
}

fn derives(attributes: &[syn::Attribute]) -> bool {
    let mut all = attributes
        .iter()
        .filter(|one| one.path().is_ident("derive"));
    all.any(|one| {
        let mut found = false;
        let read = one.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("Serialize");
            Ok(())
        });
        read.is_ok() && found
    })
}

fn in_snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
