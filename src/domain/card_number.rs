//! Numbers of payment cards in free texts (corpus rows P01 and P02). A card number is no business of a merchant's books:
//! what looks like one is kept as its first six and last four digits, which is what PCI DSS lets everybody read.
//!
//! A number is taken for a card's when it has the beginning and the length of a card scheme, a right check digit (Luhn,
//! ISO/IEC 7812-1) and stands as cards are printed: in one piece, or in groups of 4-4-4-4, 4-4-4-4-3, 4-6-5 or 4-6-4
//! digits. References that people make up rarely are all of that.

use std::borrow::Cow;

/// Digits that stay readable at the front and at the end.
const KEPT: (usize, usize) = (6, 4);
/// As cards print them.
const GROUPS: [&[usize]; 4] = [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];
/// Lengths of numbers in one piece. Thirteen digits are an article's number (GTIN) rather than an old card's.
const LENGTHS: std::ops::RangeInclusive<usize> = 14..=19;
/// Letters that may stand right before a number without making it a part of a name for something else: `KARTE4111…`,
/// but not the country of an IBAN or a prefix such as `RE`.
const WORD: usize = 4;

/// The text with its card numbers masked; the same text when it has none.
pub fn mask(text: &str) -> Cow<'_, str> {
    let found = numbers(text.as_bytes());
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for places in found {
        let last = places.len().saturating_sub(KEPT.1);
        for place in places.get(KEPT.0..last).unwrap_or_default() {
            if let Some(byte) = bytes.get_mut(*place) {
                *byte = b'*';
            }
        }
    }
    // Digits were replaced by stars, one byte by one byte.
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The places of the digits of each card number. A line may end between two groups or within one.
fn numbers(text: &[u8]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    for ends_part in [true, false] {
        let mut from = 0;
        while let Some(run) = next_run(text, from, ends_part) {
            from = run.last().and_then(|group| group.last()).map_or(text.len(), |last| last.saturating_add(1));
            search(text, &run, &mut found);
        }
    }
    found
}

/// The places of digits that stand together.
type Group = Vec<usize>;

/// The next groups of digits that single separators hold together.
fn next_run(text: &[u8], from: usize, ends_part: bool) -> Option<Vec<Group>> {
    let start = from.saturating_add(text.get(from..)?.iter().position(u8::is_ascii_digit)?);
    let (mut run, mut group, mut at) = (Vec::new(), Vec::new(), start);
    loop {
        let line_end = line_end(text.get(at..).unwrap_or_default());
        let next = at.saturating_add(line_end.max(1));
        let goes_on = text.get(next).is_some_and(u8::is_ascii_digit);
        match text.get(at) {
            Some(byte) if byte.is_ascii_digit() => group.push(at),
            Some(_) if goes_on && line_end > 0 && !ends_part => {}
            Some(b' ' | b'-' | b'.') if goes_on => run.push(std::mem::take(&mut group)),
            Some(_) if goes_on && line_end > 0 => run.push(std::mem::take(&mut group)),
            _ => {
                run.push(group);
                return Some(run);
            }
        }
        at = next;
    }
}

/// Bytes that end a line and begin the next one, the tag of an MT940 subfield (`?21`) included; 0 when none does.
fn line_end(text: &[u8]) -> usize {
    let ends = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    match text.get(ends..) {
        Some([b'?', ten, one, ..]) if ten.is_ascii_digit() && one.is_ascii_digit() => ends.saturating_add(3),
        _ => ends,
    }
}

fn search(text: &[u8], run: &[Group], found: &mut Vec<Vec<usize>>) {
    if is_part_of_a_name(text, run) {
        return;
    }
    let mut at = 0;
    while let Some(rest) = run.get(at..).filter(|rest| !rest.is_empty()) {
        let behind_a_group = at.checked_sub(1).and_then(|before| run.get(before)).is_some_and(|group| group.len() == 4);
        let pieces = pieces(rest, behind_a_group);
        let places: Vec<usize> = rest.iter().take(pieces).flatten().copied().collect();
        let is_card = is_card(&places.iter().filter_map(|place| text.get(*place)).map(digit).collect::<Vec<_>>());
        at = at.saturating_add(if is_card { pieces } else { 1 });
        if is_card {
            found.push(places);
        }
    }
}

/// How many groups make up what may be a card's number; 0 for none. Among more groups of four it is an IBAN's.
fn pieces(groups: &[Group], behind_a_group: bool) -> usize {
    if groups.first().is_some_and(|first| LENGTHS.contains(&first.len())) {
        return 1;
    }
    if behind_a_group {
        return 0;
    }
    let fits = |shape: &&&[usize]| {
        let lengths = groups.iter().map(Vec::len);
        let is_longer = groups.get(shape.len()).is_some_and(|next| next.len() == 4);
        groups.len() >= shape.len() && shape.iter().copied().eq(lengths.take(shape.len())) && !is_longer
    };
    GROUPS.iter().find(fits).map_or(0, |shape| shape.len())
}

/// `DE89 3704 0044 …`, `RE4111…`, `ab12-…`: letters right before it, too few to be a word of their own.
fn is_part_of_a_name(text: &[u8], run: &[Group]) -> bool {
    let start = run.first().and_then(|group| group.first()).copied().unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let letters = before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    (1..WORD).contains(&letters)
}

fn digit(byte: &u8) -> u32 {
    u32::from(byte.saturating_sub(b'0'))
}

