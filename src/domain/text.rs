//! Text as people search it: case and umlaut spelling do not matter (Müller = MUELLER = Mueller).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds a text for searching: lower case, ä → ae, ö → oe, ü → ue, ß → ss, other accents removed.
pub fn fold(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for letter in text.nfc().flat_map(char::to_lowercase) {
        match letter {
            'ä' => spelled.push_str("ae"),
            'ö' => spelled.push_str("oe"),
            'ü' => spelled.push_str("ue"),
            'ß' => spelled.push_str("ss"),
            other => spelled.push(other),
        }
    }
    spelled.nfkd().filter(|letter| !is_combining_mark(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_one() {
        for name in ["Müller", "MUELLER", "mueller", "Mu\u{308}ller", "MÜLLER"] {
            assert_eq!(fold(name), "mueller", "{name}");
        }
        assert_eq!(fold("Café Groß"), "cafe gross");
    }
}
