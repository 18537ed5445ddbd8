//! Reads a stored statement file as a stream of events, in bounded memory.
//!
//! The parser is not asynchronous and a file may have gigabytes: a task takes chunks from the database into one bounded
//! channel, a blocking thread parses them into another. Whoever stops taking events stops the other two.

use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

use sea_orm::EntityTrait;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::pieces::Pieces;
use crate::db::Db;
use crate::domain::id::FileId;
use crate::entities::{statement_file, statement_file_chunk};
use crate::error::{Code, Error};
use crate::importers::{self, Format, ImportError, Kind, Refusal, Span, StatementEvent, Summary, archive, csv};

/// Chunks on their way to the parser.
const CHUNKS: usize = 4;
/// So much of a file tells its format.
pub const HEAD: usize = 16 * 1024;
/// Events handed over at once, and how many such batches wait.
const BATCH: usize = 128;
const BATCHES: usize = 8;

type Chunk = io::Result<Vec<u8>>;

/// How a stored file is read. The same for every reading of it, so that all give the same lines.
#[derive(Debug, Clone)]
pub struct Source {
    pub file: FileId,
    /// Told by the first bytes, as when the file was received.
    pub kind: Option<Kind>,
    pub size: u64,
    /// For files of rows and columns.
    pub csv: csv::Reader,
}

impl Source {
    /// # Errors
    /// `unavailable` when the database is.
    pub async fn of(db: &Db, file: FileId, csv: csv::Reader) -> Result<Self, Error> {
        let first = statement_file_chunk::Entity::find_by_id((file, 0)).one(db.reader()).await?;
        let kind = first.and_then(|chunk| Kind::detect(chunk.bytes.get(..HEAD).unwrap_or(&chunk.bytes)).ok());
        let row = statement_file::Entity::find_by_id(file).one(db.reader()).await?;
        let size = row.and_then(|row| u64::try_from(row.size_bytes).ok()).unwrap_or(0);
        Ok(Self { file, kind, size, csv })
    }

    /// Of the whole file; an archive tells it file by file.
    pub const fn format(&self) -> Option<Format> {
        match self.kind {
            Some(Kind::Plain(format)) => Some(format),
            Some(Kind::Archive) | None => None,
        }
    }
}

/// A file being read, front to back.
pub struct Reading {
    events: mpsc::Receiver<Vec<StatementEvent>>,
    parser: JoinHandle<Result<Summary, ImportError>>,
}

impl Reading {
    pub fn start(db: &Db, source: &Source) -> Self {
        let (to_reader, events) = mpsc::channel(BATCHES);
        let (input, csv) = (Input::start(db, source), source.csv.clone());
        let parser = tokio::task::spawn_blocking(move || parse(input, &csv, &to_reader));
        Self { events, parser }
    }

    /// The next events in the order of the file; `None` at the end, whatever it is.
    pub async fn next(&mut self) -> Option<Vec<StatementEvent>> {
        self.events.recv().await
    }

    /// Why the reading ended: the file's end, or its refusal.
    ///
    /// # Errors
    /// `unavailable` when not the file but reading it was at fault: to be tried again.
    pub async fn end(self) -> Result<Result<Summary, ImportError>, Error> {
        drop(self.events);
        // What a panic says may quote the file, and goes into no log.
        let read = self.parser.await.map_err(|_stopped| Error::internal("the parser panicked or was cancelled"))?;
        match read {
            Err(ImportError { reason: Refusal::Read(cause), .. }) => Err(Error::new(Code::Unavailable).because(cause)),
            read => Ok(read),
        }
    }
}

impl Reading {
    /// The end of a file that was read to its end before, so that only the reading can be at fault.
    ///
    /// # Errors
    /// As [`Reading::end`]. The reason of a refusal may quote the file, its code does not.
    pub async fn end_again(self) -> Result<(), Error> {
        let read = self.end().await?;
        read.map(|_| ()).map_err(|error| Error::internal(format!("read twice, refused once: {}", error.code())))
    }

    /// Of events that are there, and an end.
    #[cfg(test)]
    pub async fn of(told: Vec<StatementEvent>, end: Result<Summary, ImportError>) -> Self {
        let (to_reader, events) = mpsc::channel(BATCHES);
        to_reader.send(told).await.unwrap();
        Self { events, parser: tokio::spawn(async move { end }) }
    }
}

