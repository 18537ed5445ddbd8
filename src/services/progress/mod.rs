//! Following runs and refunds while they are under way (`GET /v1/events/stream`).
//!
//! The database is the source, so it does not matter which machine does the work: every change of a run or a refund
//! writes `changed_at` and moves its version on. What is told is the state that a look finds; states between two looks
//! are not told. [`watch`] looks once for all streams of a process, [`follow`] is what one stream has to tell, [`places`]
//! is how many streams there may be.

pub mod follow;
pub mod looking;
pub mod places;
pub mod watch;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};

use crate::error::{Code, Error, Place};

/// A change is stamped before its transaction commits, by the clock of its machine. So a look goes back by as much as a
/// transaction usually takes, ...
const OVERLAP: Duration = Duration::seconds(10);
/// ... and now and then by as much as one may take at most, clocks that differ included.
const OVERLAP_THOROUGH: Duration = Duration::minutes(2);

/// What a process needs to tell of progress.
#[derive(Debug, Default)]
pub struct Progress {
    pub watch: watch::Watch,
    pub places: places::Places,
}

/// A place in the stream: everything that was committed before this moment has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(DateTime<Utc>);

impl Position {
    /// Nothing, or not all of the beginning, has been told.
    pub const BEGINNING: Self = Self(DateTime::UNIX_EPOCH);

    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.timestamp_micros().to_be_bytes())
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// `invalid_cursor`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let moment = bytes.map(i64::from_be_bytes).and_then(DateTime::from_timestamp_micros);
        let position = moment.filter(|moment| *moment >= DateTime::UNIX_EPOCH).map(Self);
        position.ok_or_else(|| Error::new(Code::InvalidCursor).at_place(Place::Header, "Last-Event-ID"))
    }
}

/// A moment, and so much before it.
fn before(moment: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    moment.checked_sub_signed(by).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written_and_nothing_else_is() {
        let position = Position(DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap());
        assert_eq!(Position::parse(&position.encode()).unwrap(), position);
        assert_eq!(Position::parse(&Position::BEGINNING.encode()).unwrap(), Position::BEGINNING);
        for text in ["", "x", "7", "!!", "AAAAAAAAAA", "AAAAAAAAAAAA", "__________8", "f_________8"] {
            assert_eq!(Position::parse(text).unwrap_err().code(), Code::InvalidCursor, "{text}");
        }
    }
}
