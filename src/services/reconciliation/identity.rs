//! Which movement of its core is a line? Pure, and the same whatever the order of the files.
//!
//! A file that names end-to-end ids (labels) is a labelled one; there, having none is a label too. Movements that only
//! unlabelled files have told are open: their label may be told yet.
//!
//! - A line of a labelled file is the `nth` movement with its label; else an open one, which gets the label; else a new one.
//! - A line of an unlabelled file is the movement number `ordinal` of the core, open ones first; else a new one, open.
//!
//! So an account ends with as many movements of a core as the unlabelled file with the most of them has, or as labelled
//! files have different labels (counted with `nth`), whichever is more, in any order of the files. There are never too many:
//! an unlabelled file makes a new one only when it has more lines than there are movements, a labelled one only when all
//! movements have other labels. And never too few: after each file there is one for each of its lines.

use crate::importers::fingerprint::LineKey;

/// What is known of a movement's end-to-end id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Nothing, so far.
    Open,
    Told(Option<String>),
}

/// What a line turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identified {
    /// The movement at this place among those of the core.
    Known(usize),
    New,
}

/// Finds the line's movement among those of its core, given by their labels in the order of their numbers.
pub fn identify(labels: &[Label], key: &LineKey) -> Identified {
    let places = |open: bool| {
        labels.iter().enumerate().filter(move |(_, label)| (**label == Label::Open) == open).map(|(place, _)| place)
    };
    let number = |number: u64| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let found = if key.labelled_file {
        let own = places(false).filter(|place| labels.get(*place) == Some(&Label::Told(key.label.clone())));
        own.clone().nth(number(key.nth)).or_else(|| places(true).next())
    } else {
        places(true).chain(places(false)).nth(number(key.ordinal))
    };
    found.map_or(Identified::New, Identified::Known)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    /// A file: whether it names labels, and those of its lines of one core.
    type File = (bool, Vec<Option<u8>>);

    fn keys((labelled_file, lines): &File) -> Vec<LineKey> {
        let mut counts: HashMap<Option<u8>, u64> = HashMap::new();
        let key = |(ordinal, label): (u64, &Option<u8>)| {
            let label = label.filter(|_| *labelled_file);
            let nth = counts.entry(label).or_default();
            *nth += 1;
            let label = label.map(|label| label.to_string());
            LineKey { core: "c".into(), label, labelled_file: *labelled_file, ordinal, nth: *nth, v1: None }
        };
        (1..).zip(lines).map(key).collect()
    }

    /// Imports a file, and answers which movements its lines are.
    fn import(movements: &mut Vec<Label>, file: &File) -> Vec<usize> {
        let take = |key: LineKey| {
            let told = if key.labelled_file { Label::Told(key.label.clone()) } else { Label::Open };
            let place = match identify(movements, &key) {
                Identified::Known(place) => place,
                Identified::New => {
                    movements.push(Label::Open);
                    movements.len() - 1
                }
            };
            if movements[place] == Label::Open {
                movements[place] = told;
            }
            place
        };
        keys(file).into_iter().map(take).collect()
    }

    fn state(files: &[&File]) -> Vec<Label> {
        let mut movements = Vec::new();
        for file in files {
            import(&mut movements, file);
        }
        movements.sort();
        movements
    }

    fn files() -> impl Strategy<Value = Vec<File>> {
        prop::collection::vec((any::<bool>(), prop::collection::vec(prop::option::of(0_u8..3), 0..5)), 1..6)
    }

    #[test]
    fn cases_that_could_lose_or_double_a_line() {
        let (a, b) = (Some(1), Some(2));
        let labelled = |lines: &[Option<u8>]| (true, lines.to_vec());
        let unlabelled = |lines: usize| (false, vec![None; lines]);
        for (files, expected) in [
            (vec![labelled(&[a, b]), unlabelled(2)], 2),
            (vec![unlabelled(2), labelled(&[b]), labelled(&[a, b])], 2),
            (vec![labelled(&[a]), labelled(&[b])], 2),
            (vec![labelled(&[b]), labelled(&[None, b, None])], 3),
            (vec![labelled(&[a, a]), unlabelled(1)], 2),
            (vec![unlabelled(3), labelled(&[a])], 3),
            (vec![unlabelled(1), unlabelled(1)], 1),
        ] {
            assert_eq!(state(&files.iter().collect::<Vec<_>>()).len(), expected, "{files:?}");
        }
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same_movements((files, order) in files().prop_flat_map(|files| {
            let order = Just((0..files.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(files), order)
        })) {
            let most = files.iter().filter(|(labelled, _)| !labelled).map(|(_, lines)| lines.len()).max().unwrap_or(0);
            let labels: HashSet<(Option<String>, u64)> = files
                .iter()
                .filter(|(labelled, _)| *labelled)
                .flat_map(keys)
                .map(|key| (key.label, key.nth))
                .collect();
            let there = state(&files.iter().collect::<Vec<_>>());
            prop_assert_eq!(there.len(), most.max(labels.len()));
            let shuffled: Vec<&File> = order.iter().map(|place| &files[*place]).collect();
            prop_assert_eq!(state(&shuffled), there);
        }

        #[test]
        fn lines_of_a_file_are_as_many_movements_and_a_file_again_changes_nothing(files in files()) {
            let mut movements = Vec::new();
            for file in &files {
                import(&mut movements, file);
                let before = movements.clone();
                let used: HashSet<usize> = import(&mut movements, file).into_iter().collect();
                prop_assert_eq!(&movements, &before);
                prop_assert_eq!(used.len(), file.1.len());
            }
        }
    }
}