fn is_card(digits: &[u32]) -> bool {
    is_of_a_scheme(digits) && has_check_digit(digits)
}

fn is_of_a_scheme(digits: &[u32]) -> bool {
    let begins = digits.iter().take(4).fold(0_u32, |sum, digit| sum.saturating_mul(10).saturating_add(*digit));
    match (begins, digits.len()) {
        // Visa
        (4000..=4999, 16 | 19)
        // Mastercard
        | (5100..=5599 | 2221..=2720, 16)
        // American Express
        | (3400..=3499 | 3700..=3799, 15)
        // Diners Club
        | (3000..=3059 | 3600..=3699 | 3800..=3899, 14)
        // Discover, JCB, UnionPay, Maestro and what girocards carry
        | (6011 | 6440..=6599 | 3528..=3589 | 6200..=6299, 16..=19)
        | (5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 | 6700..=6729, 16..=19) => true,
        _ => false,
    }
}

/// Every second digit from the right is doubled, and the sum of all is a multiple of ten.
fn has_check_digit(digits: &[u32]) -> bool {
    let value = |(place, digit): (usize, &u32)| match (place % 2 == 1, digit.saturating_mul(2)) {
        (false, _) => *digit,
        (true, double) if double > 9 => double.saturating_sub(9),
        (true, double) => double,
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers that the schemes publish for tests, in one piece.
    const CARDS: [&str; 10] = [
        "4111111111111111",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
    ];

    fn printed(card: &str, separator: &str) -> String {
        let shape: &[usize] = match card.len() {
            15 => &[4, 6, 5],
            14 => &[4, 6, 4],
            _ => &[4, 4, 4, 4],
        };
        let mut rest = card;
        let mut groups = Vec::new();
        for length in shape {
            let (group, after) = rest.split_at(*length);
            groups.push(group);
            rest = after;
        }
        groups.join(separator)
    }

    fn digits(text: &str) -> String {
        text.chars().filter(char::is_ascii_digit).collect()
    }

    #[test]
    fn p01_two_hundred_ways_to_write_a_card_number_are_masked() {
        let written = CARDS.iter().flat_map(|card| ["", " ", "-", "."].map(|separator| printed(card, separator)));
        let mut variants = 0;
        for number in written {
            for (before, after) in
                [("", ""), ("Karte ", " 12/28"), ("VISA", " Müller"), ("PAN:", ", danke"), ("Nr.\n", "\nRE-7")]
            {
                let text = format!("{before}{number}{after}");
                let masked = mask(&text);
                let (first, last) = number.split_at(number.len() - 4);
                let readable = digits(first).chars().take(6).collect::<String>();
                assert_eq!(digits(&masked), digits(&format!("{before}{readable}{last}{after}")), "{text}");
                assert_eq!(masked.len(), text.len());
                variants += 1;
            }
        }
        assert_eq!(variants, 200);
        assert_eq!(mask("41111111\n11111111 RE-7"), "411111**\n****1111 RE-7");
        assert_eq!(mask("?20Nr 4111?211111 1111\r\n?221111?32A"), "?20Nr 4111?2111** ****\r\n?221111?32A");
        assert_eq!(mask("Karte 4111 1111 1111 1111 Betrag 12,00"), "Karte 4111 11** **** 1111 Betrag 12,00");
    }

    #[test]
    fn p02_ten_thousand_references_stay_as_they_are() {
        let references = (0_u64..1_000).flat_map(|number| {
            let (year, day) = (2020 + number % 7, 1 + number % 28);
            [
                format!("Rechnung RE-{year}-{number:06} vom {day:02}.11.{year}"),
                format!("Auftrag AU{year}{number:08} KdNr {:08}", number * 7919),
                format!("Bestellung 302-{:07}-{:07}", number * 6_151, number * 9_733),
                format!("RF18 5390 0754 {:04}", number * 7 % 10_000),
                format!("KdNr 4711{:04} ReNr {year}{number:04}", number * 13 % 10_000),
                format!("DE89 5105 0000 {:04} {:04} {:02}", number * 37 % 10_000, number * 91 % 10_000, number % 100),
                format!("DE{:02}510500000{:011}", number % 100, number * 7_919_353),
                format!("EAN 4006381{:06} Menge {day}", number * 83),
                format!("{year}11{day:02}{:02}{:02}{:02} Kasse 3", number % 24, number % 60, number * 7 % 60),
                format!("Sendung 00340434{:012}", number * 7_919_353 % 1_000_000_000_000),
            ]
        });
        let references: Vec<String> = references.collect();
        let masked = references.iter().filter(|text| mask(text) != text.as_str());
        assert_eq!(references.len(), 10_000);
        assert!(masked.clone().count() <= 10, "{:?}", masked.take(20).collect::<Vec<_>>());
    }

    #[test]
    fn wrong_check_digits_other_lengths_and_numbers_inside_names_are_left() {
        for text in [
            "",
            "4111111111111112",
            "411111111111111",
            "41111111111111111111",
            "9111111111111111",
            "RE4111111111111111",
            "4111 1111 1111 1111 1111",
            "1234 4111 1111 1111 1111",
            "4111 11111111 1111",
            "4111  1111 1111 1111",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_digits_changes(text in "[0-9 .\\-äKR\n]{0,80}") {
            let masked = mask(&text);
            prop_assert_eq!(masked.len(), text.len());
            for (before, after) in text.chars().zip(masked.chars()) {
                prop_assert!(before == after || (before.is_ascii_digit() && after == '*'));
            }
        }
    }
}
