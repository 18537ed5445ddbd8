//! `heller import`: beside a server and alone, with what it says to people and to scripts.

use serde_json::{Value, json};

use super::demo::{Demo, log_everybody_in};
use super::process::Ended;
use crate::support::archive::{Member, archive};
use crate::support::client::Client;

const IBAN: &str = "DE89370400440532013000";

fn statement(number: &str, entries: &[String]) -> String {
    let document = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    format!(
        "<Document xmlns=\"{document}\"><BkToCstmrStmt><Stmt><Id>{number}</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id>\
         <Ccy>EUR</Ccy></Acct>{}</Stmt></BkToCstmrStmt></Document>",
        entries.concat()
    )
}

fn entry((currency, amount): (&str, &str), reference: &str, purpose: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls>\
         <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
}

fn told(ended: &Ended) -> Value {
    serde_json::from_str(ended.out.trim()).unwrap_or_else(|_| panic!("{ended:?}"))
}

/// An open invoice of the demo's shop: its number, what is due on it, and its day.
async fn open_invoice(accountant: &Client) -> (String, String, String) {
    let invoices = accountant.get("/v1/invoices?limit=200").await.expect(200);
    let open = invoices.at("/items").as_array().unwrap().iter().find(|invoice| invoice["status"] == "open").unwrap();
    let text = |pointer: &str| open.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    (text("/number"), text("/balance_due/amount"), text("/invoice_date"))
}

