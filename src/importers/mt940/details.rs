//! What does the text behind an entry (`:86:`, or `:NS:` of some banks) say: purpose, parties, references?
//!
//! Three dialects: German subfields (`166?00…?20…`), codes between slashes (`/EREF/…/REMI/…`), and plain text. The text is
//! rejoined across the breaks the format puts into it, so that `purpose` is what the payer wrote; as it stands in the file
//! it is kept beside it. It must never lose a text because its form is not the expected one.

use super::super::keywords::{self, Keyword};
use super::super::values as shared;
use super::fields::is_full;
use super::{slashes, values};

/// Room of a German subfield, and of a line.
const SUBFIELD_MAX: usize = 27;
const LINE_MAX: usize = 65;

/// What is known of a booking beside its amount and its dates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Details {
    /// German business case.
    pub(super) business_case: Option<String>,
    pub(super) booking_text: Option<String>,
    pub(super) purpose: Option<String>,
    pub(super) name: Option<String>,
    /// Who pays or is paid in the end, where that is somebody else.
    pub(super) ultimate_name: Option<String>,
    pub(super) iban: Option<String>,
    pub(super) bic: Option<String>,
    pub(super) end_to_end_id: Option<String>,
    pub(super) mandate_id: Option<String>,
    pub(super) customer_reference: Option<String>,
    pub(super) return_reason: Option<String>,
    /// German number of the return reason, or of something else.
    pub(super) key_extension: Option<String>,
    pub(super) original_amount: Option<String>,
    pub(super) compensation: Option<String>,
}

pub(super) fn read(lines: &[String]) -> Details {
    if let Some(subfields) = Subfields::of_text(&lines.concat()) {
        return subfields.details();
    }
    let text = rejoin(lines);
    slashes::read(&text)
        .unwrap_or_else(|| Details { purpose: shared::clean(&text), ..Details::default() })
        .with_account_in_front()
}

/// `:NS:` behind an entry: two digits in front of each line, with meanings of its own.
pub(super) fn read_narrative(lines: &[String]) -> Details {
    let mut subfields = Subfields::default();
    for line in lines {
        let Some((code, text)) = line.split_at_checked(2) else { continue };
        let number = match code.parse::<u8>() {
            Ok(1..=14) => 20,
            Ok(15) => 32,
            Ok(16) => 33,
            Ok(17) => 0,
            _ => continue,
        };
        subfields.list.push((number, text.to_owned()));
    }
    subfields.details()
}

/// The text as it stands in the file, line by line.
pub(super) fn raw(lines: &[String]) -> Option<String> {
    let kept: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    (!kept.is_empty()).then(|| kept.join("\n"))
}

/// Lines that end where the room ended go on in the middle of a word, others with a blank. Some banks mark a line that
/// goes on with two slashes.
fn rejoin(lines: &[String]) -> String {
    let mut whole = String::new();
    let mut full = true;
    for line in lines {
        let (marked, text) = line.strip_prefix("//").map_or((false, line.as_str()), |rest| (true, rest));
        if !full && !marked {
            whole.push(' ');
        }
        whole.push_str(text);
        full = is_full(line, LINE_MAX);
    }
    whole
}

impl Details {
    /// Dutch banks begin a plain text with the other account.
    fn with_account_in_front(mut self) -> Self {
        let first = self.purpose.as_deref().and_then(|purpose| purpose.split(' ').next());
        if self.iban.is_none() && first.is_some_and(|word| word.parse::<iban::Iban>().is_ok()) {
            self.iban = first.map(str::to_owned);
        }
        self
    }
}

/// The subfields of a German text, in order.
#[derive(Debug, Default)]
struct Subfields {
    business_case: Option<String>,
    list: Vec<(u8, String)>,
}

impl Subfields {
    /// `GVC` and a sign that separates; usually `?`, other countries took others.
    fn of_text(text: &str) -> Option<Self> {
        let (code, rest) = text.split_at_checked(3)?;
        let sign = rest.chars().next().filter(|sign| "?<>~|^@+&$%*!#".contains(*sign))?;
        let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
        if !is_code || number_behind(rest, sign).is_none() {
            return None;
        }
        let mut list: Vec<(u8, String)> = Vec::new();
        let (mut number, mut start) = (None, 0);
        for (at, _) in rest.match_indices(sign) {
            let found = rest.get(at..).and_then(|text| number_behind(text, sign));
            if found.is_some() {
                list.extend(number.zip(rest.get(start..at)).map(|(number, text)| (number, text.to_owned())));
                (number, start) = (found, at.saturating_add(3));
            }
        }
        list.extend(number.zip(rest.get(start..)).map(|(number, text)| (number, text.to_owned())));
        Some(Self { business_case: Some(code.to_owned()), list })
    }

    /// The text of some subfields, rejoined, and where each of them begins.
    fn join(&self, wanted: impl Fn(u8) -> bool) -> (String, Vec<usize>) {
        let (mut text, mut starts, mut full) = (String::new(), Vec::new(), true);
        for (_, part) in self.list.iter().filter(|(number, _)| wanted(*number)) {
            // Blanks at the end of a subfield are cut off: one that is not full had one, or ended a text.
            if !full && !text.ends_with(' ') {
                text.push(' ');
            }
            starts.push(text.len());
            text.push_str(part);
            full = is_full(part, SUBFIELD_MAX);
        }
        (text, starts)
    }

    fn one(&self, wanted: u8) -> Option<String> {
        shared::clean(&self.join(|number| number == wanted).0)
    }

