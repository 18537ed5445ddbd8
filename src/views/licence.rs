//! The licence as the API shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::licence::LicenceState;
use crate::services::licences::Installed;

/// Licence of this installation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LicenceView {
    /// A licence must be activated for this id.
    pub installation_id: Uuid,
    #[schema(example = "pro")]
    pub edition: Option<String>,
    pub payment_module: PaymentModuleView,
    pub valid_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentModuleView {
    /// Whether the edition contains the module.
    pub included: bool,
    /// Whether the licence is activated for this installation.
    pub activated: bool,
    pub state: LicenceState,
}

impl From<Installed> for LicenceView {
    fn from(installed: Installed) -> Self {
        let standing = installed.standing;
        Self {
            installation_id: installed.installation,
            edition: installed.edition,
            payment_module: PaymentModuleView {
                included: standing.included,
                activated: standing.activated,
                state: standing.state,
            },
            valid_until: standing.valid_until,
        }
    }
}
