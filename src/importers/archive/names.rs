//! Which names may a file in an archive have?

use super::fault::NameFault;

/// Letters of a name.
const LETTERS_MAX: usize = 255;

/// The name as text, or what is wrong with it.
pub(super) fn check(raw: &[u8]) -> Result<&str, NameFault> {
    let name = std::str::from_utf8(raw).map_err(|_| NameFault::NotUtf8)?;
    let mut letters = name.chars();
    let drive = letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.next() == Some(':');
    let checks = [
        (name.is_empty(), NameFault::Empty),
        (name.chars().count() > LETTERS_MAX, NameFault::TooLong),
        (name.chars().any(is_control), NameFault::Control),
        (name.contains('\\'), NameFault::Backslash),
        (name.starts_with('/'), NameFault::Absolute),
        (drive, NameFault::Drive),
        (name.split('/').any(|part| part == ".."), NameFault::Parent),
    ];
    match checks.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, fault)) => Err(fault),
        None => Ok(name),
    }
}

/// Also what turns the direction of a line: a name must read as it is.
fn is_control(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name that may be wrong, for people: nothing in it acts.
pub(super) fn shown(raw: &[u8]) -> String {
    let escaped = match std::str::from_utf8(raw) {
        Ok(name) => {
            name.chars().flat_map(|letter| escaped(letter).chars().collect::<Vec<_>>()).take(LETTERS_MAX).collect()
        }
        Err(_) => raw.escape_ascii().to_string(),
    };
    escaped.chars().take(LETTERS_MAX).collect()
}

fn escaped(letter: char) -> String {
    if is_control(letter) { letter.escape_default().to_string() } else { letter.to_string() }
}
