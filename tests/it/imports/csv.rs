//! CSV files over HTTP: found by their header, imported like any other format, refused with what was found. Features 16, 17.

use heller::domain::movement::ImportChannel;
use serde_json::{Value, json};

use super::{Bank, counts};

/// A file of a savings bank with one booking of a number.
fn savings_bank(rows: &[(&str, &str)]) -> Vec<u8> {
    let header = "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;Glaeubiger ID;Mandatsreferenz;\
        Kundenreferenz (End-to-End);Sammlerreferenz;Lastschrift Ursprungsbetrag;Auslagenersatz Ruecklastschrift;\
        Beguenstigter/Zahlungspflichtiger;Kontonummer/IBAN;BIC (SWIFT-Code);Betrag;Waehrung;Info\n";
    let row = |(purpose, amount): &(&str, &str)| {
        format!(
            "DE89370400440532013000;24.11.26;24.11.26;GUTSCHR. UEBERWEISUNG;{purpose};;;NOTPROVIDED;;;;Erika Muster;\
             DE02120300000000202051;BYLADEM1001;{amount};EUR;Umsatz gebucht\n"
        )
    };
    (header.to_owned() + &rows.iter().map(row).collect::<String>()).into_bytes()
}

fn own(columns: &[(&str, &str)], more: Value) -> Value {
    let column = |(field, name): &(&str, &str)| json!({ "field": field, "names": [name] });
    let columns: Vec<_> = columns.iter().map(column).collect();
    let mut rules = json!({ "dates": "day_month_year", "numbers": "comma", "columns": columns });
    rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "name": "Eigene Bank", "rules": rules })
}

const SIMPLE: &[(&str, &str)] = &[("booking_date", "Tag"), ("amount", "Umsatz"), ("purpose", "Text")];
const FILE: &[u8] = b"Tag;Text;Umsatz\n24.11.26;RE-7;119,00\n24.11.26;RE-8;1.234\n";

#[tokio::test]
async fn a_built_in_bank_is_found_and_the_same_file_brings_nothing_new() {
    let bank = Bank::start().await;
    let file = savings_bank(&[("RE-1", "119,00"), ("RE-2", "1,234.56"), ("RE-1", "119,00")]);
    let run = bank.import(&file).await;
    assert_eq!(counts(&run), [2, 0, 0, 0, 0, 1]);
    let movements = bank.movements().await;
    assert!(movements.iter().all(|movement| movement.import_channel == ImportChannel::Csv));
    assert_eq!(movements[0].purpose.as_deref(), Some("RE-1"));
    assert_eq!(bank.log().await, ["invalid_amount"]);
    bank.upload(&file, &[]).await.expect(200);
    let longer = savings_bank(&[("RE-1", "119,00"), ("RE-1", "119,00"), ("RE-3", "5,00")]);
    assert_eq!(counts(&bank.import(&longer).await), [1, 0, 2, 0, 0, 0]);
    let listed = bank.clerk.get("/v1/account-movements?purpose=RE-3").await.expect(200);
    assert_eq!((listed.text("/items/0/import_channel"), listed.at("/items/0/returnable")), ("csv", &json!(false)));
}

