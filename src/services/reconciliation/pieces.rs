//! A stored file that is read in any order, in bounded memory: for archives, whose directory is at their end.
//!
//! The reader is on a blocking thread and asks a task for one chunk at a time. It keeps the last few, because the files of
//! an archive are read in the order of their names, which need not be that of their places.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use sea_orm::EntityTrait;
use tokio::sync::{mpsc, oneshot};

use crate::db::Db;
use crate::domain::id::FileId;
use crate::entities::statement_file_chunk;

/// Bytes of one chunk; the last one may have fewer.
pub const CHUNK: usize = 256 * 1024;
/// Chunks that are kept (8 MiB).
const KEPT: usize = 32;

struct Ask {
    position: i32,
    answer: oneshot::Sender<io::Result<Vec<u8>>>,
}

pub struct Pieces {
    asks: mpsc::Sender<Ask>,
    size: u64,
    place: u64,
    /// The last one used in front.
    kept: VecDeque<(i32, Vec<u8>)>,
}

impl Pieces {
    /// `size` is that of the whole file.
    pub fn start(db: &Db, file: FileId, size: u64) -> Self {
        let (asks, asked) = mpsc::channel(1);
        tokio::spawn(answer(db.clone(), file, asked));
        Self { asks, size, place: 0, kept: VecDeque::with_capacity(KEPT) }
    }

    fn chunk(&mut self, position: i32) -> io::Result<&[u8]> {
        let found = self.kept.iter().position(|(kept, _)| *kept == position);
        let chunk = match found.and_then(|at| self.kept.remove(at)) {
            Some(kept) => kept,
            None => (position, self.fetch(position)?),
        };
        self.kept.truncate(KEPT.saturating_sub(1));
        self.kept.push_front(chunk);
        Ok(self.kept.front().map_or(&[], |(_, bytes)| bytes.as_slice()))
    }

    fn fetch(&self, position: i32) -> io::Result<Vec<u8>> {
        let gone = || io::Error::other("nobody hands out the chunks of the file any more");
        let (answer, answered) = oneshot::channel();
        self.asks.blocking_send(Ask { position, answer }).map_err(|_| gone())?;
        answered.blocking_recv().map_err(|_| gone())?
    }
}

async fn answer(db: Db, file: FileId, mut asked: mpsc::Receiver<Ask>) {
    while let Some(Ask { position, answer }) = asked.recv().await {
        let found = statement_file_chunk::Entity::find_by_id((file, position)).one(db.reader()).await;
        let chunk = match found {
            Ok(Some(chunk)) => Ok(chunk.bytes),
            Ok(None) => Err(io::Error::other("a chunk of the file is missing")),
            Err(error) => Err(io::Error::other(error)),
        };
        if answer.send(chunk).is_err() {
            return;
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.place >= self.size || target.is_empty() {
            return Ok(0);
        }
        let chunk = u64::try_from(CHUNK).map_err(io::Error::other)?;
        let position = i32::try_from(self.place / chunk).map_err(io::Error::other)?;
        let within = usize::try_from(self.place % chunk).map_err(io::Error::other)?;
        let count = self.chunk(position)?.get(within..).unwrap_or_default().read(target)?;
        self.place = self.place.saturating_add(u64::try_from(count).map_err(io::Error::other)?);
        Ok(count)
    }
}

impl Seek for Pieces {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(behind) => self.size.checked_add_signed(behind),
            SeekFrom::Current(on) => self.place.checked_add_signed(on),
        };
        self.place = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.place)
    }
}
