//! A list that is too long to be read: narrowed to what its words begin with, as folders narrow paths.

use super::Candidate;

/// Returns the candidates, or, where they are more than so many, what they begin with.
pub fn narrowed(found: Vec<Candidate>, most: usize) -> Vec<Candidate> {
    if found.len() <= most {
        return found;
    }
    let mut groups = vec![found];
    loop {
        // Groups of one size are split together, so that like names look alike.
        let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
        let parts: Vec<_> = groups
            .iter()
            .flat_map(|group| match group.len() == largest {
                true => split(group),
                false => vec![group.clone()],
            })
            .collect();
        let begun = groups.len() > 1;
        if parts.len() == groups.len() || begun && parts.len() > most {
            break;
        }
        groups = parts;
    }
    groups.iter().filter_map(|group| one(group)).collect()
}

/// Returns what all of them begin with.
fn beginning(group: &[Candidate]) -> &str {
    let Some((first, rest)) = group.split_first() else {
        return "";
    };
    let mut begin = first.value.as_str();
    for other in rest {
        let same = begin.chars().zip(other.value.chars());
        let length = same
            .take_while(|(one, other)| one == other)
            .map(|(c, _)| c.len_utf8())
            .sum();
        begin = &begin[..length];
    }
    begin
}

/// Splits by the first character that is not the same in all.
fn split(group: &[Candidate]) -> Vec<Vec<Candidate>> {
    let length = beginning(group).len();
    let next = |candidate: &Candidate| candidate.value[length..].chars().next();
    let mut parts: Vec<Vec<Candidate>> = Vec::new();
    for candidate in group {
        match parts
            .iter_mut()
            .find(|part| next(&part[0]) == next(candidate))
        {
            Some(part) => part.push(candidate.clone()),
            None => parts.push(vec![candidate.clone()]),
        }
    }
    parts
}

/// Returns a group as one candidate.
fn one(group: &[Candidate]) -> Option<Candidate> {
    match group {
        [] => None,
        [only] => Some(only.clone()),
        [first, .., last] => Some(Candidate {
            value: beginning(group).to_owned(),
            help: format!("{} of them, {} to {}", group.len(), first.value, last.value),
            open: true,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: impl IntoIterator<Item = String>) -> Vec<Candidate> {
        let candidate = |value| Candidate::new(value, "a resource");
        values.into_iter().map(candidate).collect()
    }

    #[test]
    fn a_thousand_names_become_a_screenful() {
        let found = narrowed(of((0..1000).map(|n| format!("web-{n:04}"))), 50);
        let values: Vec<&str> = found.iter().map(|f| f.value.as_str()).collect();
        let expected: Vec<String> = (0..10).map(|n| format!("web-0{n}")).collect();
        assert_eq!(values, expected);
        assert!(found.iter().all(|found| found.open));
        assert_eq!(found[9].help, "100 of them, web-0900 to web-0999");
    }

    #[test]
    fn a_few_stay_as_they_are() {
        let few = of(["a".to_owned(), "b".to_owned()]);
        assert_eq!(narrowed(few.clone(), 2), few);
    }

    proptest! {
        #[test]
        fn every_name_can_still_be_reached(names in proptest::collection::btree_set("[ab]{1,6}", 1..80), most in 2usize..20) {
            let all = of(names.iter().cloned());
            let found = narrowed(all.clone(), most);
            prop_assert!(found.len() <= most.max(3));
            // Whoever types what all begin with gets further.
            let begin = beginning(&all).len();
            for one in &found {
                prop_assert!(found.len() == 1 || !one.open || one.value.len() > begin);
            }
            for name in &names {
                let leads = |one: &Candidate| one.value == *name || one.open && name.starts_with(&one.value);
                prop_assert!(found.iter().any(leads), "{name} in {found:?}");
            }
        }
    }
}
