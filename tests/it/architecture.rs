//! Which way things may point (house rules 1 to 7): reads the paths named under `src` and fails with the rule's number.
//!
//! Rooms are the folders and files directly under `src`. Comments are not read. What a macro writes is not seen; what
//! `crate::codes!` and `typed_ids!` write belongs to the two files of `domain` that may know sea-orm's values.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
/// What sea-orm needs in scope to ask a database something.
const QUERY_TRAITS: &str = "EntityTrait QueryFilter QuerySelect QueryOrder QueryTrait ColumnTrait ConnectionTrait \
    PaginatorTrait TransactionTrait ModelTrait ActiveModelTrait StreamTrait Statement FromQueryResult sea_query";
/// The files of `domain` that may know sea-orm's value types and utoipa.
const VALUE_TYPES: [&str; 2] = ["domain/id.rs", "domain/codes.rs"];
/// The files of `access` that know actix.
const GATE: [&str; 2] = ["access/require.rs", "access/request_id.rs"];

struct Source {
    /// Path under `src`.
    path: String,
    /// Its first part, without `.rs`.
    room: String,
    code: String,
}

impl Source {
    /// Rooms of the house this file names.
    fn rooms(&self) -> BTreeSet<String> {
        let rooms = self.after("crate::").into_iter().chain(self.after("heller::"));
        rooms.filter(|room| *room != self.room).collect()
    }

    fn names(&self, word: &str) -> bool {
        words(&self.code).any(|found| found == word)
    }

    /// Names of sea-orm that ask a database.
    fn queries(&self) -> Vec<&'static str> {
        if !self.names("sea_orm") {
            return Vec::new();
        }
        QUERY_TRAITS.split_whitespace().filter(|name| self.names(name)).collect()
    }

    /// The first parts of all paths that begin with `start`, those in braces too.
    fn after(&self, start: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices(start) {
            let before = self.code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
                continue;
            }
            let rest = &self.code[at + start.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(heads_of_group(group)),
                None => found.extend(words(rest).next().map(str::to_owned)),
            }
        }
        found
    }
}

/// `a, b::c, d::{e, f}}…` → a, b, d
fn heads_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut expects_head) = (0_usize, Vec::new(), true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_head = true,
            _ if expects_head && letter.is_alphabetic() => {
                heads.extend(words(&group[at..]).next().map(str::to_owned));
                expects_head = false;
            }
            _ => {}
        }
    }
    heads
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new(SRC), &mut found);
    assert!(found.len() > 20, "only {} files under {SRC}", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = path.strip_prefix(SRC).unwrap().to_string_lossy().replace('\\', "/");
            let room = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
            found.push(Source { path, room, code: code.join("\n") });
        }
    }
}

