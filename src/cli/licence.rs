//! `heller licence`: the vendor's side (keys, tokens) and the installation's (what is installed here).

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use heller::access::keys::{self, LicenceVerifier};
use heller::domain::licence::LicenceClaims;
use heller::services::licences;
use uuid::Uuid;

use super::failure::Failure;
use super::key::{Readers, write_new};
use super::{database, out};

const SECONDS_PER_DAY: i64 = 86_400;

#[derive(Subcommand)]
pub enum LicenceCommand {
    /// Make the vendor's key pair: licence-private.pem and licence-public.pem
    Keygen {
        #[arg(long, value_name = "DIR", default_value = ".")]
        out_dir: PathBuf,
    },
    /// Sign a licence and print its token
    Issue(IssueArgs),
    /// Show this installation's id and the state of its licence
    Show,
}

#[derive(Args)]
pub struct IssueArgs {
    /// The vendor's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Installation the licence is activated for; `heller licence show` prints it
    #[arg(long, value_name = "UUID", required_unless_present = "not_activated")]
    installation: Option<Uuid>,
    /// Bought, but not activated for an installation
    #[arg(long, conflicts_with = "installation")]
    not_activated: bool,
    #[arg(long, default_value = "pro")]
    edition: String,
    /// Modules of the edition, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "payment")]
    modules: Vec<String>,
    /// Days from now
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=36_500))]
    days: i64,
    /// Days after the end in which everything still works
    #[arg(long, default_value_t = 14)]
    grace_days: u16,
}

pub fn run(file: Option<&Path>, command: LicenceCommand) -> Result<(), Failure> {
    match command {
        LicenceCommand::Keygen { out_dir } => keygen(&out_dir),
        LicenceCommand::Issue(arguments) => issue(arguments),
        LicenceCommand::Show => show(file),
    }
}

fn keygen(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::settings(format!("cannot use {}: {error}", folder.display())))?;
    let (private, public) = (folder.join("licence-private.pem"), folder.join("licence-public.pem"));
    if public.exists() {
        return Err(Failure::settings(format!("{} exists and is not replaced", public.display())));
    }
    let pair = keys::generate()?;
    write_new(&private, &pair.private_pem, Readers::Owner)?;
    write_new(&public, &pair.public_pem, Readers::Everybody)?;
    out::line(format!("wrote {} (keep it secret) and {}", private.display(), public.display()));
    out::line(format!("start with HELLER_LICENCE_PUBLIC_KEY_FILE={}", public.display()));
    Ok(())
}

fn issue(arguments: IssueArgs) -> Result<(), Failure> {
    let pem = std::fs::read_to_string(&arguments.key)
        .map_err(|error| Failure::settings(format!("cannot read {}: {error}", arguments.key.display())))?;
    let now = database::call().now.timestamp();
    let claims = LicenceClaims {
        edition: arguments.edition,
        modules: arguments.modules,
        activated_for: arguments.installation,
        not_before: now,
        expires_at: now.saturating_add(arguments.days.saturating_mul(SECONDS_PER_DAY)),
        grace_days: arguments.grace_days,
    };
    let wrong = |error: heller::error::Error| Failure::settings(error.cause().unwrap_or("the key cannot be used"));
    out::line(keys::issue_licence(&pem, &claims).map_err(wrong)?);
    Ok(())
}

fn show(file: Option<&Path>) -> Result<(), Failure> {
    let config = database::settings(file)?;
    let key = config.licence_public_key()?;
    let wrong = |error: heller::error::Error| Failure::settings(error.cause().unwrap_or("the key cannot be used"));
    let verifier = LicenceVerifier::from_pem(key.as_deref()).map_err(wrong)?;
    let installed = super::block_on(async {
        let db = database::open(&config).await?;
        Ok(licences::installed(db.reader(), &database::call(), &verifier).await?)
    })?;
    let until = installed.standing.valid_until.map_or_else(|| "-".to_owned(), |until| until.to_rfc3339());
    let mut rows = vec![
        vec!["installation".to_owned(), installed.installation.to_string()],
        vec!["state".to_owned(), installed.standing.state.to_string()],
        vec!["edition".to_owned(), installed.edition.unwrap_or_else(|| "-".to_owned())],
        vec!["valid until".to_owned(), until],
    ];
    if key.is_none() {
        rows.push(vec!["note".to_owned(), "no licence is valid without HELLER_LICENCE_PUBLIC_KEY_FILE".to_owned()]);
    }
    out::table(&rows);
    Ok(())
}
