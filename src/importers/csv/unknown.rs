//! What is said of a file that no profile fits?
//!
//! The row that looks most like a header, and the profile that comes nearest to it. Such a row may be anything, the owner's name
//! in front of the bookings too, and what is said here goes into the logbook: only cells that some profile knows as names of
//! columns are quoted, the others are counted.

use std::collections::HashSet;

use super::super::{Header, ImportError, Refusal};
use super::profile::{Place, Profile};
use super::recognise::{DELIMITERS, HEADER_AMONG, Looks, bind, is_header, look};
use super::rows::Row;
use super::text::at;
use super::values::fold;

/// Names that are quoted at most.
const SHOWN_MAX: usize = 20;

/// How many columns were found, in which row, of which profile, and which are missing.
type Near<'a> = (usize, &'a Row, (&'a str, Vec<String>));

/// No profile fits: what was found instead, and what comes nearest.
pub(super) fn refusal(head: (&[u8], bool), profiles: &[Profile], mut looks: Looks) -> ImportError {
    let mut nearest: Option<Near<'_>> = None;
    let known = known_names(profiles);
    for delimiter in DELIMITERS {
        looks.entry((None, delimiter)).or_insert_with(|| look(head, None, delimiter));
    }
    let rows = looks.values().flat_map(|look| look.rows.iter().take(HEADER_AMONG)).filter(|row| is_header(row));
    for row in rows {
        for profile in profiles.iter().filter(|profile| profile.rules.has_header()) {
            let missing = bind(&profile.rules, row).err().unwrap_or_default();
            let needed = profile.rules.columns.iter().filter(|column| column.needed).count();
            let hits = needed.saturating_sub(missing.len());
            if nearest.as_ref().is_none_or(|(most, ..)| hits > *most) {
                nearest = Some((hits, row, (profile.name.as_str(), missing)));
            }
        }
    }
    let unknown = nearest.map(|(hits, row, (name, missing))| {
        let nearest = (hits > 0).then(|| (name.to_owned(), missing));
        at(row.line, Refusal::UnknownProfile { header: Some(header(row, &known)), nearest })
    });
    let broken: Vec<ImportError> = looks.into_values().filter_map(|look| look.broken).collect();
    let (unreadable, broken): (Vec<_>, Vec<_>) =
        broken.into_iter().partition(|error| matches!(error.reason, Refusal::Characters(_)));
    let nothing = || at(1, Refusal::UnknownProfile { header: None, nearest: None });
    unreadable.into_iter().next().or(unknown).or(broken.into_iter().next()).unwrap_or_else(nothing)
}

/// Names of columns that any profile knows, folded.
fn known_names(profiles: &[Profile]) -> HashSet<String> {
    let rules = profiles.iter().map(|profile| &profile.rules);
    let names = rules.flat_map(|rules| rules.columns.iter().flat_map(|column| &column.names).chain(&rules.known));
    let folded = names.filter_map(|name| match Place::parse(name)? {
        Place::Named(name, _) => Some(name),
        Place::At(_) => None,
    });
    folded.collect()
}

fn header(row: &Row, known: &HashSet<String>) -> Header {
    let cells: Vec<&str> = row.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let is_known = |cell: &&&str| known.contains(&fold(cell));
    let named: Vec<String> = cells.iter().filter(is_known).take(SHOWN_MAX).map(|cell| (*cell).to_owned()).collect();
    Header { others: cells.len().saturating_sub(named.len()), known: named }
}
