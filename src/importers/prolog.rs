//! What stands in front of the root element of an XML file?
//!
//! Asked of the first bytes, before anything is stored: a document type could name other files, fetch addresses or
//! grow without end, and no bank sends one. The parser refuses it again wherever it stands.

/// What the beginning of a file shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Prolog<'a> {
    /// The root element and what follows it.
    Root(&'a str),
    DocumentType,
    /// Not XML, or its root element is not within these bytes.
    Nothing,
}

/// The text without a mark of its encoding, taken as Latin letters.
pub(super) fn without_mark(text: &str) -> &str {
    text.trim_start_matches(['\u{ef}', '\u{bb}', '\u{bf}', '\u{fe}', '\u{ff}'])
}

/// Whether the document type of a text is that of a web page.
pub(super) fn is_page(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split_once("<!doctype").is_some_and(|(_, behind)| behind.trim_start().starts_with("html"))
}

/// Passes over declarations, instructions and comments.
pub(super) fn look(text: &str) -> Prolog<'_> {
    let mut rest = without_mark(text);
    loop {
        rest = rest.trim_start();
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!D") || rest.starts_with("<!d") {
            return Prolog::DocumentType;
        } else if rest.starts_with('<') && !rest.starts_with("<!") {
            return Prolog::Root(rest);
        } else {
            return Prolog::Nothing;
        };
        let Some((_, behind)) = rest.split_once(end) else { return Prolog::Nothing };
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_type_is_seen_behind_whatever_may_stand_before_it() {
        for head in [
            "<!DOCTYPE a>",
            "<!doctype a SYSTEM 'x'>",
            "<?xml version='1.0'?>\n<!-- <a> -->\n<?b c?><!DOCTYPE a [",
            "\u{ef}\u{bb}\u{bf} <!DOCTYPE",
        ] {
            assert_eq!(look(head), Prolog::DocumentType, "{head}");
        }
    }

    #[test]
    fn the_root_is_what_follows() {
        assert_eq!(look("<?xml?><!--<!DOCTYPE a>--> <a><!DOCTYPE b>"), Prolog::Root("<a><!DOCTYPE b>"));
        for head in ["", "a", "<!-- <a>", "<?xml <a>", "<![CDATA[a]]><a>"] {
            assert_eq!(look(head), Prolog::Nothing, "{head}");
        }
    }
}
