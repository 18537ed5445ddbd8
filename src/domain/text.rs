//! Text as people search it: case and umlaut spelling do not matter (Müller = MUELLER = Mueller).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text as it is kept: composed (NFC), so that what looks the same is the same.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

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
