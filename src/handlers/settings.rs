//! Settings of the business.

use actix_web::{get, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, Versioned};
use super::extract::{Body, Call};
use crate::access::require::{ManageSettings, ReadSettings, Require};
use crate::services::settings;
use crate::state::AppState;
use crate::views::settings::{PutSettings, SettingsView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(show).service(replace);
}

impl Versioned for SettingsView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Show the settings
#[utoipa::path(get, path = "/v1/settings", tag = "Settings", operation_id = "settings_show",
    responses((status = 200, body = SettingsView)),
    security(("bearer" = ["settings.read"])))]
#[get("/v1/settings")]
pub async fn show(state: web::Data<AppState>, _caller: Require<ReadSettings>, call: Call) -> Answered {
    answer::resource(&call, &SettingsView::from(settings::load(state.db.reader()).await?))
}

/// Replace all settings
#[utoipa::path(put, path = "/v1/settings", tag = "Settings", operation_id = "settings_replace",
    params(("If-Match" = String, Header, description = "The ETag you have seen")), request_body = PutSettings,
    responses((status = 200, body = SettingsView),
        (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["settings.manage"])))]
#[put("/v1/settings")]
pub async fn replace(
    state: web::Data<AppState>,
    caller: Require<ManageSettings>,
    call: Call,
    body: Body<PutSettings>,
) -> Answered {
    let (expected, new) = (call.required_version()?, body.parse()?);
    let replaced = state.db.write(async |txn| settings::replace(txn, &caller, expected, new.clone()).await).await?;
    Ok(answer::respond(answer::ok(&SettingsView::from(replaced))?, false))
}
