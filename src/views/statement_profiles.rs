//! Statement profiles: how CSV files are read, and what a sample becomes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::MoneyView;
use super::movements::AccountStub;
use crate::domain::id::{AccountId, StatementProfileId};
use crate::domain::statement_profile::{DateOrder, Encoding, Field, NumberStyle};

/// What a column of the file means.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileColumn {
    /// `amount` may stand alone with a sign, `debit` and `credit` belong together, `mark` says which it is. `payer` and
    /// `payee` are the counterparty of what came and of what went. `fee` comes on top of the amount, `charges` are
    /// within it if `original_amount` is the rest. Several columns with `purpose` are joined.
    #[schema(value_type = String, example = "booking_date", pattern = "^(account|booking_date|value_date|amount|debit|credit|mark|currency|balance|counterparty|payer|payee|counterparty_iban|counterparty_bic|purpose|transaction_code|reference|bank_reference|end_to_end_id|mandate_id|return_reason|status|fee|charges|original_amount|effect|time|category)$", max_length = 17)]
    pub field: Field,
    /// The first that the header has counts. `Name#2` is the second of that name, `#7` the seventh column.
    #[schema(example = json!(["Buchungstag"]))]
    pub names: Vec<String>,
    /// Files without it are not of this profile. Default: true.
    #[serde(default = "needed")]
    #[schema(default = true)]
    pub needed: bool,
}

const fn needed() -> bool {
    true
}

/// What says whether money came or went.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileSign {
    #[schema(value_type = String, example = "signed", pattern = "^(signed|two_columns|marked)$", max_length = 11)]
    pub rule: SignWord,
    /// With `marked`: words for what went.
    #[serde(default)]
    #[schema(example = json!(["S"]))]
    pub debit: Option<Vec<String>>,
    /// With `marked`: words for what came.
    #[serde(default)]
    #[schema(example = json!(["H"]))]
    pub credit: Option<Vec<String>>,
}

/// `signed`: the amount has a sign. `two_columns`: columns `debit` and `credit`. `marked`: the column `mark`, or a word
/// behind the amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignWord {
    #[default]
    Signed,
    TwoColumns,
    Marked,
}

/// How files of rows and columns are read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileRules {
    /// Null: found out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "windows-1252", pattern = "^(utf-8|utf-16le|utf-16be|windows-1252|iso-8859-15)$", max_length = 12)]
    pub encoding: Option<Encoding>,
    /// Null: found out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = ";", pattern = "^[;,|\t]$", max_length = 1)]
    pub delimiter: Option<char>,
    /// Line of the first booking, from 1. Null: the one behind the header, which is looked for.
    #[serde(default)]
    pub first_row: Option<u64>,
    /// `detected` refuses files that leave it open.
    #[schema(value_type = String, example = "day_month_year", pattern = "^(day_month_year|month_day_year|year_month_day|detected)$", max_length = 14)]
    pub dates: DateOrder,
    /// `comma` is `1.234,56`, `point` is `1,234.56`; `detected` refuses files that leave it open.
    #[schema(value_type = String, example = "comma", pattern = "^(comma|point|detected)$", max_length = 8)]
    pub numbers: NumberStyle,
    #[serde(default)]
    pub sign: ProfileSign,
    /// Of amounts that name none. Null: that of the account.
    #[serde(default)]
    #[schema(example = "EUR", pattern = "^[A-Z]{3}$", max_length = 3)]
    pub currency: Option<String>,
    #[schema(example = json!([
        { "field": "booking_date", "names": ["Tag"] },
        { "field": "amount", "names": ["Umsatz"] },
        { "field": "purpose", "names": ["Text"] },
    ]))]
    pub columns: Vec<ProfileColumn>,
    /// Further names of the header that say nothing to be kept.
    #[serde(default)]
    pub known: Vec<String>,
    /// Words of the status for bookings that are only announced.
    #[serde(default)]
    #[schema(example = json!(["Umsatz vorgemerkt"]))]
    pub pending: Vec<String>,
    /// Words of the status, or of the column `effect`, for rows that move no money.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// Words of the transaction code for money that is held and given free again.
    #[serde(default)]
    pub holds: Vec<String>,
}

/// How a bank's CSV files are read. Which one a file has is told by its header.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StatementProfile)]
pub struct ProfileView {
    pub id: StatementProfileId,
    #[schema(example = "Hausbank CSV")]
    pub name: String,
    /// Comes with the program: cannot be changed, and is tried after all others.
    pub built_in: bool,
    /// Only for files of this account, and tried first there.
    pub account: Option<AccountStub>,
    pub rules: ProfileRules,
    pub version: i64,
    /// Null for built-in ones.
    pub created_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProfile {
    #[schema(example = "Hausbank CSV")]
    pub name: String,
    /// Only for files of this account.
    #[schema(value_type = Option<AccountId>, example = json!(null))]
    pub account_id: Option<String>,
    pub rules: ProfileRules,
}

/// JSON merge patch: absent keeps, null clears. The rules are replaced as a whole.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfilePatch {
    #[serde(default, deserialize_with = "super::given")]
    #[schema(value_type = Option<String>, nullable = false, example = "Hausbank CSV")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<AccountId>, example = json!(null))]
    pub account_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::given")]
    #[schema(value_type = Option<ProfileRules>, nullable = false)]
    pub rules: Option<ProfileRules>,
}

/// The beginning of a file, as text or, to keep its encoding, in base64.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileSample {
    #[schema(example = "Tag;Text;Umsatz\n24.11.2026;RE-7;119,00\n")]
    pub text: Option<String>,
    #[schema(example = json!(null))]
    pub base64: Option<String>,
    /// Of amounts that name none. Default: EUR.
    #[schema(example = "EUR", pattern = "^[A-Z]{3}$", max_length = 3)]
    pub currency: Option<String>,
}

/// What a sample becomes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProfileTest {
    /// Null when the profile does not fit, or the file cannot be read.
    pub detected: Option<DetectedFile>,
    /// Movements the sample makes, and rows that make none.
    pub line_count: u64,
    pub error_count: u64,
    /// The first hundred.
    pub lines: Vec<SampleLine>,
    /// The first hundred, and why the file as a whole is refused.
    pub issues: Vec<SampleIssue>,
}

/// What was found out about a file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DetectedFile {
    /// Null when all is ASCII.
    pub encoding: Option<String>,
    pub delimiter: String,
    /// Line of the header, or of the first booking where there is none.
    pub header_line: u64,
    pub header: Vec<String>,
    pub dates: String,
    pub numbers: String,
}

/// A movement as it would be imported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SampleLine {
    pub line: u64,
    pub account: Option<String>,
    pub booking_date: NaiveDate,
    pub value_date: Option<NaiveDate>,
    pub amount: MoneyView,
    pub pending: bool,
    /// Charges of the line before it.
    pub is_fee: bool,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub counterparty_bic: Option<String>,
    pub purpose: Option<String>,
    pub transaction_code: Option<String>,
    pub reference: Option<String>,
    pub bank_reference: Option<String>,
    pub end_to_end_id: Option<String>,
    pub mandate_id: Option<String>,
    pub return_reason: Option<String>,
}

/// Something in the sample that is not as it should be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SampleIssue {
    /// Whether a movement is missing.
    pub is_error: bool,
    pub line: Option<i64>,
    pub field: Option<String>,
    pub code: String,
    pub message_en: String,
    pub message_de: String,
}
