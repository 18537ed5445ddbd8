//! The bytes of one file in an archive, unpacked as they are asked for and checked against what the archive says.

use std::io::{self, Read, Seek, SeekFrom, Take};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::directory::{Member, Method};
use super::fault::Fault;
use super::{Wrong, of_io};

enum Data<'a, R: Read> {
    Stored(Take<&'a mut R>),
    Deflated(Box<DeflateDecoder<Take<&'a mut R>>>),
}

/// Ends, or says in [`Content::check`] what is wrong. Never gives more bytes than the directory says, so that its limits
/// hold whatever is packed.
pub(super) struct Content<'a, R: Read> {
    data: Data<'a, R>,
    member: &'a Member,
    crc: Crc,
    given: u64,
    ended: bool,
    wrong: Option<Wrong>,
}

impl<'a, R: Read + Seek> Content<'a, R> {
    pub(super) fn open(input: &'a mut R, member: &'a Member) -> Result<Self, Wrong> {
        input.seek(SeekFrom::Start(member.place)).map_err(of_io)?;
        let packed = input.take(member.packed);
        let data = match member.method {
            Method::Stored => Data::Stored(packed),
            Method::Deflated => Data::Deflated(Box::new(DeflateDecoder::new(packed))),
        };
        Ok(Self { data, member, crc: Crc::new(), given: 0, ended: false, wrong: None })
    }
}

impl<R: Read> Content<'_, R> {
    /// What was wrong with the bytes that were given.
    pub(super) fn check(&mut self) -> Result<(), Wrong> {
        self.wrong.take().map_or(Ok(()), Err)
    }

    /// As [`Content::check`], for all bytes.
    pub(super) fn check_all(&mut self) -> Result<(), Wrong> {
        let mut piece = [0; 8192];
        while !self.ended {
            // What fails is kept.
            let _read = self.read(&mut piece);
        }
        self.check()
    }

    fn fail(&mut self, wrong: Wrong) -> io::Result<usize> {
        self.ended = true;
        self.wrong = Some(wrong);
        Err(io::Error::other("the archive is at fault"))
    }

    fn at_end(&mut self) -> io::Result<usize> {
        let unread = match &self.data {
            Data::Stored(_) => false,
            Data::Deflated(decoder) => decoder.total_in() != self.member.packed,
        };
        let fault = if self.given < self.member.size || self.crc.sum() != self.member.crc {
            Fault::Damaged("the checksum of a file is wrong")
        } else if unread {
            Fault::SizeLie
        } else {
            self.ended = true;
            return Ok(0);
        };
        self.fail(Wrong::Part(self.member.name.clone(), fault))
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.ended || target.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.data {
            Data::Stored(data) => data.read(target),
            Data::Deflated(data) => data.read(target),
        };
        let count = match read {
            Ok(0) => return self.at_end(),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) if is_of_data(&error) => {
                let fault = Fault::Damaged("a file cannot be unpacked");
                return self.fail(Wrong::Part(self.member.name.clone(), fault));
            }
            Err(error) => return self.fail(of_io(error)),
        };
        self.given = self.given.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if self.given > self.member.size {
            return self.fail(Wrong::Part(self.member.name.clone(), Fault::SizeLie));
        }
        self.crc.update(target.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Whether not the source of the bytes but their content failed.
fn is_of_data(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