#[tokio::test]
async fn beside_a_server_its_worker_imports_the_file_and_the_command_tells_the_story() {
    let demo = Demo::new().await;
    let (server, line) = demo.start_for_a_script(&[]);
    let accountant = log_everybody_in(line["url"].as_str().unwrap(), &demo.credentials()).await;
    let (invoice, due, day) = open_invoice(&accountant).await;
    let entries = [entry(("EUR", &due), "A1", &invoice), entry(("EUR", "7.00"), "A2", "Danke")];
    // The assignment looks at how old a document is when it is paid.
    let file = statement("A", &entries).replace("2026-11-20", &day);
    std::fs::write(demo.heller.path("a.xml"), file).unwrap();

    let first = demo.heller.run(&["import", "a.xml", "--progress", "--assign", "--lang", "en"]).expect(0);
    assert_eq!(first.out, "2 new, 0 known, 1 assigned\n", "{first:?}");
    let steps: Vec<Value> = first.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.first().unwrap()["phase"], "reading", "{first:?}");
    assert_eq!((&steps.last().unwrap()["phase"], &steps.last().unwrap()["lines"]), (&"done".into(), &2.into()));

    let again = demo.heller.run(&["import", "a.xml", "--lang", "de"]).expect(0);
    assert!(again.out.starts_with("0 neu, 2 bekannt, 1 zugewiesen; diese Datei kam zuerst am "), "{again:?}");
    let again = told(&demo.heller.run(&["import", "a.xml", "--json"]).expect(0));
    let run =
        accountant.get(format!("/v1/reconciliation-runs/{}", again["run_id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&again["new"], &again["first_received_at"]), (&0.into(), run.at("/items/0/file/received_at")));
    let logbook = accountant.get(format!("/v1/logbook?run_id={}", run.id())).await.expect(200);
    let codes: Vec<&str> =
        logbook.at("/items").as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["file_known", "file_known"]);
    assert!(logbook.text("/items/0/message").contains("received first on"), "{logbook:?}");

    let overlapping = [entry(("EUR", "7.00"), "A2", "Danke"), entry(("EUR", "9.00"), "A3", "Danke")];
    std::fs::write(demo.heller.path("b.xml"), statement("B", &overlapping).replace("2026-11-20", &day)).unwrap();
    let third = demo.heller.run(&["import", "b.xml"]).expect(0);
    assert_eq!(third.out, "1 new, 1 known, 0 assigned\n", "{third:?}");
    server.stop().expect(0);
    demo.heller.run(&["verify"]).expect(0);
}

#[tokio::test]
async fn where_nothing_runs_the_command_does_the_work_and_says_what_was_left_out() {
    let demo = Demo::new().await;
    demo.start_for_a_script(&[]).0.stop().expect(0);
    let entries = [entry(("EUR", "7.00"), "C1", "Danke"), entry(("USD", "8.00"), "C2", "Danke")];
    std::fs::write(demo.heller.path("c.xml"), statement("C", &entries)).unwrap();
    let rehearsed = demo.heller.run(&["import", "c.xml", "--dry-run", "--account", IBAN]).expect(3);
    assert!(rehearsed.out.starts_with("1 new, 0 known, 0 assigned, 1 left out (rehearsal"), "{rehearsed:?}");
    let partly = demo.heller.run(&["import", "c.xml", "--lang", "de"]).expect(3);
    assert_eq!(partly.out, "1 neu, 0 bekannt, 0 zugewiesen, 1 ausgelassen\n");
    assert!(partly.complaint().contains("der Betrag ist in USD"), "{partly:?}");
    std::fs::write(demo.heller.path("d.xml"), statement("D", &entries)).unwrap();
    let refused = demo.heller.run(&["import", "d.xml", "--strict", "--json"]).expect(1);
    assert_eq!((&told(&refused)["status"], &told(&refused)["new"]), (&"failed".into(), &0.into()));
    let swift = format!(
        ":20:M1\n:25:{IBAN}\n:28C:1/1\n:60F:C261119EUR0,\n:61:2611201120CR9,00NTRFNONREF\n:62F:C261120EUR9,\n-\n"
    );
    std::fs::write(demo.heller.path("m.sta"), &swift).unwrap();
    assert_eq!(demo.heller.run(&["import", "m.sta"]).expect(0).out, "1 new, 0 known, 0 assigned\n");
    let new = statement("Z", &[entry(("EUR", "11.00"), "Z1", "Danke")]);
    let members = [Member::new("2026-11-20.sta", swift.as_bytes()), Member::new("2026-11-21.xml", new.as_bytes())];
    std::fs::write(demo.heller.path("z.zip"), archive(&members)).unwrap();
    assert_eq!(demo.heller.run(&["import", "z.zip"]).expect(0).out, "1 new, 1 known, 0 assigned\n");
    demo.heller.run(&["verify"]).expect(0);
    assert!(
        demo.heller.run(&["import", "c.xml"]).expect(3).out.starts_with("0 new, 1 known"),
        "known and still in part"
    );
}

#[tokio::test]
async fn which_of_two_accounts_with_one_iban_is_meant_is_not_guessed() {
    let demo = Demo::new().await;
    let (server, line) = demo.start_for_a_script(&[]);
    let base = line["url"].as_str().unwrap();
    let accountant = log_everybody_in(base, &demo.credentials()).await;
    let admin = demo.credentials()["users"].as_array().unwrap().iter().find(|user| user["role"] == "admin").cloned();
    let login = json!({ "email": admin.as_ref().unwrap()["email"], "password": admin.as_ref().unwrap()["password"] });
    let token = accountant.post("/v1/auth/login", login).await.expect(200).text("/access_token").to_owned();
    let other = json!({ "name": "Other", "provider": "bank_file", "currency": "EUR", "iban": IBAN });
    let other = accountant.with_token(&token).post("/v1/payment-accounts", other).await.expect(201).id().to_owned();
    std::fs::write(demo.heller.path("g.xml"), statement("G", &[entry(("EUR", "7.00"), "G1", "Danke")])).unwrap();
    for arguments in [&["import", "g.xml"][..], &["import", "g.xml", "--account", IBAN]] {
        let refused = demo.heller.run(arguments).expect(2);
        assert!(refused.complaint().contains(&other) && refused.complaint().contains("--account"), "{refused:?}");
    }
    assert_eq!(
        demo.heller.run(&["import", "g.xml", "--account", &other]).expect(0).out,
        "1 new, 0 known, 0 assigned\n"
    );
    server.stop().expect(0);
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_in_the_language_of_the_terminal_and_leaves_nothing() {
    let demo = Demo::new().await;
    demo.start_for_a_script(&[]).0.stop().expect(0);
    std::fs::write(demo.heller.path("e.xml"), statement("E", &[entry(("EUR", "7.00"), "E1", "Danke")])).unwrap();
    std::fs::write(demo.heller.path("no.csv"), "Buchungstag;Betrag\n").unwrap();
    let other = statement("F", &[]).replace(IBAN, "AT611904300234573201");
    std::fs::write(demo.heller.path("other.xml"), other).unwrap();
    for (arguments, german, english) in [
        (vec!["e.xml", "--as", "cashier@demo.example"], "Berechtigung 'reconciliation.run'", "reconciliation.run"),
        (vec!["e.xml", "--as", "nobody@demo.example"], "niemand Aktives", "no active user"),
        (vec!["e.xml", "--account", "DE02120300000000202051"], "kein Zahlungskonto", "no payment account"),
        (vec!["missing.xml"], "ist nicht lesbar", "cannot read"),
        (vec!["no.csv"], "kein Kontoauszug", "no statement"),
        (vec!["."], "ist nicht lesbar", "cannot read"),
        (vec!["other.xml"], "AT611904300234573201", "--account chooses one"),
        (vec!["e.xml", "--import-max-bytes", "100"], "100", "100"),
    ] {
        // The file is refused, or the command line is wrong.
        let code = if ["no.csv", "e.xml --import-max-bytes 100"].contains(&&*arguments.join(" ")) { 1 } else { 2 };
        let arguments = [&["import"], arguments.as_slice()].concat();
        let ask = |lang| demo.heller.run(&[arguments.as_slice(), &["--lang", lang]].concat()).expect(code);
        let (de, en) = (ask("de"), ask("en"));
        assert!(de.complaint().contains(german) && en.complaint().contains(english), "{de:?} {en:?}");
        assert!(de.out.is_empty() && en.out.is_empty());
    }
    let fresh = told(&demo.heller.run(&["import", "e.xml", "--json"]).expect(0));
    assert_eq!((&fresh["new"], &fresh["first_received_at"]), (&1.into(), &Value::Null), "nothing was left");
}

#[tokio::test]
async fn somebody_has_to_be_named_and_the_licence_holds_as_over_http() {
    let db = crate::support::db::TestDb::fresh().await;
    let heller = super::process::Heller::new().with("HELLER_DATABASE_URL", db.url());
    std::fs::write(heller.path("e.xml"), statement("E", &[entry(("EUR", "7.00"), "E1", "Danke")])).unwrap();
    let create = ["user", "create", "--email", "a@example.com", "--name", "Anna", "--role", "accountant"];
    heller.run(&create).expect(0);
    let nobody = heller.run(&["import", "e.xml", "--lang", "de"]).expect(2);
    assert!(nobody.complaint().contains("--as EMAIL"), "{nobody:?}");
    let unlicensed = heller.run(&["import", "e.xml", "--as", "a@example.com", "--lang", "de"]).expect(2);
    assert!(unlicensed.complaint().contains("Lizenz"), "{unlicensed:?}");
}
