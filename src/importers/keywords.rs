//! Which parts of a German purpose are references (`EREF+…`), and which one is the purpose itself (`SVWZ+…`)?
//!
//! Of a text in subfields: a keyword stands at the start of one, behind a blank, or, as some banks put all into one piece,
//! right behind the value of another that is no text of the payer's; older software writes `EREF: ` instead,
//! which counts only at the start of a subfield and where no keyword with a plus is, because payers' own texts quote
//! it. Of a text that has lost its subfields: at the start, behind anything that is no letter, and behind the value of
//! another keyword.

use super::values as shared;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::importers) enum Keyword {
    EndToEnd,
    Customer,
    Mandate,
    Creditor,
    Debtor,
    Compensation,
    OriginalAmount,
    Purpose,
    OtherDebtor,
    OtherCreditor,
    Iban,
    Bic,
    PurposeCode,
}

const KEYWORDS: &[(&str, Keyword)] = &[
    ("EREF", Keyword::EndToEnd),
    ("KREF", Keyword::Customer),
    ("MREF", Keyword::Mandate),
    ("CRED", Keyword::Creditor),
    ("DEBT", Keyword::Debtor),
    ("COAM", Keyword::Compensation),
    ("OAMT", Keyword::OriginalAmount),
    ("SVWZ", Keyword::Purpose),
    ("ABWA", Keyword::OtherDebtor),
    ("ABWE", Keyword::OtherCreditor),
    ("IBAN", Keyword::Iban),
    ("BIC", Keyword::Bic),
    ("PURP", Keyword::PurposeCode),
];

/// The parts of a text: what stands in front of the first keyword, and each keyword's value.
pub(in crate::importers) struct Found<'a> {
    front: &'a str,
    values: Vec<(Keyword, &'a str)>,
}

impl Found<'_> {
    pub(in crate::importers) fn get(&self, wanted: Keyword) -> Option<&str> {
        self.values.iter().find(|(keyword, _)| *keyword == wanted).map(|(_, value)| *value)
    }

    /// What the payer wrote: behind `SVWZ+`, else what has no keyword.
    pub(in crate::importers) fn purpose(&self) -> Option<String> {
        let written: Vec<&str> =
            self.values.iter().filter(|(key, _)| *key == Keyword::Purpose).map(|part| part.1).collect();
        shared::clean(&written.join(" ")).or_else(|| shared::clean(self.front))
    }
}

/// Takes a text apart; `starts` are the places where its subfields begin.
pub(in crate::importers) fn read<'a>(text: &'a str, starts: &[usize]) -> Found<'a> {
    let begins =
        |at: usize| starts.contains(&at) || text.get(..at).is_none_or(|front| front.is_empty() || front.ends_with(' '));
    let behind_reference = |last: Option<Keyword>| last.is_some_and(|keyword| keyword != Keyword::Purpose);
    let mut marks = marks(text, '+', |at, last| begins(at) || behind_reference(last));
    if marks.is_empty() {
        marks = self::marks(text, ':', |at, _| starts.contains(&at));
    }
    parts(text, &marks)
}

/// Takes a text apart that has lost its subfields.
pub(in crate::importers) fn read_joined(text: &str) -> Found<'_> {
    let apart =
        |at: usize| text.get(..at).and_then(|front| front.chars().next_back()).is_none_or(|last| !last.is_alphabetic());
    let marks = marks(text, '+', |at, last| apart(at) || last.is_some());
    parts(text, &marks)
}

fn parts<'a>(text: &'a str, marks: &[Mark]) -> Found<'a> {
    let front = text.get(..marks.first().map_or(text.len(), |mark| mark.at)).unwrap_or_default();
    let ends = marks.iter().skip(1).map(|mark| mark.at).chain([text.len()]);
    let values = marks.iter().zip(ends);
    let values = values.filter_map(|(mark, end)| Some((mark.keyword, text.get(mark.behind..end)?.trim()))).collect();
    Found { front, values }
}

struct Mark {
    keyword: Keyword,
    at: usize,
    behind: usize,
}

/// The keywords in front of a sign, where they may begin; the one before is told with the place.
fn marks(text: &str, sign: char, may_begin: impl Fn(usize, Option<Keyword>) -> bool) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (end, _) in text.match_indices(sign) {
        let front = text.get(..end).unwrap_or_default();
        let found = KEYWORDS.iter().find(|(name, _)| front.ends_with(name));
        let Some((name, keyword)) = found else { continue };
        let at = end.saturating_sub(name.len());
        if may_begin(at, marks.last().map(|mark| mark.keyword)) {
            marks.push(Mark { keyword: *keyword, at, behind: end.saturating_add(1) });
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_at_starts_and_behind_blanks_only() {
        let text = "SEPA EREF+A-1SVWZ+Rechnung XEREF+ 7 KREF+9";
        let found = read(text, &[0, 5, 13]);
        assert_eq!(found.get(Keyword::EndToEnd), Some("A-1"));
        assert_eq!(found.get(Keyword::Customer), Some("9"));
        assert_eq!(found.purpose().as_deref(), Some("Rechnung XEREF+ 7"));
    }

    #[test]
    fn keywords_in_one_piece_end_the_reference_before_them_and_no_text() {
        let found = read("EREF+RE-42KREF+NONREFSVWZ+Danke EREF+xSVWZ+ und XABWA+1", &[0]);
        assert_eq!(found.get(Keyword::EndToEnd), Some("RE-42"));
        assert_eq!((found.get(Keyword::Customer), found.get(Keyword::OtherDebtor)), (Some("NONREF"), None));
        assert_eq!(read("EREF+RE-42SVWZ+Danke fuer SXEREF+1", &[0]).purpose().as_deref(), Some("Danke fuer SXEREF+1"));
        assert_eq!(read("Danke fuer 1SVWZ+2", &[0]).purpose().as_deref(), Some("Danke fuer 1SVWZ+2"));
    }

    #[test]
    fn without_a_purpose_the_rest_is_it() {
        assert_eq!(read("MIETE NOVEMBER EREF+7", &[0, 15]).purpose().as_deref(), Some("MIETE NOVEMBER"));
        assert_eq!(read("a + b", &[0]).purpose().as_deref(), Some("a + b"));
        assert_eq!(read("EREF+7", &[0]).purpose(), None);
        assert_eq!(read("", &[]).purpose(), None);
    }

    #[test]
    fn keywords_with_a_colon_count_at_starts_where_no_other_is() {
        let found = read("EREF: 12MREF: M SVWZ: Text", &[0, 8]);
        assert_eq!((found.get(Keyword::EndToEnd), found.get(Keyword::Mandate)), (Some("12"), Some("M SVWZ: Text")));
        let quoted = read("SVWZ+Danke EREF: 12", &[0, 11]);
        assert_eq!(quoted.purpose().as_deref(), Some("Danke EREF: 12"));
        assert_eq!(quoted.get(Keyword::EndToEnd), None);
    }

    #[test]
    fn a_joined_text_has_keywords_behind_values_too() {
        let found = read_joined("KREF+NONREF MREF+M-7CRED+DE98 SVWZ+Rechnung\nvom 3.11.");
        assert_eq!((found.get(Keyword::Mandate), found.get(Keyword::Creditor)), (Some("M-7"), Some("DE98")));
        assert_eq!(found.purpose().as_deref(), Some("Rechnung vom 3.11."));
        for text in ["Rechnung 1+1", "Danke für MOBIC+", "IBAN und BIC"] {
            assert_eq!(read_joined(text).purpose().as_deref(), Some(text));
        }
    }
}
