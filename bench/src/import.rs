//! Large statement files: what it costs the release server to take them in and to work through them.
//!
//! The files are written to the folder of the run and sent as they are read, so that neither side ever holds one whole.
//! The server is started anew before each, so that the most memory it ever had is this file's.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;
use crate::cpu;
use crate::install::Heller;
use crate::statements::{self, Format};

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
    let good = statements::write(folder, Format::Camt, (IBAN, ENTRIES))?;
    let bad = statements::write_worthless(folder, IBAN, WORTHLESS)?;
    heller.restart().await?;
    let good = send_and_wait(heller, &account, (good, format!("CAMT.053 with {ENTRIES} entries"))).await?;
    heller.restart().await?;
    let bad = send_and_wait(heller, &account, (bad, "CAMT.053 without one valid entry".to_owned())).await?;
    Ok([good, bad])
}

/// Sends a file, waits for the end of its run, and deletes it.
pub async fn send_and_wait(
    heller: &Heller,
    account: &str,
    (file, what): (PathBuf, String),
) -> Result<Imported, Failure> {
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

pub fn text(json: &Value, pointer: &str) -> Result<String, Failure> {
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
