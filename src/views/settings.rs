//! Settings of the business.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits;
use super::money::Checks;
use crate::domain::approval::FourEyes;
use crate::error::{Error, Reason};
use crate::services::settings::Settings;

/// Settings of the business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Settings)]
pub struct SettingsView {
    /// When a refund needs a second person: `always`, `above:1000.00` (in the refund's currency) or `off`. Stored with
    /// each refund when it is created, so a change touches nothing that exists.
    #[schema(example = "always", pattern = r"^(always|off|above:(0|[1-9][0-9]*)(\.[0-9]{1,2})?)$")]
    pub four_eyes: String,
    /// Assign automatically after each reconciliation run.
    #[schema(example = false)]
    pub auto_assign_after_run: bool,
    /// How old a movement may be for automatic assignment.
    #[schema(example = 90)]
    pub auto_assign_max_age_days: i64,
    /// Whether money may be returned from a movement of which nothing is assigned.
    #[schema(example = false)]
    pub allow_return_of_unassigned: bool,
    /// Whether a booking must have the purpose of its announcement to take its place; amount and counterparty must anyway.
    #[schema(example = true)]
    pub match_prenoted_by_purpose: bool,
    pub version: i64,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self {
            four_eyes: settings.four_eyes.as_text(),
            auto_assign_after_run: settings.auto_assign_after_run,
            auto_assign_max_age_days: settings.auto_assign_max_age_days,
            allow_return_of_unassigned: settings.allow_return_of_unassigned,
            match_prenoted_by_purpose: settings.match_prenoted_by_purpose,
            version: settings.version,
        }
    }
}

/// All settings; a PUT replaces them together.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSettings {
    #[schema(example = "always", pattern = r"^(always|off|above:(0|[1-9][0-9]*)(\.[0-9]{1,2})?)$", max_length = 32)]
    pub four_eyes: String,
    #[schema(example = false)]
    pub auto_assign_after_run: bool,
    #[schema(example = 90)]
    pub auto_assign_max_age_days: i64,
    #[schema(example = false)]
    pub allow_return_of_unassigned: bool,
    /// True when absent.
    #[schema(example = true)]
    pub match_prenoted_by_purpose: Option<bool>,
    /// As it was read, or absent: `If-Match` decides.
    #[schema(example = 1)]
    #[expect(dead_code, reason = "what was read may be sent back as a whole")]
    version: Option<i64>,
}

impl PutSettings {
    /// # Errors
    /// `invalid_value` for everything that is wrong.
    pub fn parse(&self) -> Result<Settings, Error> {
        let mut checks = Checks::default();
        let four_eyes = FourEyes::parse(&self.four_eyes).ok_or_else(|| Error::wrong(Reason::NotAFourEyesPolicy));
        let four_eyes = checks.note("/four_eyes", four_eyes);
        let range = (1, limits::ASSIGN_AGE_DAYS);
        let days = checks.number("/auto_assign_max_age_days", self.auto_assign_max_age_days, range);
        checks.finish()?;
        let default = Settings::default();
        Ok(Settings {
            four_eyes: four_eyes.unwrap_or(default.four_eyes),
            auto_assign_after_run: self.auto_assign_after_run,
            auto_assign_max_age_days: days.unwrap_or(default.auto_assign_max_age_days),
            allow_return_of_unassigned: self.allow_return_of_unassigned,
            match_prenoted_by_purpose: self.match_prenoted_by_purpose.unwrap_or(default.match_prenoted_by_purpose),
            version: default.version,
        })
    }
}