async fn take_chunks(db: Db, file: FileId, to_parser: mpsc::Sender<Chunk>) {
    for position in 0_i32.. {
        let found = statement_file_chunk::Entity::find_by_id((file, position)).one(db.reader()).await;
        let chunk = match found {
            Ok(Some(chunk)) => Ok(chunk.bytes),
            Ok(None) => return,
            Err(error) => Err(io::Error::other(error)),
        };
        let failed = chunk.is_err();
        if to_parser.send(chunk).await.is_err() || failed {
            return;
        }
    }
}

/// The text of a piece of a file, or of a file in it; none when it cannot be read any more, as with a profile that is gone.
///
/// # Errors
/// `unavailable` when the database is.
pub async fn excerpt(db: &Db, source: &Source, part: Option<String>, span: Span) -> Result<Option<String>, Error> {
    let (input, csv) = (Input::start(db, source), source.csv.clone());
    let read = move || match (input, part) {
        (Input::Plain(format, chunks), _) => importers::excerpt(format, chunks, &csv, span),
        (Input::Archive(pieces), Some(part)) => importers::excerpt_of_part(pieces, &part, &csv, span),
        (Input::Archive(_), None) | (Input::Unknown, _) => Ok(String::new()),
    };
    let read = tokio::task::spawn_blocking(read).await;
    // What a panic says may quote the file, and goes into no log.
    let read = read.map_err(|_stopped| Error::internal("the reader panicked or was cancelled"))?;
    match read {
        Ok(text) => Ok(Some(text)),
        Err(ImportError { reason: Refusal::Read(cause), .. }) => Err(Error::new(Code::Unavailable).because(cause)),
        Err(refusal) => {
            tracing::warn!(file.id = %source.file, code = refusal.code(), "a file that was imported cannot be read");
            Ok(None)
        }
    }
}

/// The bytes, as they are needed.
enum Input {
    Plain(Format, Chunks),
    Archive(Pieces),
    Unknown,
}

impl Input {
    fn start(db: &Db, source: &Source) -> Self {
        match source.kind {
            Some(Kind::Plain(format)) => {
                let (to_parser, chunks) = mpsc::channel(CHUNKS);
                tokio::spawn(take_chunks(db.clone(), source.file, to_parser));
                Self::Plain(format, Chunks::new(chunks))
            }
            Some(Kind::Archive) => Self::Archive(Pieces::start(db, source.file, source.size)),
            None => Self::Unknown,
        }
    }
}

fn parse(
    input: Input,
    csv: &csv::Reader,
    to_reader: &mpsc::Sender<Vec<StatementEvent>>,
) -> Result<Summary, ImportError> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut sink = |event| {
        batch.push(event);
        if batch.len() < BATCH {
            return ControlFlow::Continue(());
        }
        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
        if to_reader.blocking_send(full).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let read = match input {
        Input::Plain(format, chunks) => format.read(chunks, csv, &mut sink),
        Input::Archive(pieces) => archive::read(pieces, csv, &mut sink),
        Input::Unknown => Err(ImportError { reason: Refusal::UnknownFormat, line: 1 }),
    };
    if !batch.is_empty() && to_reader.blocking_send(batch).is_err() {
        tracing::debug!("nobody takes the last events of a statement file any more");
    }
    read
}

/// The chunks of a file as one source of bytes, for the parser's thread.
struct Chunks {
    source: mpsc::Receiver<Chunk>,
    current: Vec<u8>,
    used: usize,
}

impl Chunks {
    const fn new(source: mpsc::Receiver<Chunk>) -> Self {
        Self { source, current: Vec::new(), used: 0 }
    }
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.used >= self.current.len() {
            match self.source.blocking_recv() {
                Some(chunk) => {
                    self.current = chunk?;
                    self.used = 0;
                }
                None => return Ok(&[]),
            }
        }
        Ok(self.current.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.used = self.used.saturating_add(amount);
    }
}

impl Read for Chunks {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(target)?;
        self.consume(count);
        Ok(count)
    }
}
