//! Lines that their words do not tell apart, and balances do (lesson R74).

use serde_json::json;

use super::{Bank, IBAN, between, counts, entry};
use crate::support::archive::{Member, archive};

const DANKE: &str = "Danke";

/// A statement of the 20th with so many payments of 3.50 in the same words.
fn coffees(opening: &str, closing: &str, count: usize) -> Vec<u8> {
    between(20, (opening, closing), &entry("3.50", "BOOK", "2026-11-20", DANKE).repeat(count))
}

/// The day as SWIFT has it.
fn swift(opening: &str, closing: &str, count: usize) -> Vec<u8> {
    let line = ":61:2611201120CR3,50NTRFNONREF\r\n:86:166?00GUTSCHRIFT?20Danke\r\n".repeat(count);
    format!(":20:M1\r\n:25:{IBAN}\r\n:28C:1/1\r\n:60F:C261119EUR{opening}\r\n{line}:62F:C261120EUR{closing}\r\n-\r\n")
        .into_bytes()
}

/// Rows and columns without balances.
fn table(rows: &str) -> Vec<u8> {
    let header = "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung";
    format!("{header}\n{rows}").into_bytes()
}

impl Bank {
    async fn amounts(&self) -> Vec<i64> {
        let mut amounts: Vec<i64> = self.movements().await.iter().map(|row| row.amount_minor).collect();
        amounts.sort_unstable();
        amounts
    }

    async fn doubted(&self) -> usize {
        self.movements().await.iter().filter(|row| row.possible_duplicate).count()
    }
}

/// Morning, noon and evening of a day with a payment each in the same words, and the whole day in two formats: three
/// payments, whatever comes first, and however little is known in between.
#[tokio::test]
async fn statements_of_one_day_with_lines_alike_are_told_apart_in_any_order() {
    let files =
        [coffees("0.00", "3.50", 1), coffees("3.50", "7.00", 1), coffees("7.00", "10.50", 1), swift("0,", "10,50", 3)];
    for order in [[0, 1, 2, 3], [0, 2, 1, 3], [1, 0, 2, 3], [2, 1, 0, 3], [2, 0, 1, 3], [3, 1, 0, 2], [0, 3, 2, 1]] {
        let bank = Bank::start().await;
        for (place, file) in order.iter().enumerate() {
            let run = bank.import(&files[*file]).await;
            assert_eq!(run["status"], "finished", "{order:?} {run:#}");
            if place == 2 {
                assert_eq!(bank.amounts().await, [350; 3], "{order:?} {:?}", bank.log().await);
            }
        }
        assert_eq!((bank.amounts().await, bank.entries().await), (vec![350; 3], 3), "{order:?}");
        assert_eq!(bank.doubted().await, 0);
        assert!(!bank.log().await.contains(&"movements_differ_from_balance".to_owned()));
        bank.app.finish().await;
    }
}

#[tokio::test]
async fn what_was_told_apart_is_said_once_and_stays_so() {
    let bank = Bank::start().await;
    bank.import(&coffees("100.00", "103.50", 1)).await;
    let run = bank.import(&swift("103,50", "107,", 1)).await;
    assert_eq!(counts(&run), [1, 0, 0, 0, 0, 0]);
    assert_eq!((bank.amounts().await, bank.log().await), (vec![350; 2], vec!["movements_told_apart".to_owned()]));
    for (language, words) in [
        ("en", "1 movements from 2026-11-20 to 2026-11-20 were added"),
        ("de", "1 Kontobewegungen vom 2026-11-20 bis 2026-11-20 wurden ergänzt"),
    ] {
        let log = bank.clerk.get("/v1/logbook").lang(language).await.expect(200);
        assert!(log.text("/items/0/message").contains(words), "{log:?}");
        assert_eq!(log.text("/items/0/level"), "info");
    }
    // Each once more, so that its bytes are others.
    for again in [coffees("100.00", "103.50", 1), swift("103,50", "107,", 1)] {
        bank.import(&[again, b"\r\n".to_vec()].concat()).await;
    }
    assert_eq!((bank.amounts().await, bank.log().await.len()), (vec![350; 2], 1));
    bank.app.finish().await;
}

/// Each file of an archive counts its lines for itself.
#[tokio::test]
async fn statements_of_one_day_in_one_archive_are_told_apart() {
    let bank = Bank::start().await;
    let (morning, evening) = (coffees("0.00", "3.50", 1), coffees("3.50", "7.00", 1));
    let run = bank.import(&archive(&[Member::new("a.xml", &morning), Member::new("b.xml", &evening)])).await;
    assert_eq!((bank.amounts().await, counts(&run)), (vec![350; 2], [2, 0, 0, 0, 0, 0]));
    bank.app.finish().await;
}

