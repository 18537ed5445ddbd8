//! What lies in an archive, as its directory says: read strictly and whole before any file in it is.
//!
//! An archive can say the same thing twice, at its end and in front of each file, and readers that believe different
//! halves see different files. Here both must say the same, nothing may lie over anything else, and the directory must
//! end where its end begins; so there is one reading or none.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};

use super::fault::Fault;
use super::{DECLARED_MAX, MEMBERS_MAX, RATIO_FREE, RATIO_MAX, Wrong, names, of_io};

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const ZIP64_PLACE: [u8; 4] = *b"PK\x06\x07";
const LOCAL_LENGTH: u64 = 30;
const END_LENGTH: usize = 22;
/// Where the place of a ZIP64 directory is told, in front of the end.
const ZIP64_PLACE_LENGTH: usize = 20;
/// Bytes of the whole directory: enough for as many members as there may be.
const DIRECTORY_MAX: u64 = 16 * 1024 * 1024;
const COMMENT_MAX: u64 = 65_535;
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const AES: u16 = 99;
const ZIP64_FIELD: u16 = 1;
/// Systems that keep the kind of a file in the upper half of its attributes.
const UNIX: [u8; 2] = [3, 19];

/// How a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// A file in an archive.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where its header begins, later where its bytes do.
    pub(super) place: u64,
}

impl Member {
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// All members, in the order of their names.
pub(super) fn read(input: &mut (impl Read + Seek)) -> Result<Vec<Member>, Wrong> {
    let size = input.seek(SeekFrom::End(0)).map_err(of_io)?;
    let end = find_end(input, size)?;
    let length = usize::try_from(end.length).map_err(|_| Fault::TooManyMembers)?;
    let mut directory = vec![0; length];
    read_at(input, end.place, &mut directory)?;
    let mut rest = Bytes(&directory);
    let (mut members, mut known) = (Vec::with_capacity(end.count), HashSet::new());
    for _ in 0..end.count {
        members.push(entry(&mut rest, &mut known)?);
    }
    if !rest.0.is_empty() {
        return Err(Fault::Damaged("its directory counts wrong").into());
    }
    check_sizes(&members)?;
    check_places(input, &mut members, end.place)?;
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(members)
}

fn read_at(input: &mut (impl Read + Seek), place: u64, target: &mut [u8]) -> Result<(), Wrong> {
    input.seek(SeekFrom::Start(place)).map_err(of_io)?;
    input.read_exact(target).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Truncated.into(),
        _ => of_io(error),
    })
}

struct End {
    count: usize,
    place: u64,
    length: u64,
}

/// The end of the directory stands at the end of the file, with nothing behind it but its own comment.
fn find_end(input: &mut (impl Read + Seek), size: u64) -> Result<End, Wrong> {
    let all = COMMENT_MAX.saturating_add(u64::try_from(END_LENGTH).unwrap_or(0));
    let begin = size.saturating_sub(all);
    let mut tail = vec![0; usize::try_from(size.saturating_sub(begin)).unwrap_or(0)];
    read_at(input, begin, &mut tail)?;
    let last = tail.len().checked_sub(END_LENGTH).ok_or(Fault::Truncated)?;
    let is_end = |at: &usize| {
        let behind = tail.get(*at..).unwrap_or_default();
        let comment = behind.get(20..22).map_or(0, |length| usize::from(u16::from_le_bytes([length[0], length[1]])));
        behind.starts_with(&END) && behind.len().checked_sub(END_LENGTH) == Some(comment)
    };
    let at = (0..=last).rev().find(is_end).ok_or(Fault::Truncated)?;
    let mut end = Bytes(tail.get(at..).unwrap_or_default());
    end.take(4)?;
    let (disk, first_disk, here, count) = (end.u16()?, end.u16()?, end.u16()?, end.u16()?);
    let (length, place) = (end.u32()?, end.u32()?);
    let before = at.checked_sub(ZIP64_PLACE_LENGTH).and_then(|place| tail.get(place..));
    let is_zip64 = before.is_some_and(|before| before.starts_with(&ZIP64_PLACE));
    if is_zip64 || count == u16::MAX || length == u64::from(u32::MAX) || place == u64::from(u32::MAX) {
        return Err(Fault::Zip64.into());
    }
    if disk != 0 || first_disk != 0 || here != count {
        return Err(Fault::MultiDisk.into());
    }
    let count = usize::from(count);
    if count > MEMBERS_MAX || length > DIRECTORY_MAX {
        return Err(Fault::TooManyMembers.into());
    }
    if place.saturating_add(length) != begin.saturating_add(u64::try_from(at).unwrap_or(u64::MAX)) {
        return Err(Fault::Damaged("its directory is not where it should be").into());
    }
    Ok(End { count, place, length })
}

