//! Why an archive is not opened, in words that say what helps.

use std::fmt;

use super::{DECLARED_MAX, MEMBERS_MAX, RATIO_MAX};

/// What is wrong with an archive, or with a file in it. One is enough: nothing of the archive is stored then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a file in the archive is encrypted; unpack it with its password and send an archive without one")]
    Encrypted,
    #[error("an archive lies in the archive; unpack it, and put the statements into one archive")]
    Nested,
    #[error("the archive holds more than {MEMBERS_MAX} files; send several archives")]
    TooManyMembers,
    #[error("{0} in the name of a file in the archive; such names are not read, rename the file")]
    Name(NameFault),
    #[error("the files in the archive have more than {} MiB together; send several archives", DECLARED_MAX / 1024 / 1024)]
    TooLarge,
    #[error("a file grows more than {RATIO_MAX} times when it is unpacked; no statement does, so it is not read")]
    Ratio,
    #[error("a file in the archive has another size than the archive says; it is not read, pack it again")]
    SizeLie,
    #[error("two files in the archive have the same name; rename one of them")]
    Duplicate,
    #[error("an entry of the archive is a link or a device and no file; pack the files themselves")]
    NoFile,
    #[error("two files in the archive lie over each other; it is not read, pack it again")]
    Overlap,
    #[error("the archive is a part of several; put the parts together, or send an archive in one piece")]
    MultiDisk,
    #[error("the archive is in the format ZIP64, which statements do not need; pack it without")]
    Zip64,
    #[error("a file is packed by method {0}; only 'stored' and 'deflate' are read, pack it again")]
    Compression(u16),
    #[error("the archive ends in the middle; fetch or send it again")]
    Truncated,
    #[error("the archive is damaged ({0}); fetch or pack it again")]
    Damaged(&'static str),
}

impl Fault {
    /// Stable name of the reason: what is made to do harm, what is broken, and what is only not read.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooManyMembers
            | Self::Name(_)
            | Self::TooLarge
            | Self::Ratio
            | Self::SizeLie
            | Self::Duplicate
            | Self::NoFile
            | Self::Overlap => "unsafe_file",
            Self::Truncated => "truncated",
            Self::Damaged(_) => "archive_damaged",
            Self::Encrypted => "archive_encrypted",
            Self::Nested => "archive_nested",
            Self::MultiDisk | Self::Zip64 | Self::Compression(_) => "archive_unsupported",
        }
    }
}

/// What is wrong with a name. No name is ever used as one: nothing is written anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    Empty,
    TooLong,
    NotUtf8,
    Control,
    Backslash,
    Absolute,
    Drive,
    Parent,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is nothing",
            Self::TooLong => "there are too many letters",
            Self::NotUtf8 => "there are letters that are not UTF-8",
            Self::Control => "there is a NUL or another control character",
            Self::Backslash => "there is a backslash",
            Self::Absolute => "there is a path from the root",
            Self::Drive => "there is the letter of a drive",
            Self::Parent => "there is a '..'",
        })
    }
}
