//! Statement files of any length, in the formats that banks send: the same customers' transfers, a day's worth.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Failure;

/// A format, and what its files are called here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Camt,
    Mt940,
    /// As the Sparkassen write it.
    Csv,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Camt, Self::Mt940, Self::Csv];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Camt => "CAMT.053",
            Self::Mt940 => "MT940",
            Self::Csv => "CSV-CAMT",
        }
    }
}

/// Writes a statement of `lines` transfers of 10.00 to the account with this IBAN.
pub fn write(folder: &Path, format: Format, (iban, lines): (&str, u64)) -> Result<PathBuf, Failure> {
    self::file(folder, &format!("statement.{format:?}"), |file| {
        head(file, format, iban)?;
        (0..lines).try_for_each(|number| match format {
            Format::Camt => camt_entry(file, number, "10.00"),
            Format::Mt940 => mt940_entry(file, number),
            Format::Csv => csv_row(file, iban, number),
        })?;
        foot(file, format, lines)
    })
}

/// Writes a CAMT.053 statement whose entries have an amount that cannot be read.
pub fn write_worthless(folder: &Path, iban: &str, bytes: u64) -> Result<PathBuf, Failure> {
    let mut one = Vec::new();
    camt_entry(&mut one, 0, "none").map_err(Failure::at("writing an entry"))?;
    let size = u64::try_from(one.len()).unwrap_or(1).max(1);
    self::file(folder, "worthless.xml", |file| {
        head(file, Format::Camt, iban)?;
        (0..bytes.div_ceil(size)).try_for_each(|number| camt_entry(file, number, "none"))?;
        foot(file, Format::Camt, 0)
    })
}

fn file(
    folder: &Path,
    name: &str,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(&path)?);
        content(&mut file)?;
        file.flush()
    };
    write().map_err(Failure::at("writing a file"))?;
    Ok(path)
}

fn head(file: &mut impl Write, format: Format, iban: &str) -> io::Result<()> {
    match format {
        Format::Camt => write!(
            file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n\
             <BkToCstmrStmt>\n<GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2026-11-20T18:00:00+01:00</CreDtTm></GrpHdr>\n\
             <Stmt>\n<Id>BENCH-1</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
        ),
        Format::Mt940 => write!(file, "\r\n:20:BENCH\r\n:25:{iban}\r\n:28C:1/1\r\n:60F:C261119EUR0,00\r\n"),
        Format::Csv => file.write_all(
            b"\"Auftragskonto\";\"Buchungstag\";\"Valutadatum\";\"Buchungstext\";\"Verwendungszweck\";\"Glaeubiger ID\";\
              \"Mandatsreferenz\";\"Kundenreferenz (End-to-End)\";\"Sammlerreferenz\";\"Lastschrift Ursprungsbetrag\";\
              \"Auslagenersatz Ruecklastschrift\";\"Beguenstigter/Zahlungspflichtiger\";\"Kontonummer/IBAN\";\
              \"BIC (SWIFT-Code)\";\"Betrag\";\"Waehrung\";\"Info\"\r\n",
        ),
    }
}

fn foot(file: &mut impl Write, format: Format, lines: u64) -> io::Result<()> {
    match format {
        Format::Camt => file.write_all(b"</Stmt>\n</BkToCstmrStmt>\n</Document>\n"),
        Format::Mt940 => write!(file, ":62F:C261120EUR{},00\r\n-\r\n", lines * 10),
        Format::Csv => Ok(()),
    }
}

/// A customer's transfer, as German banks write it.
fn camt_entry(file: &mut impl Write, number: u64, amount: &str) -> io::Result<()> {
    writeln!(
        file,
        "<Ntry><NtryRef>{number:07}</NtryRef><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt>\
         <AcctSvcrRef>BENCH{number:07}</AcctSvcrRef>\
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\
         <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Kundin {number:07}</Nm></Pty></Dbtr>\
         <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></RltdPties>\
         <RmtInf><Ustrd>Rechnung RE-2026-{number:07} vielen Dank</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
}

fn mt940_entry(file: &mut impl Write, number: u64) -> io::Result<()> {
    write!(
        file,
        ":61:2611201120C10,00N166NONREF//BENCH{number:07}\r\n:86:166?00GUTSCHRIFT?20EREF+NOTPROVIDED\r\n\
         ?21SVWZ+Rechnung RE-2026-{number:07}\r\n?22 vielen Dank?30BYLADEM1001?31DE02120300000000202051\r\n\
         ?32Kundin {number:07}\r\n"
    )
}

fn csv_row(file: &mut impl Write, iban: &str, number: u64) -> io::Result<()> {
    write!(
        file,
        "\"{iban}\";\"20.11.26\";\"20.11.26\";\"GUTSCHR. UEBERWEISUNG\";\"Rechnung RE-2026-{number:07} vielen Dank\";\"\";\
         \"\";\"NOTPROVIDED\";\"\";\"\";\"\";\"Kundin {number:07}\";\"DE02120300000000202051\";\"BYLADEM1001\";\"10,00\";\
         \"EUR\";\"Umsatz gebucht\"\r\n"
    )
}