/// A rehearsal adds nothing, and neither do statements whose lines are not what is missing.
#[tokio::test]
async fn only_what_is_missing_to_the_cent_is_added() {
    let bank = Bank::start().await;
    bank.import(&coffees("0.00", "3.50", 1)).await;
    let begun = bank.raw(&coffees("3.50", "7.00", 1), "&dry_run=true").await;
    bank.finished(begun).await;
    assert_eq!((bank.amounts().await.len(), bank.log().await.len()), (1, 0));
    // Another file knows of more money: nobody can tell what is missing.
    bank.import(&table("20.11.26;20.11.26;Erika Muster;Gutschrift;Allerlei;2,00;EUR\n")).await;
    bank.import(&coffees("3.50", "7.00", 1)).await;
    let log = bank.log().await;
    assert!(!log.contains(&"movements_told_apart".to_owned()), "{log:?}");
    assert_eq!(bank.amounts().await, [200, 350]);
    bank.app.finish().await;
}

/// Two formats word a payment so differently that nothing tells they are one: the balances do.
#[tokio::test]
async fn a_payment_that_is_there_twice_is_marked_by_the_balances() {
    let bank = Bank::start().await;
    let told = |purpose: &str| between(21, ("107.00", "116.00"), &entry("9.00", "BOOK", "2026-11-21", purpose));
    bank.import(&told("Danke")).await;
    bank.import(&told("Rechnung 7")).await;
    assert_eq!((bank.amounts().await, bank.doubted().await), (vec![900; 2], 2));
    assert_eq!(bank.log().await, ["movements_differ_from_balance", "possible_duplicate"]);
    let log = bank.clerk.get("/v1/logbook").await.expect(200);
    assert!(
        log.text("/items/1/message").contains("come to 18.00 EUR, the statements of these days to 9.00 EUR"),
        "{log:?}"
    );
    let twice = bank.clerk.get("/v1/account-movements?purpose=Rechnung%207").await.expect(200);
    let id = twice.text("/items/0/id").to_owned();
    let shown = bank.clerk.get(format!("/v1/account-movements/{id}")).await.expect(200);
    assert_eq!(shown.text("/possible_duplicates/0/reason"), "balance");
    // Once somebody has hidden one of the two, it adds up.
    bank.clerk.post("/v1/account-movements/hide", json!({ "ids": [id] })).await.expect(200);
    bank.import(&[told("Danke"), b"<!-- once more -->".to_vec()].concat()).await;
    assert_eq!((bank.log().await.len(), bank.doubted().await), (2, 0));
    bank.app.finish().await;
}

/// What a person has decided is not asked again.
#[tokio::test]
async fn payments_that_were_kept_are_not_doubted_again() {
    let bank = Bank::start().await;
    let told = |purpose: &str| between(21, ("107.00", "116.00"), &entry("9.00", "BOOK", "2026-11-21", purpose));
    bank.import(&told("Danke")).await;
    bank.import(&told("Rechnung 7")).await;
    let id = bank.movements().await[0].id;
    bank.clerk.post(format!("/v1/account-movements/{id}/keep"), json!({})).await.expect(200);
    bank.import(&[told("Danke"), b"<!-- once more -->".to_vec()].concat()).await;
    assert_eq!(bank.doubted().await, 0);
    bank.app.finish().await;
}

/// Rows and columns without balances: those of the statement tell all the same, before them and after.
#[tokio::test]
async fn a_table_without_balances_is_held_to_those_of_a_statement() {
    let table = table(
        "21.11.26;21.11.26;Jürgen Groß;Gutschrift;Ganz andere Worte;9,00;EUR\n\
         22.11.26;22.11.26;Erika Muster;Gutschrift;Am Tag danach;9,00;EUR\n",
    );
    let told = between(21, ("107.00", "116.00"), &entry("9.00", "BOOK", "2026-11-21", "Danke"));
    for files in [[&table, &told], [&told, &table]] {
        let bank = Bank::start().await;
        for file in files {
            let run = bank.import(file).await;
            assert_eq!(run["status"], "finished", "{run:#} {:?}", bank.log().await);
        }
        assert_eq!((bank.amounts().await, bank.doubted().await), (vec![900; 3], 2));
        assert_eq!(bank.log().await, ["possible_duplicate"], "the table may know of more: nothing is said of sums");
        bank.app.finish().await;
    }
}