#[tokio::test]
async fn strict_imports_store_nothing_of_a_file_with_a_bad_row() {
    let bank = Bank::start().await;
    let file = savings_bank(&[("RE-1", "119,00"), ("RE-2", "zwölf")]);
    let begun = bank.raw(&file, "&strict=true").await;
    let run = bank.finished(begun).await;
    assert_eq!((run["items"][0]["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0));
}

#[tokio::test]
async fn an_unknown_header_is_refused_in_both_languages_and_an_own_profile_reads_it() {
    let bank = Bank::start().await;
    let run = bank.import(FILE).await;
    assert_eq!(run["items"][0]["status"].as_str(), Some("failed"));
    for (language, words) in [
        ("de", "kein Profil passt zur Kopfzeile; sie hat 3 Spalten, von denen kein Profil eine kennt"),
        ("en", "no statement profile fits the header; it has 3 columns, none of which any profile knows"),
    ] {
        let log = bank.clerk.get("/v1/logbook").lang(language).await.expect(200);
        assert_eq!(log.text("/items/0/code"), "csv_profile_unknown");
        assert!(log.text("/items/0/message").starts_with(words), "{log:?}");
    }
    bank.admin.post("/v1/statement-profiles", own(SIMPLE, json!({}))).await.expect(201);
    assert_eq!(counts(&bank.import(FILE).await), [1, 0, 0, 0, 0, 1]);
    // A second one that fits as well leaves open which is meant, until it is tied to the account.
    let second = bank.admin.post("/v1/statement-profiles", own(SIMPLE, json!({ "first_row": 2 }))).await.expect(201);
    let other = [FILE, b"24.11.26;RE-9;7,00\n".as_slice()].concat();
    let run = bank.import(&other).await;
    assert_eq!(run["items"][0]["status"].as_str(), Some("failed"));
    assert_eq!(bank.log().await.pop().unwrap(), "csv_profile_ambiguous");
    let path = format!("/v1/statement-profiles/{}", second.id());
    let tied = bank.admin.patch(path, json!({ "account_id": bank.account })).if_match(1).await.expect(200);
    assert_eq!((tied.text("/account/id"), tied.version()), (bank.account.as_str(), 2));
    assert_eq!(counts(&bank.import(&other).await), [1, 0, 1, 0, 0, 1]);
}

#[tokio::test]
async fn a_file_of_another_account_is_refused() {
    let bank = Bank::of(crate::support::app::TestApp::start().await, json!({"iban": "DE02120300000000202051"})).await;
    let run = bank.import(&savings_bank(&[("RE-1", "119,00")])).await;
    assert_eq!(
        (run["items"][0]["status"].as_str(), bank.log().await),
        (Some("failed"), vec!["other_account".to_owned()])
    );
}

/// [16]
#[tokio::test]
async fn a_profile_is_tried_on_a_sample_without_storing_anything() {
    let bank = Bank::start().await;
    let id = bank.admin.post("/v1/statement-profiles", own(SIMPLE, json!({}))).await.expect(201).id();
    let path = format!("/v1/statement-profiles/{id}/test");
    let tried = bank.admin.post(&path, json!({ "text": String::from_utf8_lossy(FILE) })).await.expect(200);
    assert_eq!((tried.text("/lines/0/purpose"), tried.text("/lines/0/amount/amount")), ("RE-7", "119.00"));
    assert_eq!((tried.text("/issues/0/code"), tried.at("/issues/0/line")), ("invalid_amount", &json!(3)));
    assert_eq!((tried.at("/line_count"), tried.at("/error_count")), (&json!(1), &json!(1)));
    assert_eq!((tried.text("/detected/delimiter"), tried.at("/detected/header_line")), (";", &json!(1)));
    // "Tag;Text;Umsatz" in UTF-16, in base64: another encoding is found out.
    let wide = "/v5UAGEAZwA7AFQAZQB4AHQAOwBVAG0AcwBhAHQAegAKAA==";
    let tried = bank.admin.post(&path, json!({ "base64": wide.replacen("/v5", "//5", 1) })).await.expect(200);
    assert_eq!(tried.at("/line_count"), &json!(0));
    let tried = bank.admin.post(&path, json!({ "text": "a;b;c\n1;2;3\n" })).await.expect(200);
    assert_eq!((tried.text("/issues/0/code"), tried.at("/detected")), ("csv_profile_unknown", &Value::Null));
    for wrong in [json!({}), json!({ "text": "a", "base64": "YQ==" }), json!({ "base64": "?" })] {
        bank.admin.post(&path, wrong).await.problem(422, "invalid_value");
    }
    assert_eq!((bank.movements().await.len(), bank.stored_files().await), (0, (0, 0)));
}

#[tokio::test]
async fn built_in_profiles_are_listed_and_cannot_be_changed() {
    let bank = Bank::start().await;
    let listed = bank.clerk.get("/v1/statement-profiles?built_in=true").await.expect(200);
    let names: Vec<_> =
        listed.at("/items").as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    for bank in [
        "Sparkasse CSV-CAMT V2",
        "Sparkasse CSV-CAMT V8",
        "DKB (since 2023)",
        "DKB (before 2023)",
        "ING",
        "Commerzbank",
        "Deutsche Bank",
        "N26",
        "PayPal activity",
    ] {
        assert!(names.contains(&bank), "{names:?}");
    }
    let path = format!("/v1/statement-profiles/{}", listed.text("/items/0/id"));
    assert_eq!(path, "/v1/statement-profiles/stp_00000000000000000000000001");
    assert_eq!(bank.clerk.get(&path).await.expect(200).at("/built_in"), &json!(true));
    bank.admin.patch(&path, json!({ "name": "Meine" })).if_match(1).await.problem(409, "profile_built_in");
    bank.admin.delete(&path).if_match(1).await.problem(409, "profile_built_in");
    bank.clerk.get("/v1/statement-profiles").await.expect(200);
    bank.clerk.post("/v1/statement-profiles", own(SIMPLE, json!({}))).await.problem(403, "missing_permission");
}

#[tokio::test]
async fn every_wrong_value_of_a_profile_is_named() {
    let bank = Bank::start().await;
    let refused = |body: Value| bank.admin.post("/v1/statement-profiles", body);
    let missing = refused(own(&[("booking_date", "Tag")], json!({}))).await;
    missing.problem(422, "invalid_value");
    assert!(missing.json["errors"].as_array().unwrap().len() == 2, "{missing:?}");
    for (columns, more) in [
        (vec![("booking_date", "#1"), ("amount", "#2"), ("purpose", "#3")], json!({})),
        (SIMPLE.to_vec(), json!({ "first_row": 0 })),
        (SIMPLE.to_vec(), json!({ "delimiter": "x" })),
        (SIMPLE.to_vec(), json!({ "sign": { "rule": "marked" } })),
        (SIMPLE.to_vec(), json!({ "sign": { "rule": "two_columns" } })),
        (vec![("mark", "S/H"), ("booking_date", "Tag"), ("amount", "Umsatz"), ("purpose", "Text")], json!({})),
        (vec![("debit", "Soll"), ("booking_date", "Tag"), ("amount", "Umsatz"), ("purpose", "Text")], json!({})),
        (vec![("booking_date", "#0"), ("amount", "Umsatz"), ("purpose", "Text")], json!({})),
        (SIMPLE.to_vec(), json!({ "numbers": "roman" })),
    ] {
        refused(own(&columns, more)).await.problem(422, "invalid_value");
    }
    refused(own(SIMPLE, json!({ "currency": "XXZ" }))).await.problem(422, "unknown_currency");
    let unknown = json!({ "account_id": "acc_00000000000000000000000001" });
    let mut body = own(SIMPLE, json!({}));
    body.as_object_mut().unwrap().extend(unknown.as_object().unwrap().clone());
    refused(body).await.problem(422, "reference_not_found");
}

#[tokio::test]
async fn a_profile_stays_as_it_is_while_a_file_is_imported() {
    let bank = Bank::start().await;
    let id = bank.admin.post("/v1/statement-profiles", own(SIMPLE, json!({}))).await.expect(201).id();
    let path = format!("/v1/statement-profiles/{id}");
    let begun = bank.upload(FILE, &[]).await;
    bank.admin.delete(&path).if_match(1).await.problem(409, "reconciliation_in_progress");
    bank.finished(begun).await;
    bank.admin.delete(&path).if_match(2).await.problem(412, "version_mismatch");
    bank.admin.delete(&path).if_match(1).await.expect(204);
    bank.admin.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn no_profile_comes_to_an_account_while_its_file_is_imported() {
    let bank = Bank::start().await;
    let other = json!({"name": "Zweite", "provider": "bank_file", "currency": "EUR"});
    let other = bank.admin.post("/v1/payment-accounts", other).await.expect(201).id();
    let tied = |account: &str| {
        let mut body = own(SIMPLE, json!({}));
        body["account_id"] = json!(account);
        body
    };
    let elsewhere = bank.admin.post("/v1/statement-profiles", tied(&other)).await.expect(201).id();
    let path = format!("/v1/statement-profiles/{elsewhere}");
    let begun = bank.upload(FILE, &[]).await;
    let refused = [
        bank.admin.post("/v1/statement-profiles", tied(&bank.account)).await,
        bank.admin.post("/v1/statement-profiles", own(SIMPLE, json!({}))).await,
        bank.admin.patch(&path, json!({ "account_id": bank.account })).if_match(1).await,
        bank.admin.patch(&path, json!({ "account_id": null })).if_match(1).await,
    ];
    for answer in refused {
        answer.problem(409, "reconciliation_in_progress");
    }
    // What no running import reads with may change.
    bank.admin.patch(&path, json!({ "name": "Andere" })).if_match(1).await.expect(200);
    bank.finished(begun).await;
    bank.admin.patch(&path, json!({ "account_id": bank.account })).if_match(2).await.expect(200);
}

#[tokio::test]
async fn two_profiles_of_an_account_never_recognise_the_same_files() {
    let bank = Bank::start().await;
    let with = |more: Value| {
        let mut body = own(SIMPLE, json!({}));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let tied = json!({ "account_id": bank.account });
    bank.admin.post("/v1/statement-profiles", with(json!({}))).await.expect(201);
    let mine = bank.admin.post("/v1/statement-profiles", with(tied.clone())).await.expect(201).id();
    // Neither the order nor the spelling of the columns, nor what is made of them, tells two apart.
    let mut turned = own(&[("purpose", "TEXT"), ("booking_date", "tag"), ("amount", "Umsatz#1")], json!({}));
    turned["rules"]["numbers"] = json!("point");
    for body in [with(json!({})), with(tied), turned] {
        let refused = bank.admin.post("/v1/statement-profiles", body).await;
        refused.problem(422, "invalid_value");
        assert_eq!(refused.text("/errors/0/pointer"), "/rules/columns");
        assert_eq!(refused.text("/errors/0/params/reason"), "profile_same_header");
    }
    let path = format!("/v1/statement-profiles/{mine}");
    bank.admin.patch(&path, json!({ "account_id": null })).if_match(1).await.problem(422, "invalid_value");
    bank.admin.patch(&path, json!({ "rules": own(SIMPLE, json!({}))["rules"] })).if_match(1).await.expect(200);
    let other = own(&[("booking_date", "Tag"), ("amount", "Betrag"), ("purpose", "Text")], json!({}));
    bank.admin.post("/v1/statement-profiles", other).await.expect(201);
}

#[tokio::test]
async fn built_in_profiles_and_own_ones_are_one_list_page_by_page() {
    let bank = Bank::start().await;
    for name in ["Erste", "Zweite", "Dritte"] {
        let columns = [("booking_date", "Tag"), ("amount", name), ("purpose", "Text")];
        bank.admin.post("/v1/statement-profiles", own(&columns, json!({}))).await.expect(201);
    }
    let ids = |listed: &Value| -> Vec<String> {
        listed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let of = async |query: &str| ids(&bank.clerk.get(format!("/v1/statement-profiles{query}")).await.expect(200).json);
    let (all, built_in, own) = (of("").await, of("?built_in=true").await, of("?built_in=false").await);
    assert_eq!((own.len(), &all), (3, &[built_in.clone(), own.clone()].concat()));
    for limit in [1, 2, built_in.len() - 1, built_in.len(), built_in.len() + 1, all.len(), all.len() + 1] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let path = format!("/v1/statement-profiles?limit={limit}{cursor}");
            let listed = bank.clerk.get(path).await.expect(200).json.clone();
            assert!(listed["items"].as_array().unwrap().len() <= limit);
            seen.extend(ids(&listed));
            pages += 1;
            match listed["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((&seen, pages), (&all, all.len().div_ceil(limit)), "{limit}");
    }
}
