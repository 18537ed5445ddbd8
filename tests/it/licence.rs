//! The licence: what is shown in each state, installing, removing, the trial. What each state opens and closes is
//! walked in `access`.

use chrono::{DateTime, Duration, Utc};
use heller::access::keys;
use heller::access::role::Role;
use heller::domain::licence::LicenceClaims;
use serde_json::json;
use uuid::Uuid;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::support::licence::{GRACE_DAYS, Licence, VENDOR};

/// Included, activated, state.
#[track_caller]
fn assert_module(answer: &Answer, expected: (bool, bool, &str)) {
    let (included, activated, state) = expected;
    let module = json!({ "included": included, "activated": activated, "state": state });
    assert_eq!(answer.at("/payment_module"), &module, "{answer:?}");
}

fn token(claims: &LicenceClaims) -> String {
    keys::issue_licence(&VENDOR.private_pem, claims).unwrap()
}

async fn install(client: &Client, token: &str) -> Answer {
    client.put("/v1/licence", json!({ "token": token })).await
}

#[tokio::test]
async fn every_state_of_the_licence_is_shown_to_everybody_who_is_logged_in() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::SalesClerk).await;
    for (licence, edition, module) in [
        (Licence::None, None, (false, false, "none")),
        (Licence::Trial, None, (true, true, "trial")),
        (Licence::NotActivated, Some("pro"), (true, false, "none")),
        (Licence::WrongEdition, Some("basic"), (false, true, "none")),
        (Licence::Active, Some("pro"), (true, true, "active")),
        (Licence::Grace, Some("pro"), (true, true, "grace")),
        (Licence::Expired, Some("pro"), (true, true, "expired")),
    ] {
        app.set_licence(licence).await;
        let answer = clerk.get("/v1/licence").await.expect(200);
        assert_module(&answer, module);
        assert_eq!(answer.at("/edition"), &json!(edition), "{licence:?}");
        assert_eq!(answer.text("/installation_id"), app.state().installation.to_string());
        assert_eq!(answer.at("/valid_until").is_null(), licence == Licence::None, "{licence:?}");
    }
}

#[tokio::test]
async fn a_licence_passes_from_active_through_grace_to_expired() {
    let app = TestApp::builder().licence(Licence::None).start().await;
    let (id, now) = (app.state().installation, app.clock.now());
    let until = now + Duration::days(10);
    let claims = LicenceClaims { expires_at: until.timestamp(), ..Licence::Active.claims(id, now).unwrap() };
    let admin = app.user(Role::Admin).await;
    let answer = install(&admin, &token(&claims)).await.expect(200);
    assert_eq!(answer.text("/valid_until").parse::<DateTime<Utc>>().unwrap(), until);
    let grace = Duration::days(i64::from(GRACE_DAYS));
    for (wait, state) in [
        (Duration::zero(), "active"),
        (Duration::days(10) - Duration::seconds(1), "active"),
        (Duration::seconds(1), "grace"),
        (grace - Duration::seconds(1), "grace"),
        (Duration::seconds(1), "expired"),
    ] {
        app.later(wait);
        assert_module(&app.again(&admin).await.get("/v1/licence").await.expect(200), (true, true, state));
    }
}

#[tokio::test]
async fn an_installed_licence_counts_from_the_next_request() {
    let app = TestApp::builder().licence(Licence::None).start().await;
    let admin = app.user(Role::Admin).await;
    let good = Licence::Active.token(app.state().installation, app.clock.now()).unwrap();
    assert_module(&install(&admin, &good).await.expect(200), (true, true, "active"));
    assert_module(&admin.get("/v1/licence").await.expect(200), (true, true, "active"));
    let me = admin.get("/v1/auth/me").await.expect(200);
    assert_eq!(me.text("/licence/payment_module/state"), "active");
    let smaller = Licence::WrongEdition.token(app.state().installation, app.clock.now()).unwrap();
    assert_module(&install(&admin, &smaller).await.expect(200), (false, true, "none"));
    admin.delete("/v1/licence").await.expect(204);
    assert_module(&admin.get("/v1/licence").await.expect(200), (false, false, "none"));
    admin.delete("/v1/licence").await.expect(204);
}

