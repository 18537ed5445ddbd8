//! `heller user`: the first administrator, and who there is. Everything else about users is the API's.

use std::io::BufRead;
use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use heller::access::keys;
use heller::access::role::Role;
use heller::services::users::{self, NewUser, PASSWORD_MAX, PASSWORD_MIN};

use super::failure::Failure;
use super::{database, out};

/// Letters and digits of a generated password, without those that look alike. 32, so that five bits choose one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a generated password: 100 bits.
const LENGTH: usize = 20;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Create a user; without --password-stdin a password is made and printed once
    Create(CreateArgs),
    /// List the users
    List,
}

#[derive(Args)]
pub struct CreateArgs {
    /// What the user logs in with
    #[arg(long, value_name = "EMAIL", value_parser = email)]
    email: String,
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: String,
    /// May be given several times
    #[arg(long = "role", value_name = "ROLE", required = true, num_args = 1.., value_parser = role())]
    roles: Vec<Role>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.iter().map(|role| role.as_str()))
        .try_map(|text| Role::parse(&text).ok_or("there is no such role"))
}

fn email(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match text.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && text.len() <= 200 => Ok(text.to_owned()),
        _ => Err("an address such as anna@example.com is needed"),
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if (1..=200).contains(&text.chars().count()) { Ok(text.to_owned()) } else { Err("1 to 200 characters are needed") }
}

pub fn run(file: Option<&Path>, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create(arguments) => create(file, arguments),
        UserCommand::List => list(file),
    }
}

fn create(file: Option<&Path>, arguments: CreateArgs) -> Result<(), Failure> {
    let config = database::settings(file)?;
    let given = arguments.password_stdin.then(read_password).transpose()?;
    let password = given.clone().map_or_else(new_password, Ok)?;
    let CreateArgs { email, name, mut roles, .. } = arguments;
    roles.sort();
    roles.dedup();
    let id = super::block_on(async {
        let db = database::prepare(&config).await?;
        let password_hash = users::hash_password(password.clone()).await?;
        let new = NewUser { email: email.clone(), name, password_hash, roles };
        let call = database::call();
        let id = db.write(async |txn| users::create(txn, &call, new.clone()).await).await?;
        db.close().await?;
        Ok(id)
    })?;
    out::line(format!("created {id} {}", email.to_lowercase()));
    if given.is_none() {
        out::line(format!("password: {password}"));
    }
    Ok(())
}

fn list(file: Option<&Path>) -> Result<(), Failure> {
    let config = database::settings(file)?;
    let found = super::block_on(async { Ok(users::list(database::open(&config).await?.reader()).await?) })?;
    let mut rows = vec![["EMAIL", "NAME", "ROLES", "ACTIVE", "ID"].map(str::to_owned).to_vec()];
    for (user, roles) in found {
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let active = if user.active { "yes" } else { "no" };
        rows.push(vec![user.email, user.name, roles.join(","), active.to_owned(), user.id.to_string()]);
    }
    out::table(&rows);
    Ok(())
}

fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| Failure::internal(format!("cannot read: {error}")))?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if users::check_password(&password).is_ok() {
        return Ok(password);
    }
    Err(Failure::Usage(format!("a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters")))
}

/// Twenty random letters in four groups: easy to read out, beyond guessing.
pub fn new_password() -> Result<String, Failure> {
    let bytes = keys::random_bytes::<LENGTH>()?;
    let letters: Vec<char> =
        bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 31))).map(|letter| char::from(*letter)).collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_password_is_long_and_new_each_time() {
        let (one, two) = (new_password().unwrap(), new_password().unwrap());
        assert_ne!(one, two);
        assert_eq!((one.len(), one.split('-').count()), (23, 4));
    }

    #[test]
    fn an_address_needs_both_sides() {
        assert!(email("anna@example.com").is_ok());
        for wrong in ["", "anna", "@example.com", "anna@"] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }
}
