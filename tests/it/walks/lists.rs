//! Every list: its limit, its cursor, and pages between which rows are added.

use std::collections::BTreeSet;

use serde_json::json;

use super::world::{World, lists, target};
use super::{Offences, all};
use crate::support::answer::Answer;

fn ids(page: &Answer) -> Vec<String> {
    let items = page.json["items"].as_array().into_iter().flatten();
    items.map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_answers_pages_takes_a_limit_and_a_cursor() {
    let mut offences = Offences::default();
    let walked: Vec<&str> = lists().iter().map(|list| list.id).collect();
    assert!(walked.len() >= 15, "{walked:?}");
    for operation in all() {
        let schema = target(&operation.definition["responses"]["200"]["content"]["application/json"]["schema"]);
        let pages = operation.id.ends_with("_list") && schema["properties"].get("next_cursor").is_some();
        let takes =
            operation.parameters("query").filter(|one| one["name"] == "limit" || one["name"] == "cursor").count();
        let whole = operation.parameters("query").next().is_none();
        offences.note(!pages || takes == 2 || whole, &operation.name);
    }
    offences.none();
}

#[tokio::test]
async fn a_limit_has_bounds_and_a_cursor_is_ours() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for list in lists() {
        let path = list.path;
        for limit in ["0", "201", "-1", "many", "", "1e9", "1.0", "99999999999999999999"] {
            let call = world.all.get(format!("{path}?limit={limit}"));
            offences.refused_at(path, call, (422, "invalid_value"), "limit").await;
        }
        for limit in ["1", "200"] {
            let Some(answer) = offences.send(world.all.get(format!("{path}?limit={limit}"))).await else { continue };
            offences.note(answer.status == 200, format_args!("{answer:?}"));
        }
        let call = world.all.get(format!("{path}?limti=5"));
        if let Some(answer) = offences.refused(path, call, (400, "unknown_parameter")).await {
            offences.note(answer.json["did_you_mean"] == "limit", format_args!("no suggestion: {answer:?}"));
        }
        for cursor in ["x", "!!", "e30", "", "%00", "%ff", "null", &"e30".repeat(2000)] {
            let Some(answer) = offences.send(world.all.get(format!("{path}?cursor={cursor}"))).await else { continue };
            let code = answer.json["code"].as_str().unwrap_or_default();
            let right =
                (answer.status == 400 && code == "invalid_cursor") || (answer.status == 422 && cursor.starts_with('%'));
            offences.note(right, format_args!("{answer:?}"));
        }
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let (world, mut offences) = (World::open().await, Offences::default());
    world.more().await;
    let mut cursors = Vec::new();
    for list in lists() {
        let page = world.all.get(format!("{}?limit=1", list.path)).await.expect(200);
        let cursor =
            page.json["next_cursor"].as_str().unwrap_or_else(|| panic!("too few rows, see World::more: {page:?}"));
        cursors.push((list.path, cursor.to_owned()));
    }
    for list in lists() {
        for (path, cursor) in &cursors {
            let call = world.all.get(format!("{}?cursor={cursor}", list.path));
            if *path != list.path {
                offences.refused_at(list.path, call, (400, "cursor_mismatch"), "cursor").await;
                continue;
            }
            let Some(answer) = offences.send(call).await else { continue };
            offences.note(answer.status == 200, format_args!("its own cursor, another limit: {answer:?}"));
            let mut broken = cursor.clone();
            broken.replace_range(0..1, if cursor.starts_with('x') { "y" } else { "x" });
            let Some(answer) = offences.send(world.all.get(format!("{path}?cursor={broken}"))).await else { continue };
            offences.note(answer.status == 400, format_args!("a cursor that was changed: {answer:?}"));
        }
    }
    world.close().await;
    offences.none();
}

/// A list in one order, while it is walked.
struct Walked {
    name: String,
    before: Vec<String>,
    seen: Vec<String>,
    /// Where the next page is; none after the last.
    next: Option<String>,
}

/// Every list in every order that the document knows.
async fn begun(world: &World) -> Vec<Walked> {
    let mut walks = Vec::new();
    for list in lists() {
        let sort = list.parameters("query").find(|parameter| parameter["name"] == "sort");
        let orders = sort.map(|sort| target(&sort["schema"])["enum"].as_array().unwrap().clone()).unwrap_or_default();
        let orders = orders.iter().map(|order| format!("sort={}&", order.as_str().unwrap()));
        for order in std::iter::once(String::new()).chain(orders) {
            let whole = world.all.get(format!("{}?{order}limit=200", list.path)).await.expect(200);
            assert!(whole.json["has_more"] == false, "{}: fewer rows are enough", list.path);
            let before = ids(&whole);
            assert!(before.len() >= 2, "too few rows, see World::more: {whole:?}");
            let next = Some(format!("{}?{order}limit={}", list.path, before.len().div_ceil(3)));
            walks.push(Walked { name: format!("{} {order}", list.id), before, seen: Vec::new(), next });
        }
    }
    walks
}

/// The next page, by its `Link`.
async fn turn(world: &World, walk: &mut Walked, offences: &mut Offences) {
    let Some(place) = walk.next.take() else { return };
    let Some(page) = offences.send(world.all.get(place)).await else { return };
    walk.seen.extend(ids(&page));
    let cursor = page.json["next_cursor"].as_str();
    let link = page.header("Link").and_then(|link| link.strip_prefix('<')?.strip_suffix(">; rel=\"next\""));
    let agree = page.json["has_more"] == json!(cursor.is_some()) && link.is_some() == cursor.is_some();
    let leads = link.is_none_or(|link| link.ends_with(&format!("cursor={}", cursor.unwrap_or_default())));
    offences.note(agree && leads, format_args!("{}: has_more, next_cursor and Link differ: {page:?}", walk.name));
    walk.next = link.map(str::to_owned);
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_rows_are_added() {
    let (world, mut offences) = (World::open().await, Offences::default());
    world.more().await;
    let mut walks = begun(&world).await;
    for page in 0..40 {
        for walk in &mut walks {
            turn(&world, walk, &mut offences).await;
        }
        if page < 2 {
            world.more().await;
        }
    }
    for walk in walks {
        let name = &walk.name;
        offences.note(walk.next.is_none(), format_args!("{name} has no end"));
        let distinct: BTreeSet<&String> = walk.seen.iter().collect();
        offences.note(distinct.len() == walk.seen.len(), format_args!("{name}: a row came twice: {:?}", walk.seen));
        let old: Vec<&String> = walk.seen.iter().filter(|id| walk.before.contains(id)).collect();
        let kept = old == walk.before.iter().collect::<Vec<_>>();
        offences.note(kept, format_args!("{name}: {:?} became {old:?}", walk.before));
    }
    world.close().await;
    offences.none();
}
