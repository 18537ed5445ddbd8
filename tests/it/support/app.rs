//! A running server for one test: its own database, its own port, a clock that only the test moves.
//!
//! The server runs on threads of its own, as in production, so requests sent together really meet. At the end the
//! harness looks behind the test: a job left in the queue is a failure, and so are books that do not prove.

use std::net::TcpListener;
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web;
use chrono::{DateTime, Duration, TimeZone, Utc};
use heller::access::keys::{self, NewKeys};
use heller::access::role::Role;
use heller::clock::Clock;
use heller::config::Config;
use heller::db::Durability;
use heller::domain::installation::Purpose;
use heller::entities::installation;
use heller::services::verify::verify;
use heller::services::{auth, queue, users};
use heller::state::AppState;
use sea_orm::sea_query::Expr;
use sea_orm::{DatabaseConnection, EntityTrait};
use secrecy::SecretString;
use tokio::sync::OnceCell;

use super::client::{Client, Link, Session};
use super::db::TestDb;
use super::licence::{Licence, VENDOR};

/// The password of every user that [`TestApp::user`] makes.
pub const PASSWORD: &str = "correct horse battery staple";

static SIGNING: LazyLock<NewKeys> = LazyLock::new(|| keys::generate().unwrap());

/// When every test begins.
pub fn beginning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, 12, 0, 0).unwrap()
}

type Change = Box<dyn FnOnce(&mut Config)>;

/// What differs from the usual test server.
pub struct TestAppBuilder {
    licence: Licence,
    changes: Vec<Change>,
}

impl TestAppBuilder {
    pub fn licence(mut self, licence: Licence) -> Self {
        self.licence = licence;
        self
    }

    pub fn config(mut self, change: impl FnOnce(&mut Config) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    pub async fn start(self) -> TestApp {
        let db = TestDb::fresh().await;
        let mut config = Config {
            data_dir: db.folder().to_owned(),
            database_url: Some(SecretString::from(db.url().to_owned())),
            database_connections: 4,
            signing_key: Some(SecretString::from(SIGNING.private_pem.clone())),
            licence_public_key: Some(VENDOR.public_pem.clone()),
            ..Config::default()
        };
        for change in self.changes {
            change(&mut config);
        }
        let clock = Clock::manual(beginning());
        let (server, state, link) = Server::start(config, clock.clone()).await;
        let app = TestApp { clock, state, link, leftovers: Leftovers::Forbidden, looked_at: false, server, db };
        app.set_licence(self.licence).await;
        app
    }
}

/// The server under test.
pub struct TestApp {
    pub clock: Clock,
    state: web::Data<AppState>,
    link: Arc<Link>,
    leftovers: Leftovers,
    looked_at: bool,
    server: Server,
    db: TestDb,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leftovers {
    Forbidden,
    Allowed,
}

impl TestApp {
    /// With an activated licence.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    pub fn builder() -> TestAppBuilder {
        TestAppBuilder { licence: Licence::Active, changes: Vec::new() }
    }

    pub fn state(&self) -> &web::Data<AppState> {
        &self.state
    }

    pub fn db(&self) -> &TestDb {
        &self.db
    }

    /// Replaces licence and trial, without a request.
    pub async fn set_licence(&self, licence: Licence) {
        let now = self.clock.now();
        let (token, trial) = (licence.token(self.state.installation, now), licence.trial_started_at(now));
        let change = async |txn: &sea_orm::DatabaseTransaction| {
            let update = installation::Entity::update_many()
                .col_expr(installation::Column::LicenceToken, Expr::value(token.clone()))
                .col_expr(installation::Column::TrialStartedAt, Expr::value(trial));
            Ok(update.exec(txn).await?)
        };
        self.state.db.write(change).await.unwrap();
    }

    /// A new user with one role, logged in. The password is [`PASSWORD`].
    pub async fn user(&self, role: Role) -> Client {
        self.user_with(&[role]).await
    }

    /// A new user with several roles or none, logged in.
    pub async fn user_with(&self, roles: &[Role]) -> Client {
        let password_hash = password_hash().await;
        let ctx = self.state.system_ctx("test");
        let number = self.link.next_user();
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let email = format!("{}-{number}@test.example", names.join("-"));
        let new = users::NewUser { email: email.clone(), name: email.clone(), password_hash, roles: roles.to_vec() };
        let create = async |txn: &sea_orm::DatabaseTransaction| users::create(txn, &ctx, new.clone()).await;
        let id = self.state.db.write(create).await.unwrap();
        self.open_session(Session { user: id, email, access_token: String::new(), refresh_token: String::new() }).await
    }

