//! A name in a text that stands for a value: `${name}`.

/// Returns the names in a text, in the order they stand there.
pub fn names(text: &str) -> Vec<&str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .filter(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c))
        })
        .collect()
}

/// Returns the text with each name's value in its place; names without one stay.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = text.to_owned();
    for name in names(text) {
        if let Some(value) = value(name) {
            filled = filled.replace(&format!("${{{name}}}"), &value);
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_filled_and_everything_else_stays() {
        let text = "A ${one} ${two} $one ${} ${ x} ${one}";
        assert_eq!(names(text), ["one", "two", "one"]);
        let value = |name: &str| (name == "one").then(|| "1".to_owned());
        assert_eq!(fill(text, value), "A 1 ${two} $one ${} ${ x} 1");
    }
}
