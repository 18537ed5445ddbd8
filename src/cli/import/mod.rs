//! `heller import`: a statement file through the same services as the API, by somebody who may open the database.
//!
//! It runs beside a server, whose worker then imports the file; where nothing runs it does the work itself, with a lease
//! as every worker, and on SQLite with the lock on the data folder. Who imports is a user with the role for it, because
//! the audit trail names people.

mod account;
mod outcome;
mod progress;
mod words;

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration as StdDuration, Instant};

use chrono::Duration;
use clap::Args;
use heller::access::ctx::Ctx;
use heller::access::keys::LicenceVerifier;
use heller::access::permission::Permission;
use heller::app::Lang;
use heller::clock::Clock;
use heller::config::{Config, Loaded};
use heller::db::Db;
use heller::domain::id::RunId;
use heller::domain::installation::Purpose;
use heller::domain::licence::Access;
use heller::domain::run::{Phase, RunStatus};
use heller::domain::text;
use heller::error::Error;
use heller::services::reconciliation::upload::{self, ImportOrder, Received, Submitted, Upload};
use heller::services::reconciliation::{carry_out, runs};
use heller::services::{licences, matching, queue, users};
use heller::views::assignments::CreateAssignmentRun;
use heller::views::runs::RunView;

use super::failure::Failure;
use super::flags::Flags;
use super::{database, demo, lock, out};
use outcome::Outcome;
use progress::Progress;

/// Pause between two looks at a run.
const LOOK: StdDuration = StdDuration::from_millis(200);
/// Nobody has begun after this: nobody will.
const PATIENCE: StdDuration = StdDuration::from_secs(60);
/// Bytes that are read at once.
const PIECE: usize = 256 * 1024;
/// Who imports in a demo when nobody is named.
const DEMO_PERSON: &str = "accountant@demo.example";

