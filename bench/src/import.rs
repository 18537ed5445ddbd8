//! Large statement files: what it costs the release server to take them in and to work through them.
//!
//! The files are written to the folder of the run and sent as they are read, so that neither side ever holds one whole.
//! The server is started anew before each, so that the most memory it ever had is this file's.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;
use crate::cpu;
use crate::install::Heller;

const IBAN: &str = "DE89370400440532013000";
/// Entries of the good file; each has the size that banks write.
const ENTRIES: u64 = 100_000;
/// Bytes of the file without one valid entry.
const WORTHLESS: u64 = 200_000_000;
/// Longest import that is waited for.
const WITHIN: Duration = Duration::from_mins(15);
const POLL: Duration = Duration::from_millis(50);

/// What became of one file.
pub struct Imported {
    pub what: String,
    pub bytes: u64,
    pub status: String,
    /// Movements that were made.
    pub created: u64,
    /// Sending and working through it.
    pub took: Duration,
    pub peak_kib: Option<u64>,
}

/// Imports both files into an account made for it.
pub async fn measure(heller: &mut Heller, folder: &Path) -> Result<[Imported; 2], Failure> {
    let admin = heller.login("admin").await?;
    let new = json!({ "name": "Bank", "provider": "bank_file", "currency": "EUR", "iban": IBAN });
    let account = heller.ask(heller.post("/v1/payment-accounts", &admin), new).await?;
    let account = text(&account, "/id")?;
    let good = written(folder, "good.xml", |file| (0..ENTRIES).try_for_each(|number| entry(file, number, "10.00")))?;
    let bad = written(folder, "worthless.xml", |file| {
        (0..WORTHLESS.div_ceil(size_of_entry())).try_for_each(|number| entry(file, number, "none"))
    })?;
    let good = import(heller, &account, (good, format!("CAMT.053 with {ENTRIES} entries"))).await?;
    let bad = import(heller, &account, (bad, "CAMT.053 without one valid entry".to_owned())).await?;
    Ok([good, bad])
}

/// Starts anew, sends the file, waits for the end of its run, and deletes it.
async fn import(heller: &mut Heller, account: &str, (file, what): (PathBuf, String)) -> Result<Imported, Failure> {
    heller.restart().await?;
    let token = heller.login("accountant").await?;
    let bytes = fs::metadata(&file).map_err(Failure::at("measuring a file"))?.len();
    let begun = Instant::now();
    let path = format!("/v1/statement-imports/raw?account_id={account}&filename=statement.xml");
    let (address, source) = (heller.address().to_owned(), file.clone());
    let bearer = token.clone();
    let sent = tokio::task::spawn_blocking(move || send(&address, &path, &bearer, &source));
    let run = sent.await.map_err(Failure::at("sending a file"))??;
    let run = format!("/v1/reconciliation-runs/{}", text(&run, "/id")?);
    let ended = loop {
        let shown = heller.ask(heller.get(&run, &token), Value::Null).await?;
        if shown["status"] != "running" {
            break shown;
        }
        if begun.elapsed() > WITHIN {
            return Err(Failure::new(format!("the import of {what} does not end: {shown}")));
        }
        tokio::time::sleep(POLL).await;
    };
    let took = begun.elapsed();
    let peak_kib = heller.pid().and_then(|pid| cpu::memory_kib(pid, "VmHWM"));
    fs::remove_file(file).map_err(Failure::at("deleting a file"))?;
    let created = ended.pointer("/items/0/counts/created").and_then(Value::as_u64).unwrap_or_default();
    Ok(Imported { what, bytes, status: text(&ended, "/status")?, created, took, peak_kib })
}

fn text(json: &Value, pointer: &str) -> Result<String, Failure> {
    let found = json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("nothing at {pointer} in {json}")))
}

/// POSTs a file by hand, because the client of the other requests would take it into memory; answers the run.
fn send(address: &str, path: &str, token: &str, source: &Path) -> Result<Value, Failure> {
    let exchange = || -> io::Result<String> {
        let mut file = File::open(source)?;
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/xml\r\nContent-Length: {}\r\n\r\n",
            file.metadata()?.len()
        )?;
        io::copy(&mut file, &mut stream)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange().map_err(Failure::at("sending a file"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if !head.starts_with("HTTP/1.1 202") {
        return Err(Failure::new(format!("sending a file: {answer}")));
    }
    serde_json::from_str(body).map_err(Failure::at("reading an answer"))
}

fn written(
    folder: &Path,
    name: &str,
    entries: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(&path)?);
        write!(
            file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n\
             <BkToCstmrStmt>\n<GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2026-11-20T18:00:00+01:00</CreDtTm></GrpHdr>\n\
             <Stmt>\n<Id>BENCH-1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
        )?;
        entries(&mut file)?;
        file.write_all(b"</Stmt>\n</BkToCstmrStmt>\n</Document>\n")?;
        file.flush()
    };
    write().map_err(Failure::at("writing a file"))?;
    Ok(path)
}

/// A customer's transfer, as German banks write it.
fn entry(file: &mut impl Write, number: u64, amount: &str) -> io::Result<()> {
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

fn size_of_entry() -> u64 {
    let mut bytes = Vec::new();
    // Writing into memory cannot fail.
    entry(&mut bytes, 0, "none").ok();
    u64::try_from(bytes.len()).unwrap_or(1).max(1)
}
