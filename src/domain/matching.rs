//! Automatic assignment, the careful first route: a full document number in the text **and** exactly its open amount.
//!
//! Whole tokens only, never a part of a longer number (lesson R43: all substring links a competitor booked were
//! wrong). Two documents that fit equally well mean none is booked (feature 87, R47). Documents older than the limit
//! are left to people (feature 88). Other routes come later and have to pass the same properties.

use chrono::NaiveDate;

use crate::domain::money::Money;

crate::codes! {
    /// What became of one movement in an assignment run.
    pub enum MatchOutcome {
        Assigned = "assigned",
        Ambiguous = "ambiguous",
        NoMatch = "no_match",
    }
    /// Why.
    pub enum MatchReason {
        NumberAndAmount = "number_and_amount",
        RefundConfirmed = "refund_confirmed",
        SeveralDocuments = "several_documents",
        NoReference = "no_reference",
        AmountDiffers = "amount_differs",
        DocumentClosed = "document_closed",
        TooOld = "too_old",
        Currency = "currency",
        /// Another file may have brought the same payment; keep or hide it first.
        PossibleDuplicate = "possible_duplicate",
        LostRace = "lost_race",
        /// The movement could not be looked at; the log says why.
        Failed = "failed",
    }
}

/// A document whose number stands in the text of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<T> {
    pub document: T,
    pub open: Money,
    pub date: NaiveDate,
}

/// The decision about one movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<T> {
    Book { document: T, amount: Money },
    Ambiguous,
    None(MatchReason),
}

/// What the decision depends on besides the candidates.
#[derive(Debug, Clone, Copy)]
pub struct MatchPolicy {
    /// Setting `auto_assign_max_age_days`; 90 unless changed.
    pub max_age_days: i64,
}

/// Decides about a movement with `free` left, booked on `booked`. The order of the candidates does not matter.
pub fn decide<T: Clone + PartialEq>(
    free: Money,
    booked: NaiveDate,
    candidates: &[Candidate<T>],
    policy: MatchPolicy,
) -> Decision<T> {
    let mut reason = MatchReason::NoReference;
    let mut fitting: Vec<&Candidate<T>> = Vec::new();
    for candidate in candidates {
        match obstacle(free, booked, candidate, policy) {
            None => fitting.push(candidate),
            Some(found) => reason = found,
        }
    }
    match fitting.as_slice() {
        [] => Decision::None(reason),
        [only] => Decision::Book { document: only.document.clone(), amount: free },
        [first, others @ ..] if others.iter().all(|other| other.document == first.document) => {
            Decision::Book { document: first.document.clone(), amount: free }
        }
        _ => Decision::Ambiguous,
    }
}

fn obstacle<T>(free: Money, booked: NaiveDate, candidate: &Candidate<T>, policy: MatchPolicy) -> Option<MatchReason> {
    let age_days = booked.signed_duration_since(candidate.date).num_days();
    if candidate.open.currency() != free.currency() {
        Some(MatchReason::Currency)
    } else if !candidate.open.is_positive() {
        Some(MatchReason::DocumentClosed)
    } else if candidate.open != free {
        Some(MatchReason::AmountDiffers)
    } else if age_days > policy.max_age_days {
        Some(MatchReason::TooOld)
    } else {
        None
    }
}

/// The tokens of a text that can be document numbers, upper case, each once.
///
/// A token is a run of letters, digits and the joiners `-`, `_`, `/`, `.`; it must hold a digit and at least four
/// characters. Banks break lines at 27, 35 or 65 characters in the middle of a number, so neighbouring pieces are also
/// tried joined. At most [`TOKENS_MAX`] tokens come back, so that a hostile text cannot stall a run.
pub fn number_tokens(text: &str) -> Vec<String> {
    tokens_as_written(&text.to_uppercase())
}