/// The next entry of the directory, with everything that can be said about it alone.
fn entry<'a>(rest: &mut Bytes<'a>, known: &mut HashSet<&'a [u8]>) -> Result<Member, Wrong> {
    if rest.take(4)? != CENTRAL {
        return Err(Fault::Damaged("its directory cannot be read").into());
    }
    let (made_by, _needed, flags, method) = (rest.take(2)?, rest.u16()?, rest.u16()?, rest.u16()?);
    let _changed = rest.u32()?;
    let (crc, packed, size) = (rest.u32_whole()?, rest.u32()?, rest.u32()?);
    let (name_length, extra_length, comment_length) = (rest.u16()?, rest.u16()?, rest.u16()?);
    let (disk, _internal, attributes, place) = (rest.u16()?, rest.u16()?, rest.u32()?, rest.u32()?);
    let raw = rest.take(usize::from(name_length))?;
    let extra = rest.take(usize::from(extra_length))?;
    rest.take(usize::from(comment_length))?;
    let wrong = |fault| Wrong::Part(names::shown(raw), fault);
    let name = names::check(raw).map_err(|fault| wrong(Fault::Name(fault)))?.to_owned();
    if !known.insert(raw) {
        return Err(wrong(Fault::Duplicate));
    }
    if flags & ENCRYPTED != 0 || method == AES {
        return Err(wrong(Fault::Encrypted));
    }
    if disk != 0 {
        return Err(wrong(Fault::MultiDisk));
    }
    let beyond = [packed, size, place].contains(&u64::from(u32::MAX));
    if beyond || has_field(Bytes(extra), ZIP64_FIELD) {
        return Err(wrong(Fault::Zip64));
    }
    if made_by.get(1).is_some_and(|system| UNIX.contains(system)) && !is_file(attributes >> 16, name.ends_with('/')) {
        return Err(wrong(Fault::NoFile));
    }
    let method = match method {
        0 if packed != size => return Err(wrong(Fault::SizeLie)),
        0 => Method::Stored,
        8 => Method::Deflated,
        other => return Err(wrong(Fault::Compression(other))),
    };
    if name.ends_with('/') && size != 0 {
        return Err(wrong(Fault::Damaged("a folder has content")));
    }
    Ok(Member { name, method, crc, packed, size, place })
}

fn has_field(mut extra: Bytes<'_>, wanted: u16) -> bool {
    while let (Ok(field), Ok(length)) = (extra.u16(), extra.u16()) {
        if field == wanted {
            return true;
        }
        if extra.take(usize::from(length)).is_err() {
            return false;
        }
    }
    false
}

/// A file or folder, by the mode of Unix; none is told by programs that do not know it.
const fn is_file(mode: u64, folder: bool) -> bool {
    match mode & 0o170_000 {
        0 => true,
        0o100_000 => !folder,
        0o040_000 => folder,
        _ => false,
    }
}

/// Only what is said; that nothing is larger than it says is checked while it is unpacked.
fn check_sizes(members: &[Member]) -> Result<(), Wrong> {
    let bomb = members.iter().find(|member| member.size > RATIO_FREE && member.size / RATIO_MAX > member.packed);
    if let Some(member) = bomb {
        return Err(Wrong::Part(member.name.clone(), Fault::Ratio));
    }
    let all = members.iter().fold(0_u64, |all, member| all.saturating_add(member.size));
    let packed = members.iter().fold(0_u64, |all, member| all.saturating_add(member.packed));
    match all {
        _ if all > DECLARED_MAX => Err(Fault::TooLarge.into()),
        _ if all > RATIO_FREE.saturating_mul(8) && all / RATIO_MAX > packed => Err(Fault::Ratio.into()),
        _ => Ok(()),
    }
}