    /// The same user in a new session, for when the clock has moved past the old tokens.
    pub async fn again(&self, client: &Client) -> Client {
        self.open_session(client.session().clone()).await
    }

    async fn open_session(&self, session: Session) -> Client {
        let ctx = self.state.system_ctx("test");
        let issuer = self.state.issuer();
        let open =
            async |txn: &sea_orm::DatabaseTransaction| auth::open_session(txn, &ctx, &issuer, session.user).await;
        let tokens = self.state.db.write(open).await.unwrap();
        let (access_token, refresh_token) = (tokens.access_token, tokens.refresh_token);
        Client::of(Arc::clone(&self.link), Some(Session { access_token, refresh_token, ..session }))
    }

    /// Host and port of the server.
    pub fn address(&self) -> &str {
        self.link.address()
    }

    pub fn anonymous(&self) -> Client {
        Client::of(Arc::clone(&self.link), None)
    }

    /// Moves the clock.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Runs every job that is due, and the jobs these enqueue, until none is due. Answers how many ran.
    pub async fn run_pending(&self) -> usize {
        Box::pin(heller::jobs::run_pending(&self.state)).await.unwrap()
    }

    /// For a test that is about a job that stays.
    pub fn allow_leftovers(&mut self) {
        self.leftovers = Leftovers::Allowed;
    }

    /// What the end of this test would complain about now.
    pub async fn look_behind(&self) -> Result<(), String> {
        look_behind(self.state.db.reader(), self.leftovers).await
    }

    /// Ends the test and fails it when something is left. A test that does not call this is looked at when the app is
    /// dropped.
    pub async fn finish(mut self) {
        let found = self.look_behind().await;
        self.looked_at = true;
        found.unwrap_or_else(|left| panic!("{left}"));
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let look = !std::thread::panicking() && !self.looked_at;
        let found = if look { look_behind_blocking(self.db.url(), self.leftovers) } else { Ok(()) };
        self.server.stop();
        if let Err(left) = found {
            panic!("{left}");
        }
    }
}

/// What a test must not leave: work in the queue, books that do not add up.
async fn look_behind(conn: &DatabaseConnection, leftovers: Leftovers) -> Result<(), String> {
    let jobs = queue::unfinished(conn).await.map_err(|error| error.to_string())?;
    if leftovers == Leftovers::Forbidden && !jobs.is_empty() {
        let jobs: Vec<String> =
            jobs.iter().map(|job| format!("{} ({}) {}", job.kind, job.state, job.payload)).collect();
        return Err(format!(
            "the test left jobs in the queue; run them with `app.run_pending()`:\n{}",
            jobs.join("\n")
        ));
    }
    let report = verify(conn).await.map_err(|error| error.to_string())?;
    let wrong: Vec<String> = report
        .checks
        .iter()
        .filter(|check| !check.offenders.is_empty())
        .map(|check| format!("{} ({}): {}", check.name, check.rule, check.offenders.join(", ")))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("the books do not add up:\n{}", wrong.join("\n"))) }
}

/// With a connection of its own: the pool's connections come home through a task of the test's runtime, and that one
/// stands still while something is dropped.
fn look_behind_blocking(url: &str, leftovers: Leftovers) -> Result<(), String> {
    let url = url.to_owned();
    let look = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let conn = super::db::connect(&url).await;
            look_behind(&conn, leftovers).await
        })
    };
    std::thread::spawn(look).join().unwrap()
}

/// One argon2 hash for each process; a test that wants another password makes its own.
pub async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(async || users::hash_password(PASSWORD.to_owned()).await.unwrap()).await.clone()
}

struct Server {
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    async fn start(config: Config, clock: Clock) -> (Self, web::Data<AppState>, Arc<Link>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (started, wait) = tokio::sync::oneshot::channel();
        let run = async move || {
            let state = web::Data::new(
                AppState::start(config, clock, (Purpose::Production, Durability::Normal)).await.unwrap(),
            );
            let server = heller::app::serve(state.clone(), listener, 2).unwrap();
            started.send((server.handle(), state)).ok().expect("the test waits for its server");
            server.await.unwrap();
        };
        let thread = std::thread::spawn(move || actix_web::rt::System::new().block_on(run()));
        let (handle, state) = wait.await.expect("the server starts");
        (Self { handle, thread: Some(thread) }, state, Arc::new(Link::new(base)))
    }

    fn stop(&mut self) {
        // The command is sent when `stop` is called; the thread's end is what has to be waited for.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
