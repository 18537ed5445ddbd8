//! Reads a stored statement file as a stream of events, in bounded memory.
//!
//! The parser is not asynchronous and a file may have gigabytes: a task takes chunks from the database into one bounded
//! channel, a blocking thread parses them into another. Whoever stops taking events stops the other two.

use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

use sea_orm::EntityTrait;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::db::Db;
use crate::domain::id::FileId;
use crate::entities::statement_file_chunk;
use crate::error::{Code, Error};
use crate::importers::{Format, ImportError, Refusal, StatementEvent, Summary, csv};

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
    pub format: Option<Format>,
    /// For files of rows and columns.
    pub csv: csv::Reader,
}

/// The format of a stored file, by its first bytes.
///
/// # Errors
/// `unavailable` when the database is.
pub async fn format(db: &Db, file: FileId) -> Result<Option<Format>, Error> {
    let first = statement_file_chunk::Entity::find_by_id((file, 0)).one(db.reader()).await?;
    Ok(first.and_then(|chunk| Format::detect(chunk.bytes.get(..HEAD).unwrap_or(&chunk.bytes)).ok()))
}

/// A file being read, front to back.
pub struct Reading {
    events: mpsc::Receiver<Vec<StatementEvent>>,
    parser: JoinHandle<Result<Summary, ImportError>>,
}

impl Reading {
    pub fn start(db: &Db, source: &Source) -> Self {
        let (to_parser, chunks) = mpsc::channel(CHUNKS);
        let (to_reader, events) = mpsc::channel(BATCHES);
        tokio::spawn(take_chunks(db.clone(), source.file, to_parser));
        let source = source.clone();
        let parser = tokio::task::spawn_blocking(move || parse(Chunks::new(chunks), &source, &to_reader));
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

fn parse(
    chunks: Chunks,
    source: &Source,
    to_reader: &mpsc::Sender<Vec<StatementEvent>>,
) -> Result<Summary, ImportError> {
    let format = source.format.ok_or(ImportError { reason: Refusal::UnknownFormat, line: 1 })?;
    let mut batch = Vec::with_capacity(BATCH);
    let mut sink = |event| {
        batch.push(event);
        if batch.len() < BATCH {
            return ControlFlow::Continue(());
        }
        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
        if to_reader.blocking_send(full).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let read = format.read(chunks, &source.csv, &mut sink);
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
