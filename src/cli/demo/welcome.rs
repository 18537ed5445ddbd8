//! What the demo prints: at most 25 lines for people, one line for scripts.

use std::path::Path;
use std::time::Duration;

use heller::demo::{DemoUser, Told};
use serde_json::json;

use crate::cli::out;
use crate::cli::serve::Stopped;

/// The line that scripts rely on (contract section 10).
pub fn json(base_url: &str, data_dir: &Path, users: &[DemoUser], told: &Told) {
    out::line(json!({
        "url": base_url,
        "docs": format!("{base_url}/docs/"),
        "data_dir": data_dir,
        "users": users,
        "sandbox_account_id": told.sandbox_account_id,
    }));
}

/// What the end of the demo did.
pub fn stopped(stopped: &Stopped) -> String {
    let Stopped { requests_cut_off, jobs_parked, took } = stopped;
    let seconds = took.as_secs_f32();
    format!(
        "stopped within {seconds:.1} s: {requests_cut_off} requests cut off, {jobs_parked} jobs parked for the next start"
    )
}

pub fn people(base_url: &str, data_dir: &Path, users: &[DemoUser], (told, took): (&Told, Duration)) {
    let version = env!("CARGO_PKG_VERSION");
    let accountant = users.iter().find(|user| user.role == "accountant");
    let (email, password) = accountant.map_or(("", ""), |user| (user.email.as_str(), user.password.as_str()));
    let login = |user: &DemoUser| format!("  {:<25} {}", user.email, user.password);
    let logins: Vec<String> = users.chunks(2).map(|pair| pair.iter().map(login).collect()).collect();
    let (refund, amount, sandbox) = (&told.refund_id, &told.refund_amount, &told.sandbox_account_id);
    let bearer = "-H \"Authorization: Bearer $T\"";
    let auth = "-H \"Authorization: Bearer $T\" -H 'Content-Type: application/json'";
    out::text(&format!(
        "\
Heller {version} demo is ready after {seconds:.1} s. Data: {folder} (begin again with --fresh)
API docs: {base_url}/docs/    Logins, one per role:
{logins}

Look at three account movements, then carry a refund of {amount} from generated to confirmed; paste one after the other:

T=$(curl -s {base_url}/v1/auth/login -H 'Content-Type: application/json' \\
  -d '{{\"email\":\"{email}\",\"password\":\"{password}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
curl -si '{base_url}/v1/account-movements?limit=3' {bearer} -H 'Accept: application/json; indent=2'
curl -s -X POST {base_url}/v1/refunds/{refund}/send {auth} \\
  -H \"Idempotency-Key: $(date +%s%N)\" -H 'Prefer: wait=10' -d '{{}}'; echo
curl -s -X POST {base_url}/v1/reconciliation-runs {auth} \\
  -H 'Prefer: wait=10' -d '{{\"account_ids\":[\"{sandbox}\"]}}'; echo
curl -s {base_url}/v1/refunds/{refund} {bearer}; echo
Known passwords, 127.0.0.1 only: never put real data here. Ctrl-C stops it.
",
        seconds = took.as_secs_f32(),
        folder = data_dir.display(),
        logins = logins.join("\n"),
    ));
}
