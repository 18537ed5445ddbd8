//! What do codes between slashes say (`/EREF/…/REMI/…`), as banks in the Netherlands and elsewhere write them?
//!
//! A value goes on until the next known code; unknown ones are text. `CNTP` holds account, bank, name and city of the other
//! side, `REMI` may begin with `USTD` or `STRD`. What is not understood stays in the purpose.

use super::super::values as shared;
use super::details::Details;
use super::values;

const CODES: &[&str] = &[
    "ACCW", "BENM", "BIC", "CHGS", "CNTP", "CSID", "EREF", "EXCH", "IBAN", "IREF", "ISDT", "MARF", "NAME", "NRTX",
    "OCMT", "ORDP", "PREF", "PURP", "PY", "REMI", "RTRN", "SVCL", "TRCD", "TRTP", "TYPE", "ULTC", "ULTB", "ULTD",
];

/// Reads a text that begins with a code; any other is none of this kind.
pub(super) fn read(text: &str) -> Option<Details> {
    let values = values_of(text.trim_start());
    if values.first()?.at != 0 {
        return None;
    }
    let get = |code: &str| values.iter().find(|value| value.code == code).map(|value| value.text);
    let party: Vec<&str> = get("CNTP").map(|text| text.split('/').collect()).unwrap_or_default();
    let of_party = |place: usize| party.get(place).copied();
    let iban = get("IBAN").or(of_party(0)).and_then(shared::account);
    let bic = get("BIC").or(of_party(1)).and_then(shared::account);
    Some(Details {
        booking_text: get("TRTP").and_then(shared::clean),
        purpose: get("REMI").map(remittance).or(get("PY")).and_then(shared::clean).or_else(|| rest(text, &values)),
        name: get("NAME").or(of_party(2)).and_then(shared::clean),
        ultimate_name: get("ULTD").or(get("ULTC")).or(get("ULTB")).and_then(shared::clean),
        iban: iban.filter(|account| shared::looks_like_iban(account)),
        bic: bic.filter(|bank| values::looks_like_bic(bank)),
        end_to_end_id: get("EREF").and_then(shared::reference),
        mandate_id: get("MARF").and_then(shared::reference),
        customer_reference: get("PREF").and_then(shared::reference),
        return_reason: get("RTRN").and_then(shared::clean),
        ..Details::default()
    })
}

/// Charges alone say nothing else; then the whole text is what a person has to read.
fn rest(text: &str, values: &[Value<'_>]) -> Option<String> {
    let known = values.iter().any(|value| !matches!(value.code, "OCMT" | "CHGS" | "EXCH"));
    if known { None } else { shared::clean(text) }
}

fn remittance(text: &str) -> &str {
    let text = text.strip_prefix("USTD//").or_else(|| text.strip_prefix("STRD/")).unwrap_or(text);
    text.trim_matches('/')
}

struct Value<'a> {
    code: &'static str,
    at: usize,
    text: &'a str,
}

fn values_of(text: &str) -> Vec<Value<'_>> {
    let code_at = |at: usize| {
        let (code, _) = text.get(at..)?.strip_prefix('/')?.split_once('/')?;
        let code = CODES.iter().find(|known| **known == code)?;
        // Code and its two slashes.
        Some((at, *code, at.saturating_add(code.len()).saturating_add(2)))
    };
    let marks: Vec<_> = text.match_indices('/').filter_map(|(at, _)| code_at(at)).collect();
    let ends = marks.iter().skip(1).map(|(at, _, _)| *at).chain([text.len()]);
    let value = |((at, code, start), end): (&(usize, &'static str, usize), usize)| {
        // Two codes may share a slash: the first one's value is empty then.
        let text = text.get(*start..end).unwrap_or_default().trim();
        Value { code, at: *at, text: text.strip_suffix('/').unwrap_or(text) }
    };
    marks.iter().zip(ends).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_between_slashes_are_read_in_any_order() {
        let found = read(
            "/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/J Jansen/REMI/Factuur 7/8 vom 1.11./EREF/A-1",
        );
        let found = found.unwrap();
        assert_eq!(found.purpose.as_deref(), Some("Factuur 7/8 vom 1.11."));
        assert_eq!((found.iban.as_deref(), found.bic.as_deref()), (Some("NL91ABNA0417164300"), Some("ABNANL2A")));
        assert_eq!((found.name.as_deref(), found.end_to_end_id.as_deref()), (Some("J Jansen"), Some("A-1")));
    }

    #[test]
    fn a_party_in_one_value_and_a_return_are_understood() {
        let found = read(
            "/RTRN/AC04//EREF/NOTPROVIDED//CNTP/NL91ABNA0417164300/ABNANL2A/J Jansen/Utrecht///REMI/USTD//Retour/",
        );
        let found = found.unwrap();
        assert_eq!((found.return_reason.as_deref(), found.end_to_end_id), (Some("AC04"), None));
        assert_eq!((found.name.as_deref(), found.purpose.as_deref()), (Some("J Jansen"), Some("Retour")));
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in ["", "/", "//", "Miete 11/26", "/foo/bar", "text /EREF/1"] {
            assert_eq!(read(text), None, "{text}");
        }
        let charges = read("/OCMT/EUR10,00//CHGS/EUR1,00/").unwrap();
        assert_eq!(charges.purpose.as_deref(), Some("/OCMT/EUR10,00//CHGS/EUR1,00/"));
        assert_eq!(read("/EREF/REMI/x").unwrap().purpose.as_deref(), Some("x"));
    }
}
