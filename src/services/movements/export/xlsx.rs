//! The table as a workbook: amounts are numbers in the format of their currency, dates are dates, texts are texts and never
//! formulas. Rows go to files without a name as they come, so memory stays the same; the workbook is put together
//! from them at the end.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::PathBuf;

use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc;

use super::columns::{COLUMNS, Cell, NO, TITLE, YES};
use super::{Row, Source, Wording};
use crate::domain::money::{Currency, Money};
use crate::error::Error;

/// A worksheet holds 1,048,576 rows; the rest goes into the next one.
const ROWS_PER_SHEET: u32 = 1_000_000;
/// Most characters of a cell.
const TEXT_MAX: usize = 32_767;
/// Workbooks that a process makes or sends at the same time: each takes a thread and a whole file beside the data. CSV has
/// no such limit, it takes a page of memory.
pub const AT_ONCE: usize = 4;
/// Pages that wait for the writer.
const WAITING: usize = 2;

/// Writes the whole file and answers it, at its beginning.
///
/// # Errors
/// As [`Source::next`]; `internal` when the folder for temporary files cannot be written.
pub async fn file(mut source: Source, wording: Wording, folder: PathBuf) -> Result<File, Error> {
    let (rows, received) = mpsc::channel(WAITING);
    let writing = tokio::task::spawn_blocking(move || write(received, wording, folder));
    while let Some(page) = source.next().await? {
        // The writer has gone: it says why below.
        if rows.send(page).await.is_err() {
            break;
        }
    }
    drop(rows);
    writing.await.map_err(Error::internal)?
}

fn write(mut received: mpsc::Receiver<Vec<Row>>, wording: Wording, folder: PathBuf) -> Result<File, Error> {
    let mut book = Book::new(wording, folder.clone()).map_err(Error::internal)?;
    while let Some(rows) = received.blocking_recv() {
        for row in &rows {
            book.add(row).map_err(Error::internal)?;
        }
    }
    let mut file = tempfile::tempfile_in(folder).map_err(Error::internal)?;
    book.workbook.save_to_writer(&mut file).map_err(Error::internal)?;
    file.seek(SeekFrom::Start(0)).map_err(Error::internal)?;
    Ok(file)
}

struct Book {
    workbook: Workbook,
    wording: Wording,
    /// The row to be written next, on a sheet of which there are so many.
    next: u32,
    sheets: usize,
    dates: Format,
    amounts: HashMap<&'static str, Format>,
}

impl Book {
    fn new(wording: Wording, folder: PathBuf) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder)?;
        let dates = Format::new().set_num_format("yyyy-mm-dd");
        let mut book = Self { workbook, wording, next: 0, sheets: 0, dates, amounts: HashMap::new() };
        book.begin_sheet()?;
        Ok(book)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets = self.sheets.saturating_add(1);
        let title = (self.wording.pick)(TITLE);
        let name = if self.sheets == 1 { title.to_owned() } else { format!("{title} {}", self.sheets) };
        let bold = Format::new().set_bold();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (place, column) in (0_u16..).zip(&COLUMNS) {
            sheet.set_column_width(place, column.width)?;
            sheet.write_string_with_format(0, place, (self.wording.pick)(column.head), &bold)?;
        }
        self.next = 1;
        Ok(())
    }

    fn add(&mut self, row: &Row) -> Result<(), XlsxError> {
        if self.next > ROWS_PER_SHEET {
            self.begin_sheet()?;
        }
        let Self { workbook, wording, dates, amounts, next, sheets } = self;
        let sheet = workbook.worksheet_from_index(sheets.saturating_sub(1))?;
        for (place, column) in (0_u16..).zip(&COLUMNS) {
            let at = (*next, place);
            match (column.cell)(row) {
                Cell::Text(text) => write_text(sheet, at, text.unwrap_or_default())?,
                Cell::Date(None) => {}
                Cell::Date(Some(date)) => drop(sheet.write_date_with_format(at.0, at.1, date, dates)?),
                Cell::Amount(money) => write_amount(sheet, at, (money, amounts))?,
                Cell::Code(list, code) => write_text(sheet, at, wording.label((list, code)))?,
                Cell::Flag(flag) => write_text(sheet, at, (wording.pick)(if flag { YES } else { NO }))?,
                Cell::Id(id) => write_text(sheet, at, &id)?,
            }
        }
        *next = next.saturating_add(1);
        Ok(())
    }
}

fn write_text(sheet: &mut Worksheet, (row, column): (u32, u16), text: &str) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    let shown: String = text.chars().take(TEXT_MAX).collect();
    sheet.write_string(row, column, shown)?;
    Ok(())
}

/// A spreadsheet knows no other numbers than floats; the fifteen digits of the largest amount fit into one.
fn write_amount(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    (money, formats): (Money, &mut HashMap<&'static str, Format>),
) -> Result<(), XlsxError> {
    let currency = money.currency();
    let format =
        formats.entry(currency.code()).or_insert_with(|| Format::new().set_num_format(number_format(currency)));
    match money.to_decimal().to_f64() {
        Some(number) => sheet.write_number_with_format(row, column, number, format)?,
        None => sheet.write_string(row, column, money.amount())?,
    };
    Ok(())
}

/// As many decimals as the currency has, and its code.
fn number_format(currency: Currency) -> String {
    let digits = usize::try_from(currency.digits()).unwrap_or(2);
    let decimals = if digits == 0 { String::new() } else { format!(".{}", "0".repeat(digits)) };
    format!("#,##0{decimals}\\ [${}]", currency.code())
}
