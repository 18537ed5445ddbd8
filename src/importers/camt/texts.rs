//! How do the texts of repeated elements become one text?

use super::values;

/// Most of one text, in bytes. The standard's longest is 500 characters, but it may come any number of times.
const TEXT_MAX: usize = 64 * 1024;

/// A text that comes in pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    joined: String,
    /// The pieces that are lines of their own in the file, as they stand there.
    lines: String,
    /// It was too long to keep all of it.
    pub(super) cut: bool,
}

impl Text {
    /// Goes on with a piece, behind a blank.
    pub(super) fn add(&mut self, text: &str) {
        if let Some(piece) = values::clean(text) {
            push(&mut self.joined, ' ', &piece, &mut self.cut);
        }
    }

    /// Goes on with a piece that is a line of the text as it was written.
    pub(super) fn add_line(&mut self, text: &str) {
        let Some(piece) = values::clean(text) else { return };
        push(&mut self.joined, ' ', &piece, &mut self.cut);
        // Databases refuse NUL, and breaks between lines are ours.
        let kept =
            |letter: char| if letter.is_whitespace() { Some(' ') } else { (!letter.is_control()).then_some(letter) };
        let line: String = text.trim().chars().filter_map(kept).collect();
        push(&mut self.lines, '\n', &line, &mut self.cut);
    }

    pub(super) fn as_deref(&self) -> Option<&str> {
        (!self.joined.is_empty()).then_some(&*self.joined)
    }

    /// The whole text, and the lines of it where they say more.
    pub(super) fn into_parts(self) -> (Option<String>, Option<String>) {
        let says_more = !self.joined.contains(&self.lines);
        ((!self.joined.is_empty()).then_some(self.joined), says_more.then_some(self.lines))
    }
}

/// Nothing follows where something was left out.
fn push(text: &mut String, between: char, piece: &str, cut: &mut bool) {
    let separator = usize::from(!text.is_empty());
    *cut |= text.len().saturating_add(separator).saturating_add(piece.len()) > TEXT_MAX;
    if *cut {
        return;
    }
    if !text.is_empty() {
        text.push(between);
    }
    text.push_str(piece);
}

impl From<String> for Text {
    fn from(joined: String) -> Self {
        Self { joined, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str], more: &[&str]) -> (Option<String>, Option<String>) {
        let mut text = Text::default();
        lines.iter().for_each(|line| text.add_line(line));
        more.iter().for_each(|more| text.add(more));
        text.into_parts()
    }

    #[test]
    fn lines_are_kept_where_they_say_more_than_the_text() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of(&[" RE-1 "], &[]), (some("RE-1"), None));
        assert_eq!(of(&["RE-1"], &["RF18"]), (some("RE-1 RF18"), None));
        assert_eq!(of(&[], &["RF18"]), (some("RF18"), None));
        assert_eq!(of(&["RE-1", "\0 ", "10\t 00"], &[]), (some("RE-1 10 00"), some("RE-1\n10  00")));
        assert_eq!(of(&[], &[]), (None, None));
    }

    #[test]
    fn a_text_ends_at_its_limit_and_says_so() {
        let mut text = Text::default();
        let piece = "x".repeat(1_000);
        (0..1_000).for_each(|_| text.add_line(&piece));
        text.add("end");
        assert!(text.cut && text.as_deref().unwrap().len() <= TEXT_MAX && text.lines.len() <= TEXT_MAX);
        assert!(!text.as_deref().unwrap().ends_with("end"));
        let mut blanks = Text::default();
        (0..3).for_each(|_| blanks.add_line(&format!("a{}b", " ".repeat(40_000))));
        assert!(blanks.cut && blanks.lines.len() <= TEXT_MAX);
    }
}