/// What a file names and must not.
fn offences(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let rooms = source.rooms();
    let mut only = |rule: u8, allowed: &str| {
        let allowed: Vec<&str> = allowed.split_whitespace().collect();
        let wrong = rooms.iter().filter(|room| !allowed.contains(&room.as_str()));
        found.extend(wrong.map(|room| format!("rule {rule}: {} names crate::{room}", source.path)));
    };
    match source.room.as_str() {
        "domain" => only(1, "error codes"),
        "importers" => only(1, "domain error codes"),
        // Roles and permissions are plain data; a row that makes no sense is an error.
        "entities" => only(2, "domain access error"),
        "views" => only(2, "domain entities error services codes"),
        "providers" => only(5, "domain error clock private codes"),
        "jobs" => only(6, "services providers domain error state clock access importers codes"),
        _ => {}
    }
    let mut never = |rule: u8, names: &str| {
        let wrong = names
            .split_whitespace()
            .filter(|name| rooms.contains(*name) || (CRATES.contains(name) && is_crate(source, name)));
        found.extend(wrong.map(|name| format!("rule {rule}: {} names {name}", source.path)));
    };
    match source.room.as_str() {
        "domain" | "importers" if VALUE_TYPES.contains(&source.path.as_str()) => never(1, "actix_web tokio"),
        "domain" | "importers" => never(1, "actix_web sea_orm sqlx utoipa tokio reqwest"),
        "entities" => never(2, "actix_web sqlx utoipa"),
        "views" => never(2, "actix_web sea_orm sqlx"),
        "services" => never(3, "actix_web handlers app openapi jobs"),
        "handlers" => never(4, "entities sqlx jobs app"),
        "access" if !GATE.contains(&source.path.as_str()) => never(4, "actix_web handlers entities services state"),
        "providers" => never(5, "entities db services actix_web"),
        "jobs" => never(6, "reqwest sqlx"),
        _ => {}
    }
    let (rule, allowed) = match source.room.as_str() {
        "entities" => (2, "EntityTrait ColumnTrait sea_query"),
        "handlers" => (4, ""),
        "jobs" => (6, ""),
        _ => (0, QUERY_TRAITS),
    };
    let queries = source.queries().into_iter().filter(|name| !words(allowed).any(|allowed| allowed == *name));
    found.extend(queries.map(|name| format!("rule {rule}: {} queries with sea_orm's {name}", source.path)));
    if matches!(source.room.as_str(), "domain" | "importers" | "entities" | "views") && source.names("async") {
        found.push(format!("rule 1: {} is async", source.path));
    }
    if rooms.contains("handlers") && !matches!(source.room.as_str(), "app" | "openapi") {
        found.push(format!("rule 7: {} names handlers", source.path));
    }
    found
}

/// Other people's crates; a module of ours may have the name of a room.
const CRATES: [&str; 6] = ["actix_web", "sea_orm", "sqlx", "utoipa", "tokio", "reqwest"];

/// Whether a name is used as another crate: `name::…`.
fn is_crate(source: &Source, name: &str) -> bool {
    let start = format!("{name}::");
    !source.after(&start).is_empty()
}

#[test]
fn everything_points_the_way_the_house_allows() {
    let offences: BTreeSet<String> = sources().iter().flat_map(offences).collect();
    let offences: Vec<String> = offences.into_iter().collect();
    assert!(offences.is_empty(), "see docs/architecture.md, \"Which way things may point\":\n{}", offences.join("\n"));
}

#[test]
fn a_file_that_points_the_wrong_way_is_found() {
    for (path, code, rule) in [
        ("domain/refund.rs", "use sea_orm::ActiveValue::Set;", "rule 1"),
        ("domain/refund.rs", "use crate::services::queue;", "rule 1"),
        ("importers/mt940.rs", "pub async fn parse() {}", "rule 1"),
        ("entities/refund.rs", "use crate::{domain::id::RefundId, services::{queue, auth}};", "rule 2"),
        ("views/refund.rs", "fn f(x: sea_orm::DbErr) {}", "rule 2"),
        ("services/refunds.rs", "use actix_web::web;", "rule 3"),
        ("handlers/refunds.rs", "use crate::entities::refund;", "rule 4"),
        ("handlers/refunds.rs", "use sea_orm::{ColumnTrait, DatabaseTransaction};", "rule 4"),
        ("access/role.rs", "use actix_web::HttpRequest;", "rule 4"),
        ("providers/sandbox.rs", "use crate::db::Db;", "rule 5"),
        ("jobs/prune.rs", "use crate::entities::job;", "rule 6"),
        ("telemetry.rs", "use crate::handlers::problem;", "rule 7"),
    ] {
        let room = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let found = offences(&Source { path: path.to_owned(), room, code: code.to_owned() });
        assert!(found.iter().any(|offence| offence.starts_with(rule)), "{path}: {code}: {found:?}");
    }
    let fine = "use crate::{domain::id::RefundId, error::Error};\nuse crate::domain::money;\nlet crate_name = 1;";
    let fine = Source { path: "views/refund.rs".to_owned(), room: "views".to_owned(), code: fine.to_owned() };
    assert_eq!(offences(&fine), Vec::<String>::new());
}
