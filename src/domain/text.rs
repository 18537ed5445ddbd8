//! Text as people search it: case and umlaut spelling do not matter (Müller = MUELLER = Mueller).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text as it is kept: composed (NFC), so that what looks the same is the same.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Longest name of a file that is kept, in characters.
const FILENAME_MAX: usize = 255;

/// The last part of a path, composed, without control characters and without marks that turn the direction of what is
/// read (a name that ends in `lmx.exe` must not look like one that ends in `exe.xml`); none if nothing is left.
pub fn filename(name: &str) -> Option<String> {
    let last = composed(name.rsplit(['/', '\\']).next().unwrap_or_default());
    let shown = |letter: &char| !letter.is_control() && !turns_direction(*letter);
    let kept: String = last.chars().filter(shown).take(FILENAME_MAX).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

const fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The known name that was most likely meant by one that does not exist: a close one, or the one it begins with.
/// Nothing when there is neither.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let by_distance = known.iter().map(|candidate| (strsim::osa_distance(name, candidate), *candidate)).min();
    let close = by_distance.filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3));
    let begins = |candidate: &&&str| candidate.len() >= SPEAKING && name.starts_with(**candidate);
    let beginning = || known.iter().filter(begins).max_by_key(|candidate| candidate.len()).copied();
    close.map(|(_, candidate)| candidate).or_else(beginning)
}

/// Letters from which on a name is no accident.
const SPEAKING: usize = 4;

/// Folds a text for searching: lower case, accents and strokes removed, ß → ss; ä, ae and a are one, and so are ö, oe, o
/// and ü, ue, u. What is found too much by that is shown, what is found too little is not.
pub fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    let mut spelled = String::with_capacity(text.len());
    // İ leaves a combining dot when it becomes lower case.
    for letter in plain.filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'e' if spelled.ends_with(['a', 'o', 'u']) => {}
            'ß' => spelled.push_str("ss"),
            'æ' => spelled.push('a'),
            'œ' | 'ø' => spelled.push('o'),
            'ł' => spelled.push('l'),
            'đ' => spelled.push('d'),
            'ı' => spelled.push('i'),
            other => spelled.push(other),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_and_a_longer_name_are_understood_and_nonsense_is_not() {
        let known = ["listen", "data_dir", "log_format", "id"];
        for (name, meant) in [("lisen", "listen"), ("listen_adress", "listen"), ("log_formt", "log_format")] {
            assert_eq!(nearest(name, &known), Some(meant), "{name}");
        }
        for nonsense in ["identity", "zzzzzzzz", ""] {
            assert_eq!(nearest(nonsense, &["listen", "data_dir"]), None, "{nonsense}");
        }
    }

    #[test]
    fn what_looks_the_same_is_kept_the_same() {
        assert_eq!(composed("Mu\u{308}ller"), "Müller");
    }

    #[test]
    fn spellings_of_a_name_are_one() {
        for name in ["Müller", "MUELLER", "mueller", "Mu\u{308}ller", "MÜLLER", "Muller"] {
            assert_eq!(fold(name), "muller", "{name}");
        }
        assert_eq!(fold("Café Groß"), "cafe gross");
        for (name, typed) in
            [("Łukasz", "lukasz"), ("Øyvind", "oyvind"), ("Yılmaz", "YILMAZ"), ("İpek", "ipek"), ("Æsir", "aesir")]
        {
            assert_eq!(fold(name), fold(typed), "{name}");
        }
    }
}
