//! Problem codes, kinds and reasons: their words are those of the problems themselves. `{name}` stands for a value.

use super::{EnumLabels, Row, list};
use crate::domain::movement::Colour;
use crate::error::{Code, Kind, Reason};
use crate::handlers::problem::{catalogue, words};

pub fn lists() -> Vec<EnumLabels> {
    vec![
        list("Code", Code::ALL, Code::as_str, code),
        list("Kind", Kind::ALL, Kind::as_str, |kind| (words::kind(kind), None, Colour::None)),
        list("Reason", Reason::ALL, Reason::as_str, |reason| (words::reason(reason), None, Colour::None)),
    ]
}

fn code(code: Code) -> Row {
    let (en, de) = catalogue::entry_of(code).texts();
    // Where the reason is the whole text, there is none to tell beforehand.
    ((en.0, de.0), (en.1 != de.1).then_some((en.1, de.1)), Colour::Red)
}
