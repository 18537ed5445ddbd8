//! Lines of different files that may be the same payment (lessons R59, R60): marked, shown side by side, left alone by the
//! automatic assignment, and never dropped.

use heller::access::role::Role;
use serde_json::{Value, json};

use super::{Bank, entry, statement};
use crate::support::answer::Answer;
use crate::support::archive::{Member, archive};

/// A line: day, end-to-end id, name, purpose; all of 119.00.
type Line<'a> = (u32, &'a str, &'a str, &'a str);

const TOLD: Line<'_> = (20, "", "Jürgen Groß", "Rechnung RE-2026-0001");
const RETOLD: Line<'_> = (20, "", "JUERGEN GROSS UND SOEHNE", "SVWZ Rechnung RE-2026-0001 Danke");

fn file(lines: &[Line<'_>]) -> Vec<u8> {
    let entry = |(day, id, name, purpose): &Line<'_>| {
        let id = if id.is_empty() { "NOTPROVIDED" } else { id };
        format!(
            "<Ntry><Amt Ccy=\"EUR\">119.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2026-11-{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>\
             <RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>\
             <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        )
    };
    statement(&lines.iter().map(entry).collect::<String>())
}

impl Bank {
    async fn listed(&self, filter: &str) -> Vec<String> {
        let list = self.clerk.get(format!("/v1/account-movements?{filter}")).await.expect(200);
        let ids = list.at("/items").as_array().unwrap().iter();
        ids.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn in_doubt(&self) -> Vec<String> {
        self.listed("possible_duplicate=true").await
    }

    async fn shown(&self, id: &str) -> Answer {
        self.clerk.get(format!("/v1/account-movements/{id}")).await.expect(200)
    }

    /// Imports files and says how many movements there are and how many are in doubt.
    async fn after(&self, files: &[&Vec<u8>]) -> (usize, usize) {
        for file in files {
            let run = self.import(file).await;
            assert_eq!(run["status"], "finished", "{run:#} {:?}", self.log().await);
        }
        (self.movements().await.len(), self.in_doubt().await.len())
    }

    /// An assignment run over everything; the result of a movement.
    async fn assigned(&self, id: &str) -> Value {
        let run = self.clerk.post("/v1/assignment-runs", json!({ "movement_ids": [id] })).await.expect(202);
        self.app.run_pending().await;
        let run = self.clerk.get(run.header("Location").unwrap()).await.expect(200);
        run.at("/results/0").clone()
    }
}

#[tokio::test]
async fn what_may_be_one_payment_is_marked_on_both_sides_and_shown_side_by_side() {
    let bank = Bank::start().await;
    assert_eq!(bank.after(&[&file(&[TOLD]), &file(&[RETOLD])]).await, (2, 2));
    let marked = bank.in_doubt().await;
    assert!(bank.listed("possible_duplicate=false").await.is_empty());
    for (one, other) in [(&marked[0], &marked[1]), (&marked[1], &marked[0])] {
        let shown = bank.shown(one).await;
        assert_eq!(shown.at("/possible_duplicate"), true);
        assert_eq!(shown.at("/possible_duplicates").as_array().unwrap().len(), 1, "{shown:?}");
        assert_eq!(shown.text("/possible_duplicates/0/movement/id"), other);
        assert_eq!(shown.text("/possible_duplicates/0/reason"), "same_day");
        let keep = shown.at("/allowed_actions").as_array().unwrap().iter().find(|one| one["action"] == "keep");
        assert_eq!(keep.unwrap()["allowed"], true);
    }
    assert_eq!(bank.log().await, ["possible_duplicate"]);
    let log = bank.clerk.get("/v1/logbook").await.expect(200);
    let first = bank.movements().await.into_iter().min_by_key(|row| row.id).unwrap();
    assert!(log.text("/items/0/message").contains(&first.id.to_string()), "{log:?}");
    assert!(log.at("/items/0/line").as_i64().is_some() && log.text("/items/0/level") == "warning", "{log:?}");
    // Both are booked: nothing is dropped.
    assert_eq!(bank.entries().await, 2);
    let counted = bank.clerk.get("/v1/account-movements/summary?possible_duplicate=true").await.expect(200);
    assert_eq!((counted.at("/count"), counted.at("/applied_filters/possible_duplicate")), (&json!(2), &json!(true)));
    bank.app.finish().await;
}

#[tokio::test]
async fn nothing_is_assigned_by_itself_to_what_may_be_there_twice_until_it_is_kept() {
    let bank = Bank::start().await;
    let customer = bank.clerk.post("/v1/customers", json!({ "name": "Jürgen Groß" })).await.expect(201).id();
    let price = json!({ "amount": "119.00", "currency": "EUR" });
    let lines = json!([{ "description": "Ware", "quantity": "1", "unit_price": price, "tax_rate": "19" }]);
    let order = json!({ "customer_id": customer, "currency": "EUR", "prices_include_tax": true, "lines": lines });
    let number = bank.clerk.post("/v1/orders", order).await.expect(201).text("/number").to_owned();
    let (name, longer) = ("Jürgen Groß", format!("SVWZ {number} Danke"));
    let (told, retold) = (file(&[(20, "", name, &number)]), file(&[(20, "", name, &longer)]));
    assert_eq!(bank.after(&[&told, &retold]).await, (2, 2));
    let id = bank.in_doubt().await.remove(0);
    let left = bank.assigned(&id).await;
    assert_eq!((&left["outcome"], &left["reason"]), (&json!("no_match"), &json!("possible_duplicate")), "{left:#}");

    let reader = bank.app.user(Role::Auditor).await;
    reader.post(format!("/v1/account-movements/{id}/keep"), json!({})).await.problem(403, "missing_permission");
    let version = bank.shown(&id).await.version();
    let kept = bank.clerk.post(format!("/v1/account-movements/{id}/keep"), json!({})).await.expect(200);
    assert_eq!((kept.at("/possible_duplicate"), kept.version()), (&json!(false), version + 1));
    assert!(bank.in_doubt().await.is_empty(), "the other one is kept with it");
    let again = bank.clerk.post(format!("/v1/account-movements/{id}/keep"), json!({})).await.expect(200);
    assert_eq!(again.version(), version + 1, "keeping twice changes nothing");
    assert!(bank.shown(&id).await.at("/possible_duplicates").as_array().unwrap().is_empty());
    assert_eq!(bank.assigned(&id).await["outcome"], "assigned");
    // The files again do not bring the doubt back.
    assert_eq!(bank.after(&[&file(&[(20, "", name, &longer), (21, "", "Max", "x")])]).await, (3, 0));
    bank.app.finish().await;
}

#[tokio::test]
async fn hiding_one_of_two_decides_about_both() {
    let bank = Bank::start().await;
    assert_eq!(bank.after(&[&file(&[RETOLD]), &file(&[TOLD])]).await, (2, 2));
    let ids = bank.in_doubt().await;
    let hidden = bank.clerk.post("/v1/account-movements/hide", json!({ "ids": [ids[0]] })).await.expect(200);
    assert_eq!(hidden.at("/items/0/possible_duplicate"), false);
    assert_eq!(hidden.at("/items/0/version"), bank.shown(&ids[0]).await.at("/version"));
    assert!(bank.in_doubt().await.is_empty());
    assert_eq!(bank.shown(&ids[1]).await.at("/possible_duplicate"), false);
    let shown = bank.clerk.post("/v1/account-movements/unhide", json!({ "ids": [ids[0]] })).await.expect(200);
    assert_eq!(shown.at("/items/0/possible_duplicate"), true);
    assert_eq!(bank.in_doubt().await.len(), 2, "whoever shows it again takes that back");
    assert_eq!(bank.shown(&ids[1]).await.text("/possible_duplicates/0/movement/id"), ids[0]);
    // What was kept stays decided.
    bank.clerk.post(format!("/v1/account-movements/{}/keep", ids[0]), json!({})).await.expect(200);
    for action in ["hide", "unhide"] {
        bank.clerk.post(format!("/v1/account-movements/{action}"), json!({ "ids": [ids[0]] })).await.expect(200);
    }
    assert!(bank.in_doubt().await.is_empty());
    bank.app.finish().await;
}

#[tokio::test]
async fn a_file_that_has_both_tells_them_apart_in_any_order() {
    let files = [file(&[TOLD]), file(&[RETOLD]), file(&[RETOLD, TOLD])];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let bank = Bank::start().await;
        let files: Vec<&Vec<u8>> = order.iter().map(|place| &files[*place]).collect();
        assert_eq!(bank.after(&files).await, (2, 0), "{order:?}");
        bank.app.finish().await;
    }
}

#[tokio::test]
async fn the_same_end_to_end_id_some_days_apart_is_a_doubt_and_another_one_is_none() {
    let (one, later) = ((20, "RE-1", "Jürgen Groß", "Rechnung 1"), (23, "RE-1", "J. Groß", "Zahlung zur Rechnung"));
    let other = (20, "RE-2", "Jürgen Groß", "Rechnung 1 und danke");
    let bank = Bank::start().await;
    assert_eq!(bank.after(&[&file(&[one]), &file(&[other])]).await, (2, 0));
    assert_eq!(bank.after(&[&file(&[later])]).await, (3, 2));
    let shown = bank.shown(&bank.in_doubt().await[0]).await;
    assert_eq!(shown.text("/possible_duplicates/0/reason"), "same_end_to_end_id");
    bank.app.finish().await;
}

#[tokio::test]
async fn files_of_one_archive_are_compared_with_one_another() {
    let bank = Bank::start().await;
    let both = archive(&[Member::new("a.xml", &file(&[TOLD])), Member::new("b.xml", &file(&[RETOLD]))]);
    assert_eq!(bank.after(&[&both]).await, (2, 2));
    assert_eq!(bank.after(&[&file(&[TOLD, RETOLD])]).await, (2, 0));
    bank.app.finish().await;
}

#[tokio::test]
async fn a_booking_that_takes_the_place_of_its_announcement_is_compared_too() {
    let line = |day, purpose| entry("119.00", "BOOK", day, purpose);
    let announced = statement(&entry("119.00", "PDNG", "2026-11-20", "Rechnung RE-2026-0001"));
    let retold = statement(&line("2026-11-21", "Zahlung Rechnung RE-2026-0001"));
    let booked = statement(&line("2026-11-21", "Rechnung RE-2026-0001"));
    let bank = Bank::start().await;
    assert_eq!(bank.after(&[&announced, &retold]).await, (2, 0));
    assert_eq!(bank.after(&[&booked]).await, (2, 2));
    assert_eq!(bank.entries().await, 2);
    bank.app.finish().await;
}

#[tokio::test]
async fn a_day_with_very_many_lines_hides_no_doubt_of_another_day() {
    const MANY: u32 = 5_001;
    let row =
        |day: u32, purpose: &str| format!("{day}.11.26;{day}.11.26;Jürgen Groß;Gutschrift;{purpose};119,00;EUR\n");
    let head = "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung\n";
    let many: String = (1..=MANY).map(|number| row(20, &format!("Nummer {number:04} von vielen"))).collect();
    let told = format!("{head}{}{many}", row(21, "Rechnung RE-2026-0001"));
    let line = |day, purpose| entry("119.00", "BOOK", day, purpose);
    let retold = [line("2026-11-20", "etwas anderes"), line("2026-11-21", "SVWZ Rechnung RE-2026-0001")].concat();
    let bank = Bank::start().await;
    bank.import(told.as_bytes()).await;
    bank.import(&statement(&retold)).await;
    assert_eq!(bank.in_doubt().await.len(), 2);
    assert_eq!(bank.log().await, ["duplicates_not_compared", "possible_duplicate"]);
    bank.app.finish().await;
}

#[tokio::test]
async fn equal_lines_of_a_file_and_files_that_go_on_are_no_doubt() {
    let bank = Bank::start().await;
    let coffee = (20, "", "Café am Markt", "Danke");
    assert_eq!(bank.after(&[&file(&[coffee, coffee])]).await, (2, 0));
    // The next day's file begins with what is known and has another one of the day.
    let more = (20, "", "Café am Markt", "Danke schön");
    assert_eq!(bank.after(&[&file(&[coffee, coffee, more])]).await, (3, 0));
    let rehearsed = bank.upload(&file(&[TOLD]), &[]).await;
    bank.finished(rehearsed).await;
    let rehearsed = bank.upload(&file(&[RETOLD]), &[("dry_run", "true")]).await;
    bank.finished(rehearsed).await;
    assert_eq!((bank.movements().await.len(), bank.in_doubt().await.len()), (4, 0), "a dry run marks nothing");
    bank.app.finish().await;
}

#[tokio::test]
async fn a_whole_file_in_other_words_is_marked_and_told_apart_again() {
    const LINES: u32 = 1_100;
    let bank = Bank::start().await;
    let purpose = |number: u32| format!("Rechnung RE-2026-{number:04}");
    let other = |number: u32| format!("SVWZ {} Danke", purpose(number));
    let amounted = |number: u32, purpose: String| entry(&format!("{number}.10"), "BOOK", "2026-11-20", &purpose);
    let told: String = (1..=LINES).map(|number| amounted(number, purpose(number))).collect();
    let retold: String = (1..=LINES).map(|number| amounted(number, other(number))).collect();
    bank.import(&statement(&told)).await;
    bank.import(&statement(&retold)).await;
    let counted = bank.clerk.get("/v1/account-movements/summary?possible_duplicate=true").await.expect(200);
    assert_eq!(counted.at("/count"), 2 * LINES);
    let log = bank.log().await;
    assert_eq!(
        log.iter().filter(|code| *code == "possible_duplicate").count(),
        21,
        "twenty by name, and how many more"
    );
    bank.import(&statement(&format!("{retold}{told}"))).await;
    assert!(bank.in_doubt().await.is_empty());
    bank.app.finish().await;
}
