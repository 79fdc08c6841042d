//! What those that know the names may know of the line.

/// The line around the word that is being completed.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// The arguments before, by the name of their field, and their values.
    pub given: Vec<(String, String)>,
    /// The value as far as it is typed.
    pub typed: String,
    /// Somebody will read what the candidates are.
    pub described: bool,
}

impl Asking {
    /// Returns the values given before to an argument.
    pub fn values<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let of_it = move |(name, _): &&(String, String)| name == field;
        let given = self.given.iter().filter(of_it);
        given.map(|(_, value)| value.as_str())
    }

    /// Returns the value given before to an argument that takes one.
    pub fn value<'a>(&'a self, field: &'a str) -> Option<&'a str> {
        self.values(field).next()
    }
}

/// Returns true for a name that the parser takes as one of this kind.
pub fn parses_as<T: std::str::FromStr>(name: &str) -> bool {
    name.parse::<T>().is_ok()
}
