//! A list that is too long to be read: narrowed to what its words begin with, as folders narrow paths.

use super::Candidate;

/// Returns the candidates, or, where they are more than so many, what they begin with: of that no more
/// than there is room for, unless there is no shorter way to tell them apart.
pub fn narrowed(mut found: Vec<Candidate>, most: usize, room: usize) -> Vec<Candidate> {
    if found.len() <= most {
        return found;
    }
    // Like names stand together, and the first and the last of a group are what they seem.
    found.sort_by(|one, other| one.value.cmp(&other.value));
    let mut groups = vec![found.as_slice()];
    loop {
        // Groups of one size are split together, so that like names look alike.
        let largest = groups.iter().map(|group| group.len()).max().unwrap_or(0);
        let parts: Vec<_> = groups
            .iter()
            .flat_map(|group| match group.len() == largest {
                true => split(group),
                false => vec![*group],
            })
            .collect();
        let begun = groups.len() > 1;
        if parts.len() == groups.len() || begun && parts.len() > room {
            break;
        }
        groups = parts;
    }
    // Where there is room left, a few names are worth more than what they begin with.
    let sizes: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let rows = |most: usize| -> usize {
        let row = |size: &usize| if *size <= most { *size } else { 1 };
        sizes.iter().map(row).sum()
    };
    let whole = sizes.iter().copied().filter(|size| rows(*size) <= room);
    let whole = whole.max().unwrap_or(0);
    let parts = groups
        .into_iter()
        .flat_map(|group| match group.len() <= whole {
            true => group.to_vec(),
            false => as_one(group).into_iter().collect(),
        });
    parts.collect()
}

/// Returns what all of them begin with.
fn beginning(group: &[Candidate]) -> &str {
    // In order, so what the first and the last have in common is common to all.
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return "";
    };
    let same = first.value.chars().zip(last.value.chars());
    let same = same.take_while(|(one, other)| one == other);
    &first.value[..same.map(|(c, _)| c.len_utf8()).sum()]
}

/// Splits by the first character that is not the same in all.
fn split(group: &[Candidate]) -> Vec<&[Candidate]> {
    let length = beginning(group).len();
    let next = |candidate: &Candidate| candidate.value[length..].chars().next();
    group
        .chunk_by(|one, other| next(one) == next(other))
        .collect()
}

/// Returns a group as one candidate.
fn as_one(group: &[Candidate]) -> Option<Candidate> {
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
        let found = narrowed(of((0..1000).map(|n| format!("web-{n:04}")).rev()), 60, 20);
        let values: Vec<&str> = found.iter().map(|f| f.value.as_str()).collect();
        let expected: Vec<String> = (0..10).map(|n| format!("web-0{n}")).collect();
        assert_eq!(values, expected);
        assert!(found.iter().all(|found| found.open));
        assert_eq!(found[9].help, "100 of them, web-0900 to web-0999");
    }

    #[test]
    fn names_of_several_kinds_become_a_screenful() {
        let sites = ["shop", "wiki", "billing"];
        let names = sites.map(|site| (0..250).map(move |n| format!("{site}-{n:03}")));
        let others = ["servweb", "second"].map(str::to_owned);
        let found = narrowed(of(names.into_iter().flatten().chain(others)), 60, 20);
        let shown = |one: &Candidate| format!("{} {}", one.value, one.help);
        let shown: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(shown.len(), 11, "{shown:?}");
        assert_eq!(
            shown[0],
            "billing-0 100 of them, billing-000 to billing-099"
        );
        assert_eq!(shown[3..5], ["second a resource", "servweb a resource"]);
        assert_eq!(shown[10], "wiki-2 50 of them, wiki-200 to wiki-249");
    }

    #[test]
    fn a_few_stay_as_they_are() {
        let few = of(["b".to_owned(), "a".to_owned()]);
        assert_eq!(narrowed(few.clone(), 2, 1), few);
    }

    proptest! {
        #[test]
        fn every_name_can_still_be_reached(names in proptest::collection::btree_set("[ab]{1,6}", 1..80), most in 2usize..20, room in 2usize..20) {
            let all = of(names.iter().cloned());
            let found = narrowed(all.clone(), most, room);
            prop_assert!(found.len() <= most.max(room).max(3));
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
