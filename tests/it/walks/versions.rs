//! `ETag`, `If-Match` and `If-None-Match` on every operation that takes them.

use super::world::World;
use super::{Ask, Offences, all};
use crate::support::document::Operation;

/// What has no version, and is therefore changed without a condition.
const UNVERSIONED: [&str; 6] = [
    // The old password is the condition.
    "auth_password_change",
    // One licence, installed or not: what is installed is signed as a whole, there is nothing to lose.
    "licence_install",
    "licence_remove",
    // The run changes with every step of its items, and an item takes one file only.
    "reconciliation_run_item_file",
    // A test device; its state is a file of its own.
    "sandbox_behaviour_set",
    "sandbox_payment_change",
];

fn conditional(header: &str) -> Vec<Operation<'static>> {
    all().into_iter().filter(|operation| operation.takes_header(header)).collect()
}

#[test]
fn every_change_of_something_versioned_needs_a_condition() {
    let mut offences = Offences::default();
    for operation in all() {
        let changes = ["patch", "put", "delete"].contains(&operation.method);
        let expected = changes && !UNVERSIONED.contains(&operation.id);
        offences.note(operation.requires_header("If-Match") == expected, &operation.name);
    }
    offences.none();
}

/// Missing, stale, malformed; and then as it is.
async fn change(world: &World, operation: &Operation<'_>, offences: &mut Offences) {
    let (ask, name) = (world.valid(operation).await, operation.id);
    let version = ask.version.unwrap();
    if operation.requires_header("If-Match") {
        offences.refused_at(name, ask.blind(), (428, "precondition_required"), "If-Match").await;
    }
    let with = |tag: &str| ask.blind().header("If-Match", tag);
    for tag in
        [format!("\"{}\"", version + 1), "\"0\"".to_owned(), "\"abc\"".to_owned(), "W/\"1\"".to_owned(), String::new()]
    {
        let refused = offences.refused(name, with(&tag), (412, "version_mismatch")).await;
        let told = refused.is_none_or(|answer| answer.json["current_version"] == version);
        offences.note(told, format_args!("{name}: 'current_version' is not {version}"));
    }
    let Some(answer) = offences.send(ask.call()).await else { return };
    offences.note(answer.status < 300, format_args!("{name}: {answer:?}"));
    let ask: Ask = world.valid(operation).await;
    let Some(answer) = offences.send(ask.blind().header("If-Match", "*")).await else { return };
    offences.note(answer.status < 300, format_args!("{name}, If-Match *: {answer:?}"));
}

#[tokio::test]
async fn a_change_takes_the_version_that_was_seen() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in conditional("If-Match") {
        change(&world, &operation, &mut offences).await;
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn what_is_known_already_is_not_sent_again() {
    let (world, mut offences) = (World::open().await, Offences::default());
    let shown = conditional("If-None-Match");
    assert!(shown.len() >= 14, "only {} resources", shown.len());
    for operation in shown {
        let (ask, name) = (world.valid(&operation).await, operation.id);
        let Some(whole) = offences.send(ask.call()).await else { continue };
        let Some(tag) = whole.header("ETag").map(str::to_owned) else { continue };
        for known in [tag.clone(), format!("W/{tag}"), format!("\"0\", {tag}"), "*".to_owned()] {
            let Some(answer) = offences.send(ask.keyless().if_none_match(&known)).await else { continue };
            let right = answer.status == 304 && answer.bytes.is_empty() && answer.header("ETag") == Some(tag.as_str());
            offences.note(right, format_args!("{name}, If-None-Match {known}: {answer:?}"));
        }
        for unknown in ["\"0\"", "1", ""] {
            let Some(answer) = offences.send(ask.keyless().if_none_match(unknown)).await else { continue };
            offences.note(answer.status == 200, format_args!("{name}, If-None-Match {unknown}: {answer:?}"));
        }
    }
    world.close().await;
    offences.none();
}
