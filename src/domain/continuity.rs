//! Do an account's statements follow one another without a gap (lesson R74)?
//!
//! A statement's opening balance must be the closing balance of one that ends on the latest day before it begins, or, as
//! interim reports do, on the day it begins. Statements of the same days, in another format or twice, therefore make no
//! gap; and where nothing earlier is known, there is none.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use chrono::NaiveDate;

use super::money::Money;

/// The balances of an account's statements, by their last day.
#[derive(Debug, Clone, Default)]
pub struct Closings(BTreeMap<NaiveDate, Vec<(Option<Money>, Money)>>);

/// What lies between two statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last day of the statement before.
    pub after: NaiveDate,
    pub closing: Money,
    /// Opening balance minus that closing balance.
    pub missing: Money,
}

impl Closings {
    /// Takes in a statement, in the order in which statements of one day are known to follow one another.
    pub fn add(&mut self, last_day: NaiveDate, (opening, closing): (Option<Money>, Money)) {
        self.0.entry(last_day).or_default().push((opening, closing));
    }

    /// The gap in front of a statement that begins on a day with a balance.
    pub fn gap_before(&self, first_day: NaiveDate, opening: Money) -> Option<Gap> {
        let (after, before) = self.0.range(..first_day).next_back()?;
        let same_day = self.0.get(&first_day).into_iter().flatten();
        if before.iter().chain(same_day).any(|(_, closing)| *closing == opening) {
            return None;
        }
        let closing = last_of_day(before)?;
        Some(Gap { after: *after, closing, missing: opening.checked_sub(closing).ok()? })
    }
}

/// Of several statements of a day the last one is that which no other goes on from.
fn last_of_day(statements: &[(Option<Money>, Money)]) -> Option<Money> {
    let goes_on = |closing: &Money, from: usize| {
        statements.iter().enumerate().any(|(place, (opening, _))| place != from && *opening == Some(*closing))
    };
    let ends = statements.iter().enumerate().rev().filter(|(place, (_, closing))| !goes_on(closing, *place));
    ends.map(|(_, (_, closing))| *closing).next().or_else(|| statements.last().map(|(_, closing)| *closing))
}

/// What a statement says of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub balances: Balances,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balances {
    /// Opening and closing, with lines that add up.
    Told(Money, Money),
    Untold,
    /// The lines do not come to what the balances say.
    Contradictory,
}

/// Days of which the statements say with how much they began and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub opening: Money,
    pub closing: Money,
    /// Whether no statement of these days, or of some of them, leaves its balances out: it may know of more.
    pub whole: bool,
}

impl Span {
    pub fn meets(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.first <= last && first <= self.last
    }
}

/// The spans of days that statements with balances have in common, without those of which something is missing. Within a
/// span several statements may follow one another, and the same days may be told of twice; where money begins is the
/// balance that no statement ends with, and where it ends the one that none begins with.
pub fn spans(statements: &[Told]) -> Vec<Span> {
    let (mut telling, untold): (Vec<Told>, Vec<Told>) =
        statements.iter().partition(|told| told.balances != Balances::Untold);
    telling.sort_by_key(|told| (told.first, told.last));
    let mut groups: Vec<(NaiveDate, Vec<Told>)> = Vec::new();
    for told in telling {
        match groups.last_mut() {
            Some((last, group)) if told.first <= *last => {
                *last = told.last.max(*last);
                group.push(told);
            }
            _ => groups.push((told.last, vec![told])),
        }
    }
    let spans = groups.iter().filter_map(|(last, group)| span(*last, group));
    let whole = |span: &Span| !untold.iter().any(|told| span.meets(told.first, told.last));
    spans.map(|span| Span { whole: whole(&span), ..span }).collect()
}