#[tokio::test]
async fn a_licence_the_vendor_did_not_sign_is_refused_and_the_old_one_stays() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let claims = Licence::Active.claims(app.state().installation, app.clock.now()).unwrap();
    let forged = keys::issue_licence(&keys::generate().unwrap().private_pem, &claims).unwrap();
    let good = token(&claims);
    let longer = token(&LicenceClaims { expires_at: claims.expires_at + 1, ..claims });
    let changed = format!("{}.{}", longer.rsplit_once('.').unwrap().0, good.rsplit_once('.').unwrap().1);
    let access_token = admin.session().access_token.clone();
    for wrong in [forged, changed, access_token, String::new(), "a.b.c".to_owned()] {
        install(&admin, &wrong).await.problem(422, "licence_invalid").field("/token", "licence_invalid");
    }
    assert_module(&admin.get("/v1/licence").await.expect(200), (true, true, "active"));
}

#[tokio::test]
async fn a_licence_of_another_installation_or_of_next_year_is_not_activated_here() {
    let app = TestApp::builder().licence(Licence::None).start().await;
    let admin = app.user(Role::Admin).await;
    let claims = Licence::Active.claims(app.state().installation, app.clock.now()).unwrap();
    let elsewhere = LicenceClaims { activated_for: Some(Uuid::from_u128(1)), ..claims.clone() };
    assert_module(&install(&admin, &token(&elsewhere)).await.expect(200), (true, false, "none"));
    let begins = app.clock.now() + Duration::minutes(10);
    let later = LicenceClaims { not_before: begins.timestamp(), ..claims };
    assert_module(&install(&admin, &token(&later)).await.expect(200), (true, false, "none"));
    app.later(Duration::minutes(10));
    assert_module(&admin.get("/v1/licence").await.expect(200), (true, true, "active"));
}

#[tokio::test]
async fn without_the_vendors_key_no_licence_is_valid() {
    let app = TestApp::builder().config(|config| config.licence_public_key = None).start().await;
    let admin = app.user(Role::Admin).await;
    assert_module(&admin.get("/v1/licence").await.expect(200), (false, false, "none"));
    let good = Licence::Active.token(app.state().installation, app.clock.now()).unwrap();
    install(&admin, &good).await.problem(422, "licence_invalid");
}

#[tokio::test]
async fn only_an_administrator_changes_the_licence() {
    let app = TestApp::start().await;
    let accountant = app.user(Role::Accountant).await;
    let good = Licence::Active.token(app.state().installation, app.clock.now()).unwrap();
    for answer in [
        install(&accountant, &good).await,
        accountant.delete("/v1/licence").await,
        accountant.act("/v1/licence/trial").await,
    ] {
        assert_eq!(answer.problem(403, "missing_permission").text("/permission"), "licence.manage");
    }
    assert_module(&accountant.get("/v1/licence").await.expect(200), (true, true, "active"));
}

#[tokio::test]
async fn the_trial_lasts_thirty_days_and_is_started_once() {
    let app = TestApp::builder().licence(Licence::None).start().await;
    let admin = app.user(Role::Admin).await;
    let begun = admin.act("/v1/licence/trial").await.expect(200);
    assert_module(&begun, (true, true, "trial"));
    let until = app.clock.now() + Duration::days(30);
    assert_eq!(begun.text("/valid_until").parse::<DateTime<Utc>>().unwrap(), until);
    admin.act("/v1/licence/trial").await.problem(409, "trial_already_used");
    app.later(Duration::days(30));
    let admin = app.again(&admin).await;
    assert_module(&admin.get("/v1/licence").await.expect(200), (true, true, "expired"));
    admin.act("/v1/licence/trial").await.problem(409, "trial_already_used");
}

#[tokio::test]
async fn two_trials_started_at_the_same_time_are_one() {
    let app = TestApp::builder().licence(Licence::None).start().await;
    let admin = app.user(Role::Admin).await;
    let start = async || admin.act("/v1/licence/trial").await.status;
    let (one, other) = tokio::join!(start(), start());
    let mut statuses = [one, other];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn a_bought_licence_takes_over_from_the_trial() {
    let app = TestApp::builder().licence(Licence::None).start().await;
    let admin = app.user(Role::Admin).await;
    admin.act("/v1/licence/trial").await.expect(200);
    let inactive = Licence::NotActivated.token(app.state().installation, app.clock.now()).unwrap();
    assert_module(&install(&admin, &inactive).await.expect(200), (true, true, "trial"));
    let good = Licence::Active.token(app.state().installation, app.clock.now()).unwrap();
    assert_module(&install(&admin, &good).await.expect(200), (true, true, "active"));
}