/// Each member lies between the header in front of it, which must say the same as the directory, and the next one.
fn check_places(input: &mut (impl Read + Seek), members: &mut [Member], directory: u64) -> Result<(), Wrong> {
    members.sort_by_key(|member| member.place);
    let ends: Vec<u64> = members.iter().skip(1).map(|member| member.place).chain([directory]).collect();
    for (member, end) in members.iter_mut().zip(ends) {
        let wrong = |fault| Wrong::Part(member.name.clone(), fault);
        let begin = local(input, member)?;
        let behind = begin.saturating_add(member.packed);
        if behind > end || member.place >= end {
            return Err(wrong(Fault::Overlap));
        }
        member.place = begin;
    }
    Ok(())
}

/// Where the bytes of a member begin.
fn local(input: &mut (impl Read + Seek), member: &Member) -> Result<u64, Wrong> {
    let wrong = |fault| Wrong::Part(member.name.clone(), fault);
    let mut header = [0; 30];
    read_at(input, member.place, &mut header)?;
    let mut fields = Bytes(&header);
    let signature = fields.take(4)?;
    let (_needed, flags, method) = (fields.u16()?, fields.u16()?, fields.u16()?);
    fields.take(16)?;
    let (name_length, extra_length) = (fields.u16()?, fields.u16()?);
    let mut name = vec![0; usize::from(name_length)];
    read_at(input, member.place.saturating_add(LOCAL_LENGTH), &mut name)?;
    if flags & ENCRYPTED != 0 {
        return Err(wrong(Fault::Encrypted));
    }
    let same = matches!((method, member.method), (0, Method::Stored) | (8, Method::Deflated));
    if signature != LOCAL || !same || name != member.name.as_bytes() {
        return Err(wrong(Fault::Damaged("a header says something else than the directory")));
    }
    let lengths = u64::from(name_length).saturating_add(u64::from(extra_length));
    Ok(member.place.saturating_add(LOCAL_LENGTH).saturating_add(lengths))
}

/// Numbers of the format, lowest byte first.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Fault::Damaged("its directory ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| Fault::Damaged("its directory ends too early"))
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        self.number().map(u16::from_le_bytes)
    }

    fn u32_whole(&mut self) -> Result<u32, Fault> {
        self.number().map(u32::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u64, Fault> {
        self.u32_whole().map(u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn members(count: u64, (size, packed): (u64, u64)) -> Vec<Member> {
        let member =
            |place| Member { name: format!("{place}.xml"), method: Method::Deflated, crc: 0, packed, size, place };
        (0..count).map(member).collect()
    }

    fn fault(members: &[Member]) -> Option<(Option<String>, Fault)> {
        match check_sizes(members).err()? {
            Wrong::Whole(fault) => Some((None, fault)),
            Wrong::Part(name, fault) => Some((Some(name), fault)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn z01_what_an_archive_says_to_hold_has_limits() {
        let half = 1024 * MIB;
        assert_eq!(fault(&members(2, (half, 100 * MIB))), None, "2 GiB");
        assert_eq!(fault(&members(3, (half, 100 * MIB))), Some((None, Fault::TooLarge)));
        assert_eq!(fault(&members(1, (MIB, 1))), None, "as small a file may grow as it likes");
        assert_eq!(fault(&members(1, (MIB * 2, 1))), Some((Some("0.xml".into()), Fault::Ratio)));
        assert_eq!(fault(&members(1, (MIB * 2, MIB / 50))), None);
        // Many small ones are one large one.
        assert_eq!(fault(&members(8, (MIB, 1))), None);
        assert_eq!(fault(&members(9, (MIB, 1))), Some((None, Fault::Ratio)));
    }
}