#[derive(Args)]
pub struct ImportArgs {
    /// The statement as the bank made it: CAMT.052, CAMT.053, CAMT.054, MT940, MT942, CSV, or a ZIP archive of them
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// In whose name: a user who may import; in a demo its accountant unless named
    #[arg(long = "as", value_name = "EMAIL")]
    person: Option<String>,
    /// The payment account; without it the one whose IBAN the file names
    #[arg(long, value_name = "ID|IBAN")]
    account: Option<String>,
    /// Read and count, store no movement
    #[arg(long)]
    dry_run: bool,
    /// One wrong entry refuses the whole file
    #[arg(long)]
    strict: bool,
    /// Assign what is certain afterwards
    #[arg(long)]
    assign: bool,
    /// Show the progress also where there is no terminal: one line of JSON for each step, on standard error
    #[arg(long)]
    progress: bool,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// Language of what is said; otherwise that of the terminal
    #[arg(long, value_name = "LANG", value_parser = ["de", "en"])]
    lang: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

pub fn run(file: Option<&Path>, arguments: &ImportArgs) -> Result<(), Failure> {
    let lang = words::lang(arguments.lang.as_deref());
    let config = Loaded::read(file, arguments.flags.given())?.config;
    heller::telemetry::start(config.log_format, "error")?;
    database::check_url(&config)?;
    let outcome = super::block_on(async {
        let db = database::open(&config).await?;
        let outcome = in_its_place(&db, config, (arguments, lang)).await;
        db.close().await?;
        outcome
    })?;
    out::line(if arguments.json { outcome.json().to_string() } else { outcome.sentence(lang) });
    outcome.complaints(lang).iter().for_each(out::complaint);
    outcome.verdict()
}

/// In a demo's folder and database its accountant imports, and its vendor's key is the right one. A demo's folder beside
/// another database is none.
async fn in_its_place(db: &Db, mut config: Config, (arguments, lang): (&ImportArgs, Lang)) -> Result<Outcome, Failure> {
    let in_folder = config.data_dir.join(demo::CREDENTIALS).exists();
    let is_demo = in_folder && licences::purpose(db).await? == Some(Purpose::Demo);
    if is_demo && config.licence_public_key()?.is_none() {
        config.licence_public_key_file = Some(config.data_dir.join(demo::VENDOR_PUBLIC_KEY));
    }
    let demo_person = is_demo.then_some(DEMO_PERSON);
    let person = arguments.person.as_deref().or(demo_person).ok_or_else(|| words::no_person(lang))?;
    import(db, &config, (arguments, person, lang)).await
}

async fn import(db: &Db, config: &Config, asked: (&ImportArgs, &str, Lang)) -> Result<Outcome, Failure> {
    let (arguments, person, lang) = asked;
    let clock = Clock::system();
    let actor = users::acting(db.reader(), person).await?.ok_or_else(|| words::unknown_person(person, lang))?;
    let ctx = Ctx::new(actor, "command-line".to_owned(), &clock);
    gate(db, config, &ctx).await.map_err(|error| words::refused(error, lang))?;
    let account = account::chosen(db, arguments, lang).await?;
    upload::check_account(&account).map_err(|error| words::refused(error, lang))?;
    let mut progress = Progress::new(arguments.progress, lang);
    let received = receive(db, (&ctx, config.import_max_bytes), (&arguments.file, lang), &mut progress).await?;
    let order = ImportOrder {
        account: account.id,
        filename: arguments.file.file_name().and_then(|name| text::filename(&name.to_string_lossy())),
        dry_run: arguments.dry_run,
        strict: arguments.strict,
        received,
    };
    let (run, known) = submit(db, &ctx.later(), &order).await.map_err(|error| words::refused(error, lang))?;
    let done = Cell::new(false);
    let working = work(db, (config, &clock), &done);
    let following = async {
        let run = follow(db, run, &mut progress, lang).await?;
        if arguments.assign && !known && !arguments.dry_run {
            assign(db, &ctx.later()).await.map_err(|error| words::refused(error, lang))?;
        }
        if !wait_for_assignments(db).await? {
            out::complaint(words::still_assigning(lang));
        }
        Ok(run)
    };
    let following = async {
        let run: Result<RunView, Failure> = following.await;
        done.set(true);
        run
    };
    // Both to their end: a job that was claimed is not left in the middle because the other has failed.
    let (run, worked) = tokio::join!(following, working);
    progress.end();
    worked?;
    let run = run?;
    Outcome::of(db, run, known).await
}

/// Role and licence, as over HTTP.
async fn gate(db: &Db, config: &Config, ctx: &Ctx) -> Result<(), Error> {
    ctx.require(Permission::ReconciliationRun)?;
    let key = config.licence_public_key().map_err(Error::internal)?;
    let verifier = LicenceVerifier::from_pem(key.as_deref())?;
    licences::installed(db.reader(), ctx, &verifier).await?.standing.check(Access::Write)
}

/// Stores the file, or nothing.
async fn receive(
    db: &Db,
    (ctx, limit): (&Ctx, u64),
    (path, lang): (&Path, Lang),
    progress: &mut Progress,
) -> Result<Received, Failure> {
    let unreadable = |error| words::unreadable(path, &error, lang);
    let mut file = File::open(path).map_err(unreadable)?;
    let total = file.metadata().map_err(unreadable)?.len();
    let mut upload = Upload::begin(db, ctx, limit);
    let id = upload.file();
    let work = async {
        let (mut piece, mut done) = (vec![0; PIECE], 0_u64);
        loop {
            let length = file.read(&mut piece).map_err(unreadable)?;
            let read = piece.get(..length).unwrap_or_default();
            if read.is_empty() {
                return upload.end().await.map_err(|error| words::refused(error, lang));
            }
            upload.push(read).await.map_err(|error| words::refused(error, lang))?;
            done = done.saturating_add(u64::try_from(length).unwrap_or(0));
            progress.reading(done, total);
        }
    };
    let received = work.await;
    if received.is_err() {
        upload::discard(db, id).await?;
    }
    received
}

/// The run, and whether the same bytes were known.
async fn submit(db: &Db, ctx: &Ctx, order: &ImportOrder) -> Result<(RunId, bool), Error> {
    let id = ctx.id();
    let submitted = db.write(async |txn| upload::submit(txn, ctx, id, order).await).await;
    upload::discard(db, order.received.file).await?;
    Ok(match submitted? {
        Submitted::Begun(run) => (run.id, false),
        Submitted::Known(run) => (run.id, true),
    })
}

async fn follow(db: &Db, id: RunId, progress: &mut Progress, lang: Lang) -> Result<RunView, Failure> {
    let begun = Instant::now();
    loop {
        let run = runs::show(db.reader(), id).await?;
        let item = run.items.first();
        item.iter().for_each(|item| progress.item(item));
        if !matches!(run.status, RunStatus::Running | RunStatus::Waiting) {
            return Ok(run);
        }
        if begun.elapsed() > PATIENCE && item.is_some_and(|item| item.phase == Phase::Queued) {
            return Err(words::nobody_works(lang));
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn assign(db: &Db, ctx: &Ctx) -> Result<(), Error> {
    ctx.require(Permission::MovementsAssign)?;
    let all = CreateAssignmentRun { movement_ids: None, dry_run: false };
    db.write(async |txn| matching::start(txn, ctx, &all).await).await.map(|_| ())
}

/// Assignments that were begun, by this command or by the setting for it; `false` when they take too long.
async fn wait_for_assignments(db: &Db) -> Result<bool, Failure> {
    let begun = Instant::now();
    while matching::is_running(db.reader()).await? {
        if begun.elapsed() >= PATIENCE {
            return Ok(false);
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(true)
}

/// Does the work itself where that is allowed, until there is nothing left to wait for. A job is always ended.
async fn work(db: &Db, (config, clock): (&Config, &Clock), done: &Cell<bool>) -> Result<(), Failure> {
    let lease = Duration::seconds(i64::from(config.worker_lease_seconds));
    let mut held = None;
    while !done.get() {
        if held.is_none() {
            held = hold(db, config, clock).await?;
        }
        while held.is_some() && carry_out::next(db, clock, lease).await? {}
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// The lock, unless a server or worker has it. With it, what is claimed was claimed by a dead process.
async fn hold(db: &Db, config: &Config, clock: &Clock) -> Result<Option<lock::DataLock>, Failure> {
    match lock::take(config) {
        Ok(lock) => {
            if lock::is_sqlite(config) {
                queue::release_all(db, clock.now()).await?;
            }
            Ok(Some(lock))
        }
        Err(Failure::Locked(_)) => Ok(None),
        Err(other) => Err(other),
    }
}