fn span(last: NaiveDate, group: &[Told]) -> Option<Span> {
    let told = |told: &Told| match told.balances {
        Balances::Told(opening, closing) => Some((opening, closing)),
        Balances::Untold | Balances::Contradictory => None,
    };
    let balances: Vec<(Money, Money)> = group.iter().map(told).collect::<Option<_>>()?;
    let begins: HashSet<Money> = balances.iter().map(|pair| pair.0).collect();
    let ends: HashSet<Money> = balances.iter().map(|pair| pair.1).collect();
    let only = |one: &HashSet<Money>, other: &HashSet<Money>| {
        let mut left = one.difference(other);
        left.next().copied().filter(|_| left.next().is_none())
    };
    let (opening, closing) = (only(&begins, &ends)?, only(&ends, &begins)?);
    Some(Span { first: group.first()?.first, last, opening, closing, whole: true })
}

/// The places of statements that lead from the balance at the beginning of a span to that at its end, one after another:
/// as few as possible, each balance passed once. Statements of the same days that are not among them say the same.
pub fn chain(span: &Span, statements: &[Told]) -> Vec<usize> {
    let mut steps: HashMap<Money, Vec<(Money, usize)>> = HashMap::new();
    for (place, told) in statements.iter().enumerate().filter(|(_, told)| span.meets(told.first, told.last)) {
        if let Balances::Told(opening, closing) = told.balances {
            steps.entry(opening).or_default().push((closing, place));
        }
    }
    let mut came: HashMap<Money, (Money, usize)> = HashMap::new();
    let mut next = VecDeque::from([span.opening]);
    while let Some(balance) = next.pop_front() {
        for (closing, place) in steps.remove(&balance).unwrap_or_default() {
            if closing != span.opening && !came.contains_key(&closing) {
                came.insert(closing, (balance, place));
                next.push_back(closing);
            }
        }
    }
    let mut chain = Vec::new();
    let mut at = span.closing;
    while let Some((before, place)) = came.get(&at) {
        chain.push(*place);
        at = *before;
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn closings(all: &[(u32, i64)]) -> Closings {
        let mut closings = Closings::default();
        all.iter().for_each(|(last, closing)| closings.add(day(*last), (None, eur(*closing))));
        closings
    }

    #[test]
    fn the_latest_statement_before_must_close_with_what_this_one_opens_with() {
        let known = closings(&[(10, 100), (12, 250)]);
        assert_eq!(known.gap_before(day(13), eur(250)), None);
        assert_eq!(known.gap_before(day(20), eur(250)), None, "days without bookings are no gap");
        let gap = Gap { after: day(12), closing: eur(250), missing: eur(-50) };
        assert_eq!(known.gap_before(day(13), eur(200)), Some(gap));
        assert_eq!(
            known.gap_before(day(13), eur(100)).map(|gap| gap.missing),
            Some(eur(-150)),
            "an older one is no help"
        );
    }

    #[test]
    fn the_same_days_again_and_reports_within_a_day_are_no_gap() {
        let twice = closings(&[(11, 100), (12, 250), (12, 250)]);
        assert_eq!(twice.gap_before(day(12), eur(100)), None);
        let interim = closings(&[(11, 100), (12, 180)]);
        assert_eq!(interim.gap_before(day(12), eur(180)), None);
        let formats = closings(&[(12, 249), (12, 250)]);
        assert_eq!(formats.gap_before(day(13), eur(250)), None);
    }

    #[test]
    fn of_several_statements_of_a_day_the_one_that_nobody_goes_on_from_is_the_last() {
        for order in [[(100, 180), (180, 250)], [(180, 250), (100, 180)]] {
            let mut known = Closings::default();
            order.iter().for_each(|(opening, closing)| known.add(day(12), (Some(eur(*opening)), eur(*closing))));
            let gap = known.gap_before(day(13), eur(300)).unwrap();
            assert_eq!((gap.closing, gap.missing), (eur(250), eur(50)));
        }
        let mut there_and_back = Closings::default();
        [(100, 150), (150, 100)].iter().for_each(|(opening, closing)| {
            there_and_back.add(day(12), (Some(eur(*opening)), eur(*closing)));
        });
        assert_eq!(there_and_back.gap_before(day(13), eur(300)).map(|gap| gap.closing), Some(eur(100)));
    }

    fn told((first, last): (u32, u32), balances: Option<(i64, i64)>) -> Told {
        let told = |(opening, closing)| Balances::Told(eur(opening), eur(closing));
        let balances = balances.map_or(Balances::Contradictory, told);
        Told { first: day(first), last: day(last), balances }
    }

    fn ends(statements: &[Told]) -> Vec<(u32, u32, i64, i64)> {
        let day = |date: NaiveDate| chrono::Datelike::day(&date);
        let found = spans(statements).into_iter();
        found.map(|span| (day(span.first), day(span.last), span.opening.minor(), span.closing.minor())).collect()
    }

    #[test]
    fn days_that_statements_have_in_common_begin_and_end_with_a_balance() {
        let (morning, evening) = (told((2, 2), Some((0, 350))), told((2, 2), Some((350, 700))));
        let whole = told((2, 2), Some((0, 700)));
        for statements in [vec![morning, evening], vec![evening, morning], vec![whole], vec![evening, whole, morning]] {
            assert_eq!(ends(&statements), [(2, 2, 0, 700)]);
        }
        let next = told((3, 4), Some((700, 900)));
        assert_eq!(ends(&[next, whole]), [(2, 2, 0, 700), (3, 4, 700, 900)]);
        assert_eq!(ends(&[whole, told((2, 4), Some((0, 900))), next]), [(2, 4, 0, 900)]);
    }

    #[test]
    fn days_of_which_something_is_missing_or_not_told_have_no_span() {
        let early = told((2, 2), Some((0, 350)));
        assert_eq!(ends(&[early, told((2, 2), Some((500, 700)))]), [], "a gap");
        assert_eq!(ends(&[early, told((2, 2), None)]), []);
        assert_eq!(ends(&[early, told((2, 2), Some((350, 0)))]), [], "there and back");
        assert_eq!(ends(&[]), []);
    }

    #[test]
    fn who_says_no_balances_may_know_of_more() {
        let (one, next) = (told((2, 2), Some((0, 350))), told((4, 5), Some((350, 700))));
        let untold = |days| Told { balances: Balances::Untold, ..told(days, None) };
        let whole = |more: Told| spans(&[one, next, more]).iter().map(|span| span.whole).collect::<Vec<_>>();
        assert_eq!(whole(untold((3, 3))), [true, true]);
        assert_eq!(whole(untold((1, 2))), [false, true]);
        assert_eq!(whole(untold((1, 9))), [false, false]);
        assert!(spans(&[untold((1, 9))]).is_empty());
    }

    #[test]
    fn a_chain_leads_from_the_first_balance_to_the_last() {
        let told = |opening, closing| told((2, 2), Some((opening, closing)));
        let places = |statements: &[Told]| {
            let spans = spans(statements);
            assert_eq!(spans.len(), 1, "{statements:?}");
            chain(&spans[0], statements)
        };
        assert_eq!(places(&[told(350, 700), told(0, 350)]), [1, 0]);
        assert_eq!(places(&[told(700, 800), told(0, 350), told(350, 700), told(0, 350)]), [1, 2, 0]);
        assert_eq!(places(&[told(0, 350), told(350, 700), told(0, 700)]), [2], "told at once");
        let there_and_back = [told(0, 350), told(350, 100), told(100, 350), told(350, 900)];
        assert_eq!(places(&there_and_back), [0, 3]);
        let other_days = Span { first: day(3), last: day(3), ..spans(&[told(0, 350)])[0] };
        assert!(chain(&other_days, &[told(0, 350)]).is_empty());
    }

    #[test]
    fn where_nothing_is_known_before_there_is_no_gap() {
        assert_eq!(Closings::default().gap_before(day(1), eur(5)), None);
        assert_eq!(closings(&[(5, 1)]).gap_before(day(5), eur(7)), None);
    }
}
