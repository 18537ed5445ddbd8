//! ZIP archives as they should be, and with one thing wrong at a time.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// A file of an archive. What is left alone is true.
#[derive(Clone)]
pub struct Member {
    pub name: Vec<u8>,
    pub packed: Vec<u8>,
    pub method: u16,
    pub size: u32,
    pub crc: u32,
    pub flags: u16,
    pub mode: u32,
    pub disk: u16,
    pub extra: Vec<u8>,
    /// What the header in front of the file says.
    pub local_name: Vec<u8>,
    /// Where the directory says it is.
    pub place: Option<u32>,
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_le_bytes()
}

impl Member {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        Self::of(name.as_bytes(), encoder.finish().unwrap(), 8, bytes)
    }

    pub fn stored(name: &str, bytes: &[u8]) -> Self {
        Self::of(name.as_bytes(), bytes.to_vec(), 0, bytes)
    }

    fn of(name: &[u8], packed: Vec<u8>, method: u16, bytes: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(bytes);
        Self {
            name: name.to_vec(),
            packed,
            method,
            size: number(bytes.len()),
            crc: crc.sum(),
            flags: 1 << 11,
            mode: 0,
            disk: 0,
            extra: Vec::new(),
            local_name: name.to_vec(),
            place: None,
        }
    }

    /// A GiB of nothing in a MiB, behind the beginning of a statement.
    pub fn bomb(name: &str, beginning: &[u8]) -> Self {
        let mut deflate = Compress::new(Compression::best(), false);
        let mut piece = |bytes: &[u8]| {
            let mut packed = Vec::with_capacity(bytes.len() + 1_024);
            deflate.compress_vec(bytes, &mut packed, FlushCompress::Full).unwrap();
            packed
        };
        let beginning_packed = piece(beginning);
        // After a full flush a piece stands for itself: the same bytes again are the same text again.
        let blanks = piece(&vec![b' '; 1024 * 1024]);
        let packed = [beginning_packed, blanks.repeat(1_024), vec![3, 0]].concat();
        let size = number(beginning.len() + 1024 * 1024 * 1024);
        Self { packed, size, ..Self::of(name.as_bytes(), Vec::new(), 8, b"") }
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        head.extend(20_u16.to_le_bytes());
        head.extend(self.flags.to_le_bytes());
        head.extend(self.method.to_le_bytes());
        head.extend([0; 4]);
        head.extend(self.crc.to_le_bytes());
        head.extend(number(self.packed.len()).to_le_bytes());
        head.extend(self.size.to_le_bytes());
        head
    }
}

/// The members in their order, with a directory.
pub fn archive(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let place = member.place.unwrap_or_else(|| number(bytes.len()));
        bytes.extend(b"PK\x03\x04");
        bytes.extend(member.head());
        bytes.extend(short(member.local_name.len()));
        bytes.extend([0; 2]);
        bytes.extend(&member.local_name);
        bytes.extend(&member.packed);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(member.head());
        directory.extend(short(member.name.len()));
        directory.extend(short(member.extra.len()));
        directory.extend([0; 2]);
        directory.extend(member.disk.to_le_bytes());
        directory.extend([0; 2]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(place.to_le_bytes());
        directory.extend(&member.name);
        directory.extend(&member.extra);
    }
    let (place, length) = (number(bytes.len()), number(directory.len()));
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(short(members.len()));
    bytes.extend(short(members.len()));
    bytes.extend(length.to_le_bytes());
    bytes.extend(place.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}
