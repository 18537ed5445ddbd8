//! Every number of the rules about account movements (features 11 to 76) has a test that names it, or stands here with the
//! reason why not.
//!
//! A test names what it proves in front of everything else that is said about it: `/// [31, 36]`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const NUMBERS: std::ops::RangeInclusive<u32> = 11..=76;

/// What has no test yet, and why: nothing at present. A number that gets one leaves this list.
const NOT_YET: [(u32, &str); 0] = [];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The numbers of a line such as `/// [31, 36] What is said.`
fn named(line: &str) -> Option<Vec<u32>> {
    let (inside, _) = line.trim().strip_prefix("/// [")?.split_once(']')?;
    inside.split(',').map(|number| number.trim().parse().ok()).collect()
}

/// Tests by the number they name. A number above anything but a test proves nothing and is refused.
fn tests_by_number(text: &str) -> Result<BTreeMap<u32, Vec<String>>, String> {
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (place, line) in lines.iter().enumerate() {
        let Some(numbers) = named(line) else { continue };
        let mut below = lines[place..].iter().skip_while(|line| line.starts_with("///"));
        let attribute = below.next().copied().unwrap_or_default();
        let function = below.next().copied().unwrap_or_default();
        let name = function.split_once("fn ").and_then(|(_, rest)| rest.split('(').next());
        match (["#[test]", "#[tokio::test]"].contains(&attribute), name) {
            (true, Some(name)) => {
                for number in numbers {
                    found.entry(number).or_default().push(name.to_owned());
                }
            }
            _ => return Err(format!("{line} stands above no test")),
        }
    }
    Ok(found)
}

#[test]
fn every_number_has_a_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("tests/it"), &mut files);
    sources(&root.join("src"), &mut files);
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.ends_with("it/features.rs")) {
        let tests = tests_by_number(&fs::read_to_string(file).unwrap());
        let tests = tests.unwrap_or_else(|wrong| panic!("{}: {wrong}", file.display()));
        for (number, names) in tests {
            found.entry(number).or_default().extend(names);
        }
    }
    let tested: BTreeSet<u32> = found.keys().copied().filter(|number| NUMBERS.contains(number)).collect();
    let excused: BTreeSet<u32> = NOT_YET.iter().map(|(number, _)| *number).collect();
    let missing: Vec<u32> = NUMBERS.filter(|number| !tested.contains(number) && !excused.contains(number)).collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
    let both: Vec<_> = excused.intersection(&tested).map(|number| (number, &found[number])).collect();
    assert!(both.is_empty(), "these have a test now, so they leave the list of those without: {both:?}");
    assert!(excused.iter().all(|number| NUMBERS.contains(number)), "a number that is none of these");
}

#[test]
fn numbers_are_read_from_what_stands_above_a_test() {
    let text = "/// [31, 36] Hidden.\n/// More.\n#[tokio::test]\nasync fn hides() {\n}\n#[test]\nfn other() {}\n";
    let found = tests_by_number(text).unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(31, vec!["hides".to_owned()]), (36, vec!["hides".to_owned()])]);
    for wrong in ["/// [31]\nfn helper() {}", "/// [31]\n", "/// [31]\n#[derive(Debug)]\nstruct X;"] {
        tests_by_number(wrong).unwrap_err();
    }
    for other in ["/// [`Shop`] is a link", "// [31]", "/// see [31]", "/// [a, 1]"] {
        assert_eq!(named(other), None, "{other}");
    }
}
