//! The table as CSV: RFC 4180, UTF-8. In German as Excel expects it there (semicolons, decimal commas, a byte order mark),
//! otherwise for programs (commas, decimal points, no mark).

use futures_util::stream::{self, Stream};

use super::columns::{COLUMNS, Cell, NO, YES};
use super::{Row, Source, Wording};
use crate::error::Error;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// With these a spreadsheet takes a cell for a formula; the full-width forms too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The file in pieces, the first with the heads and the first rows.
///
/// # Errors
/// As [`Source::next`], of the first rows; of later ones as an item, which breaks the transfer off.
pub async fn pieces(
    mut source: Source,
    wording: Wording,
) -> Result<impl Stream<Item = Result<Vec<u8>, Error>> + 'static, Error> {
    let mut first = if wording.for_german_excel { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
    let rows = source.next().await?.unwrap_or_default();
    let heads = COLUMNS.iter().map(|column| (wording.pick)(column.head).to_owned()).collect();
    let lines = std::iter::once(heads).chain(rows.iter().map(|row| line(row, &wording)));
    first.extend(written(lines, &wording)?);
    let rest = stream::try_unfold((source, wording), async |(mut source, wording): (Source, Wording)| {
        let Some(rows) = source.next().await.inspect_err(broken_off)? else { return Ok(None) };
        let piece = written(rows.iter().map(|row| line(row, &wording)), &wording)?;
        Ok(Some((piece, (source, wording))))
    });
    Ok(stream::StreamExt::chain(stream::once(std::future::ready(Ok(first))), rest))
}

fn broken_off(error: &Error) {
    tracing::error!(cause = error.cause(), "an export broke off");
}

fn written(lines: impl Iterator<Item = Vec<String>>, wording: &Wording) -> Result<Vec<u8>, Error> {
    let delimiter = if wording.for_german_excel { b';' } else { b',' };
    let terminator = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
    for line in lines {
        writer.write_record(&line).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

fn line(row: &Row, wording: &Wording) -> Vec<String> {
    COLUMNS.iter().map(|column| text((column.cell)(row), wording)).collect()
}

fn text(cell: Cell<'_>, wording: &Wording) -> String {
    match cell {
        Cell::Text(text) => harmless(text.unwrap_or_default(), wording.for_german_excel),
        Cell::Date(date) => date.map(|date| date.to_string()).unwrap_or_default(),
        Cell::Amount(money) if wording.for_german_excel => money.amount().replace('.', ","),
        Cell::Amount(money) => money.amount(),
        Cell::Code(list, code) => wording.label((list, code)).to_owned(),
        Cell::Flag(flag) => (wording.pick)(if flag { YES } else { NO }).to_owned(),
        Cell::Id(id) => id,
    }
}

/// A text that came from outside never becomes a formula: an apostrophe in front says that it is text. A spreadsheet of
/// another language takes its own separator for one, so what follows that is looked at too.
fn harmless(text: &str, semicolons: bool) -> String {
    let other = if semicolons { ',' } else { ';' };
    let mut kept = String::with_capacity(text.len());
    let mut begins = true;
    for (place, letter) in text.char_indices() {
        if begins && letter.is_whitespace() && !FORMULA.contains(&letter) {
            kept.push(letter);
            continue;
        }
        if begins && FORMULA.contains(&letter) {
            // In front of blanks, too, where the whole text begins.
            let at = if text.get(..place).is_some_and(|before| before.trim().is_empty()) { 0 } else { kept.len() };
            kept.insert(at, '\'');
        }
        begins = letter == other;
        kept.push(letter);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_a_spreadsheet_would_compute_becomes_text() {
        for formula in ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1", " =cmd|' /C calc'!A0", "＝1"] {
            assert_eq!(harmless(formula, true), format!("'{formula}"));
        }
        for text in ["", "Müller", "1-2", "a=b", "'=1"] {
            assert_eq!(harmless(text, true), text);
        }
        // A German Excel splits the English file at semicolons, an English one the German file at commas.
        assert_eq!(harmless("x; =cmd|' /C calc'!A0;y", false), "x; '=cmd|' /C calc'!A0;y");
        assert_eq!(harmless("x, @SUM(A1)", true), "x, '@SUM(A1)");
        assert_eq!(harmless("Rest; -5", true), "Rest; -5", "its own separator is quoted");
    }
}
