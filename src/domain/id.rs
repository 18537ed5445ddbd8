//! Typed ids: one type from the URL to the column.
//!
//! Outside, an id is a TypeID: the prefix of its kind, `_`, and a UUIDv7 in 26 characters of Crockford base32
//! (`mov_01jd2v8q4e…`, contract section 1). Inside and in the database it is a plain uuid, which sorts by time.
//! New ids come from [`IdMaker`], which takes the time from the caller, so that tests decide about the order.
//! This file may know sea-orm's value type and utoipa's schema (house rule 1), as `codes.rs` may; no other domain file.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("this is the id of another kind of thing")]
    WrongPrefix,
    #[error("this is not an id")]
    Malformed,
}

/// How reading an id says which one it wanted: this, then the prefix.
pub const NO_ID_OF: &str = "no id of ";

/// Writes 128 bits as 26 base32 characters, most significant first.
pub fn encode(uuid: Uuid) -> String {
    let mut value = uuid.as_u128();
    let mut text = [b'0'; 26];
    for slot in text.iter_mut().rev() {
        let digit = usize::try_from(value & 31).unwrap_or(0);
        *slot = ALPHABET.get(digit).copied().unwrap_or(b'0');
        value >>= 5;
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Reads 26 base32 characters; the first may hold only the three highest bits.
pub fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 {
        return None;
    }
    let mut value: u128 = 0;
    for (position, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        if position == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | u128::try_from(digit).ok()?;
    }
    Some(Uuid::from_u128(value))
}

/// Splits `prefix_suffix`; the prefix may not be empty.
pub fn parse_text(text: &str, prefix: &str) -> Result<Uuid, IdError> {
    let (given, suffix) = text.rsplit_once('_').ok_or(IdError::Malformed)?;
    let uuid = decode(suffix).ok_or(IdError::Malformed)?;
    if given == prefix { Ok(uuid) } else { Err(IdError::WrongPrefix) }
}

/// Makes UUIDv7s from the caller's time: 48 bits of milliseconds, 12 bits of a counter, 62 random bits.
#[derive(Debug, Default)]
pub struct IdMaker {
    counter: AtomicU64,
}

impl IdMaker {
    pub fn make(&self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) & 0xfff;
        let random = Uuid::new_v4().as_u128();
        let high = (u128::from(millis) << 80) | (0x7_u128 << 76) | (u128::from(counter) << 64);
        let low = (random & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        Uuid::from_u128(high | low)
    }
}

/// The schema of an id with one of some prefixes, for the OpenAPI document.
fn text_schema(prefixes: &[&str]) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    let one = match prefixes {
        [prefix] => (*prefix).to_owned(),
        several => format!("({})", several.join("|")),
    };
    let example = format!("{}_01kapd3hzcf3sbvpdj0k4v8m2e", prefixes.first().unwrap_or(&""));
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .max_length(Some(example.len()))
        .pattern(Some(format!("^{one}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$")))
        .examples([serde_json::json!(example)])
        .into()
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::DeriveValueType)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;
        }

        impl From<uuid::Uuid> for $name {
            fn from(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_text(text, $prefix).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom(format_args!("{NO_ID_OF}{}", $prefix)))
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                text_schema(&[$prefix])
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

typed_ids! {
    UserId = "usr";
    SessionId = "ses";
    AccountId = "acc";
    RunId = "run";
    MovementId = "mov";
    AssignmentId = "asg";
    AssignmentRunId = "asr";
    CustomerId = "cus";
    OrderId = "ord";
    OrderLineId = "oln";
    CancellationId = "can";
    InvoiceId = "inv";
    InvoiceLineId = "iln";
    CorrectionId = "cor";
    CorrectionLineId = "lin";
    PaymentId = "pay";
    RefundId = "rfd";
    AttemptId = "att";
    JournalEntryId = "jou";
    LogRowId = "log";
    JobId = "job";
    AuditEventId = "aud";
    FileId = "fil";
    SandboxPaymentId = "spm";
    StatementProfileId = "stp";
    StatementId = "stm";
}

/// Schemas of members that hold ids of several kinds; nothing but schemas.
macro_rules! mixed_ids {
    ($($(#[$doc:meta])* $name:ident = $($id:ident)|+;)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                text_schema(&[$($id::PREFIX),+])
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

mixed_ids! {
    /// What a movement can be assigned to by hand, and what a payment can be for.
    TargetId = OrderId | InvoiceId;
    /// What a movement is assigned to.
    AssignedId = OrderId | InvoiceId | RefundId;
    /// What a refund comes from.
    OriginId = CorrectionId | OrderId | MovementId;
    /// What a journal entry was posted for.
    SubjectId = MovementId | AssignmentId | InvoiceId | CorrectionId | PaymentId | RefundId;
    /// What a stream of events can follow.
    StreamSubjectId = RunId | AssignmentRunId | RefundId;
    /// What a search finds.
    FoundId = CustomerId | OrderId | InvoiceId | CorrectionId | RefundId | MovementId;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_of_another_kind_is_told_apart_from_nonsense() {
        let text = MovementId(Uuid::from_u128(7)).to_string();
        assert_eq!(text.parse::<MovementId>(), Ok(MovementId(Uuid::from_u128(7))));
        assert_eq!(text.parse::<RefundId>(), Err(IdError::WrongPrefix));
        for nonsense in ["", "mov", "mov_", "mov_8zzzzzzzzzzzzzzzzzzzzzzzzz", "mov_0000000000000000000000000u", "7"] {
            assert_eq!(nonsense.parse::<MovementId>(), Err(IdError::Malformed), "{nonsense}");
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let maker = IdMaker::default();
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        let ids: Vec<Uuid> = (0..100).map(|step| maker.make(at(1_790_000_000_000 + step))).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    proptest! {
        #[test]
        fn text_round_trips(bits in any::<u128>()) {
            prop_assert_eq!(decode(&encode(Uuid::from_u128(bits))), Some(Uuid::from_u128(bits)));
        }
    }
}