    fn details(self) -> Details {
        let (text, starts) = self.join(|number| matches!(number, 20..=29 | 60..=69));
        let found = keywords::read(&text, &starts);
        let reference = |keyword| found.get(keyword).and_then(shared::reference);
        let accounts = [self.one(38), self.one(31), found.get(Keyword::Iban).map(str::to_owned)];
        let mut ibans = accounts.into_iter().flatten().filter_map(|text| shared::account(&text));
        let banks = [self.one(30), found.get(Keyword::Bic).map(str::to_owned)];
        let mut bics = banks.into_iter().flatten().filter_map(|text| shared::account(&text));
        Details {
            booking_text: self.one(0),
            purpose: found.purpose(),
            name: shared::clean(&self.join(|number| matches!(number, 32 | 33)).0),
            ultimate_name: found
                .get(Keyword::OtherDebtor)
                .or(found.get(Keyword::OtherCreditor))
                .and_then(shared::clean),
            iban: ibans.find(|account| shared::looks_like_iban(account)),
            bic: bics.find(|bank| values::looks_like_bic(bank)),
            end_to_end_id: reference(Keyword::EndToEnd),
            mandate_id: reference(Keyword::Mandate),
            customer_reference: reference(Keyword::Customer),
            return_reason: None,
            key_extension: self.one(34),
            original_amount: reference(Keyword::OriginalAmount),
            compensation: reference(Keyword::Compensation),
            business_case: self.business_case,
        }
    }
}

/// The number behind a separating sign, if it is one that subfields have.
fn number_behind(text: &str, sign: char) -> Option<u8> {
    let digits = text.strip_prefix(sign)?.get(..2)?;
    let known = digits.starts_with(['0', '1', '2', '3', '6']) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if known { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(text: &str) -> Details {
        read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn german_subfields_are_rejoined_and_keywords_leave_the_purpose() {
        let found = details(
            "166?00SEPA-GUTSCHRIFT?109310?20EREF+AUFTRAG-4711?21KREF+KUNDE 9?22MREF+MANDAT 1\n\
             ?23CRED+DE98ZZZ09999999999?24SVWZ+Rechnung RE-2026-0042 \n\
             ?25vom 20.11.2026 vielen Dank f?26uer alles?30MARKDEF1100?31DE02120300000000\n\
             202051?32Fahrradladen Muster und Soeh?33ne GmbH?34000?60ABWA+Erika Muster",
        );
        let expected = Details {
            business_case: Some("166".into()),
            booking_text: Some("SEPA-GUTSCHRIFT".into()),
            purpose: Some("Rechnung RE-2026-0042 vom 20.11.2026 vielen Dank fuer alles".into()),
            name: Some("Fahrradladen Muster und Soehne GmbH".into()),
            ultimate_name: Some("Erika Muster".into()),
            iban: Some("DE02120300000000202051".into()),
            bic: Some("MARKDEF1100".into()),
            end_to_end_id: Some("AUFTRAG-4711".into()),
            mandate_id: Some("MANDAT 1".into()),
            customer_reference: Some("KUNDE 9".into()),
            key_extension: Some("000".into()),
            ..Details::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_keyword_may_be_wrapped_in_its_middle() {
        let found = details("171?20EREF+ 12 MREF+ M-1 CRED+ A?21B12CDE0000000000000000034 S?22VWZ+ Einkauf?32Laden");
        assert_eq!(found.end_to_end_id.as_deref(), Some("12"));
        assert_eq!(found.mandate_id.as_deref(), Some("M-1"));
        assert_eq!(found.purpose.as_deref(), Some("Einkauf"));
    }

    #[test]
    fn a_question_mark_in_a_text_and_other_signs_separate_nothing_by_accident() {
        let found = details("166?20Wo bleibt es?99 kommt es?21noch");
        assert_eq!(found.purpose.as_deref(), Some("Wo bleibt es?99 kommt es noch"));
        let polish = details("020<00PRZELEW<20Faktura 7<27Jan Nowak");
        assert_eq!(polish.purpose.as_deref(), Some("Faktura 7 Jan Nowak"));
        assert_eq!(details("911 TRANSAKCJA; ID 1").purpose.as_deref(), Some("911 TRANSAKCJA; ID 1"));
        assert_eq!(details("166?").purpose.as_deref(), Some("166?"));
    }

    #[test]
    fn domestic_numbers_are_no_ibans() {
        let found = details("051?20Miete?3037040044?310532013000?32Max Muster");
        assert_eq!((found.iban, found.bic, found.name.as_deref()), (None, None, Some("Max Muster")));
    }

    #[test]
    fn plain_text_goes_on_where_a_line_is_full() {
        let full = "x".repeat(60) + "word ";
        assert_eq!(full.len(), 65);
        let text = format!("{full}ends\nnext\n//glued\n\nlast");
        let expected = format!("{} ends nextglued last", "x".repeat(60) + "word");
        assert_eq!(details(&text.replace("ends", "\nends")).purpose.as_deref(), Some(expected.as_str()));
        assert_eq!(details("").purpose, None);
        assert_eq!(details("\n \n"), Details::default());
    }

    #[test]
    fn the_other_account_in_front_of_a_text_is_found() {
        let found = details("NL91ABNA0417164300 j jansen\n\nFactuur 7");
        assert_eq!(found.iban.as_deref(), Some("NL91ABNA0417164300"));
        assert_eq!(found.purpose.as_deref(), Some("NL91ABNA0417164300 j jansen Factuur 7"));
    }

    #[test]
    fn narratives_have_numbers_of_their_own() {
        let lines = ["01Rechnung 7", "02vom Montag", "15Erika", "16Muster", "17GUTSCHRIFT", "1812345", "x"];
        let found = read_narrative(&lines.map(str::to_owned));
        assert_eq!(found.purpose.as_deref(), Some("Rechnung 7 vom Montag"));
        assert_eq!((found.name.as_deref(), found.booking_text.as_deref()), (Some("Erika Muster"), Some("GUTSCHRIFT")));
    }
}