/// As [`number_tokens`], in the letters of the text: for numbers that are not ours and may be in any case.
pub fn tokens_as_written(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text
        .split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '_' | '/' | '.')))
        .map(|piece| piece.trim_matches(|letter: char| !letter.is_alphanumeric()))
        .filter(|piece| !piece.is_empty())
        .collect();
    let joined = pieces.windows(2).map(<[&str]>::concat);
    let mut tokens: Vec<String> = Vec::new();
    for token in pieces.iter().map(|piece| (*piece).to_owned()).chain(joined) {
        let numeric = token.chars().any(|letter| letter.is_ascii_digit());
        if numeric && token.chars().count() >= 4 && token.len() <= 64 && !tokens.contains(&token) {
            tokens.push(token);
        }
        if tokens.len() >= TOKENS_MAX {
            break;
        }
    }
    tokens
}

/// Most tokens looked up for one movement.
pub const TOKENS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use proptest::prelude::*;

    const POLICY: MatchPolicy = MatchPolicy { max_age_days: 90 };

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn candidate(document: u8, open: i64, date: &str) -> Candidate<u8> {
        Candidate { document, open: eur(open), date: day(date) }
    }

    #[test]
    fn numbers_are_found_as_whole_tokens_also_when_the_bank_broke_them() {
        let tokens = number_tokens("Rechnung RE-2026-00042, danke! Kd.Nr. 1001 RE-2026-0 0043");
        assert!(tokens.contains(&"RE-2026-00042".to_owned()));
        assert!(tokens.contains(&"1001".to_owned()));
        assert!(tokens.contains(&"RE-2026-00043".to_owned()));
        assert!(!tokens.contains(&"2026".to_owned()));
        assert_eq!(number_tokens("danke 12"), vec!["DANKE12".to_owned()]);
    }

    #[test]
    fn one_document_with_number_and_amount_is_booked() {
        let decision = decide(eur(100), day("2026-11-20"), &[candidate(1, 100, "2026-11-01")], POLICY);
        assert_eq!(decision, Decision::Book { document: 1, amount: eur(100) });
    }

    #[test]
    fn two_documents_that_fit_mean_none() {
        let both = [candidate(1, 100, "2026-11-01"), candidate(2, 100, "2026-11-02")];
        assert_eq!(decide(eur(100), day("2026-11-20"), &both, POLICY), Decision::Ambiguous);
    }

    #[test]
    fn ac_7_an_order_of_91_days_is_left_to_people_and_one_of_90_is_not() {
        let booked = day("2026-11-20");
        let old = booked - chrono::Duration::days(91);
        let young = booked - chrono::Duration::days(90);
        let with =
            |date: NaiveDate| decide(eur(100), booked, &[Candidate { document: 1, open: eur(100), date }], POLICY);
        assert_eq!(with(old), Decision::None(MatchReason::TooOld));
        assert!(matches!(with(young), Decision::Book { .. }));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let booked = day("2026-11-20");
        let reason = |candidates: &[Candidate<u8>]| decide(eur(100), booked, candidates, POLICY);
        assert_eq!(reason(&[]), Decision::None(MatchReason::NoReference));
        assert_eq!(reason(&[candidate(1, 99, "2026-11-01")]), Decision::None(MatchReason::AmountDiffers));
        assert_eq!(reason(&[candidate(1, 0, "2026-11-01")]), Decision::None(MatchReason::DocumentClosed));
    }

    proptest! {
        #[test]
        fn the_order_of_candidates_does_not_matter(
            opens in prop::collection::vec(90i64..110, 0..6), seed in any::<u64>(),
        ) {
            let mut candidates: Vec<Candidate<u8>> = opens.iter().zip(1u8..).map(|(open, id)| candidate(id, *open, "2026-11-01")).collect();
            let free = eur(100);
            let outcome = |decision: Decision<u8>| match decision { Decision::None(_) => None, other => Some(other) };
            let before = outcome(decide(free, day("2026-11-20"), &candidates, POLICY));
            let turns = usize::try_from(seed % 7).unwrap();
            if !candidates.is_empty() { let len = candidates.len(); candidates.rotate_left(turns % len); }
            candidates.reverse();
            prop_assert_eq!(before, outcome(decide(free, day("2026-11-20"), &candidates, POLICY)));
        }

        #[test]
        fn tokens_are_bounded_and_never_panic(text in ".{0,2000}") {
            prop_assert!(number_tokens(&text).len() <= TOKENS_MAX);
        }
    }
}
