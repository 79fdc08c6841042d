//! What serde is told of a type or a field.

/// What serde is told, as far as it writes.
#[derive(Default)]
pub struct Attributes {
    /// Its name in JSON.
    pub rename: Option<String>,
    /// The names of an enum's variants are in snake case.
    pub snake_case: bool,
    /// The key that tells variants apart.
    pub tag: Option<String>,
    /// Variants are told apart by their keys.
    pub untagged: bool,
    /// Its fields stand beside the others.
    pub flatten: bool,
    /// It is not written.
    pub skip: bool,
    /// It is not always written.
    pub may_be_absent: bool,
    /// It is written as a text.
    pub into_text: bool,
}

impl Attributes {
    /// Reads them.
    pub fn of(attributes: &[syn::Attribute]) -> Attributes {
        let mut told = Attributes::default();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("serde")) {
            let read = attribute.parse_nested_meta(|meta| {
                let name = meta.path.require_ident()?.to_string();
                let value = match meta.value() {
                    Ok(value) => Some(value.parse::<syn::LitStr>()?.value()),
                    Err(_) => None,
                };
                match (name.as_str(), value) {
                    ("rename", value) => told.rename = value,
                    ("rename_all", Some(value)) if value == "snake_case" => told.snake_case = true,
                    ("tag", value) => told.tag = value,
                    ("untagged", None) => told.untagged = true,
                    ("flatten", None) => told.flatten = true,
                    ("skip", None) => told.skip = true,
                    ("skip_serializing_if", Some(_)) => told.may_be_absent = true,
                    ("into", Some(value)) if value == "String" => told.into_text = true,
                    // Of reading alone.
                    ("default" | "try_from", _) => {}
                    (name, value) => {
                        return Err(meta.error(format!("{name} {value:?} is not known here")));
                    }
                }
                Ok(())
            });
            read.unwrap_or_else(|e| panic!("{e}"));
        }
        told
    }
}

/// Returns the comment, on one line.
pub fn about(attributes: &[syn::Attribute]) -> String {
    let mut words = Vec::new();
    for attribute in attributes.iter().filter(|one| one.path().is_ident("doc")) {
        if let syn::Meta::NameValue(line) = &attribute.meta
            && let syn::Expr::Lit(line) = &line.value
            && let syn::Lit::Str(line) = &line.lit
        {
            words.push(line.value().trim().to_owned());
        }
    }
    // Links within this program lead nowhere on a page.
    let text = words.join(" ").replace("[`", "`").replace("`]", "`");
    assert!(!text.is_empty(), "something that is told has no comment");
    text
}
