//! Calendar days in requests, in bodies and queries alike.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::day;
use crate::error::{Error, Reason};

/// A day as a client writes it: exactly `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Serialize)]
pub struct Day(NaiveDate);

impl From<Day> for NaiveDate {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str> as Deserialize>::deserialize(deserializer)?;
        day::parse(&text).map(Self).ok_or_else(|| serde::de::Error::custom(Error::wrong(Reason::NotADate)))
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        let schema: Object = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .description(Some("`YYYY-MM-DD`, in the years 1900 to 2200."))
            .pattern(Some("^(19[0-9]{2}|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}$"))
            .examples([json!("2026-11-24")])
            .build();
        schema.into()
    }
}

impl ToSchema for Day {}
