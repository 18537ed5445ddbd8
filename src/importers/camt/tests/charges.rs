//! Charges inside an amount, in all the ways the versions have to say so.

use super::{statement, understood};

/// A debit of 15.50 with more elements of its own and one detail.
fn debit(own: &str, detail: &str) -> (Vec<String>, Vec<String>) {
    of("15.50", own, &format!("<TxDtls>{detail}</TxDtls>"))
}

fn of(amount: &str, own: &str, details: &str) -> (Vec<String>, Vec<String>) {
    let entry = format!(
        "<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-11-24</Dt></BookgDt>{own}<NtryDtls>{details}</NtryDtls></Ntry>"
    );
    let heard = understood(statement(&entry).as_bytes());
    let amounts = heard.lines.iter().map(|line| line.amount.amount()).collect();
    (amounts, heard.issues.iter().map(|issue| issue.code.to_owned()).collect())
}

fn amount(text: &str) -> String {
    format!("<Amt Ccy='EUR'>{text}</Amt>")
}

fn record(charge: &str, more: &str) -> String {
    format!("<Rcrd>{}{more}</Rcrd>", amount(charge))
}

const DIVIDED: [&str; 3] = ["-10.00", "-3.00", "-2.50"];

fn named(element: &str, text: &str) -> String {
    format!("<AmtDtls><{element}>{}</{element}></AmtDtls>", amount(text))
}

fn lines(amounts: &[&str], issues: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    (owned(amounts), owned(issues))
}

#[test]
fn charges_that_add_up_are_split_off_in_every_spelling() {
    let newer = format!("<Chrgs>{}{}</Chrgs>", record("3.00", ""), record("2.50", "<CdtDbtInd>DBIT</CdtDbtInd>"));
    let older = format!("<Chrgs>{}</Chrgs><Chrgs>{}</Chrgs>", amount("3.00"), amount("2.50"));
    let (instructed, transaction) = (named("InstdAmt", "10.00"), named("TxAmt", "10.00"));
    for charges in [newer, older] {
        for (own, detail) in [
            (String::new(), format!("{}{charges}", amount("15.50")) + &instructed),
            (String::new(), format!("{transaction}{charges}")),
            (String::new(), format!("{}{charges}", amount("10.00"))),
            (charges.clone(), instructed.clone()),
            (format!("{charges}{instructed}"), String::new()),
            (charges.clone(), format!("{charges}{instructed}")),
        ] {
            assert_eq!(debit(&own, &detail), lines(&DIVIDED, &[]), "{own} {detail}");
        }
        assert_eq!(of("15.50", &format!("{charges}{instructed}"), ""), lines(&DIVIDED, &[]));
    }
    let total = "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>5.50</TtlChrgsAndTaxAmt></Chrgs>";
    assert_eq!(debit("", &(instructed + total)), lines(&["-10.00", "-5.50"], &[]));
}

#[test]
fn what_the_bank_says_about_inclusion_counts() {
    let with = |word: &str| {
        let more = format!("<CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>{word}</ChrgInclInd>");
        format!("<Chrgs>{}{}</Chrgs>", record("3.00", &more), record("2.50", &more))
    };
    assert_eq!(debit("", &with("true")), lines(&DIVIDED, &[]));
    assert_eq!(debit("", &with("false")), lines(&["-15.50"], &[]));
    assert_eq!(debit("", &(with("false") + &named("InstdAmt", "10.00"))), lines(&["-15.50"], &[]));
    assert_eq!(debit("", &(with("true") + &named("InstdAmt", "9.00"))), lines(&["-15.50"], &["charges_not_split"]));
}

#[test]
fn what_does_not_add_up_stays_whole() {
    let charges = format!("<Chrgs>{}</Chrgs>", record("3.00", ""));
    for detail in [
        charges.clone(),
        charges.clone() + &amount("15.50"),
        charges.clone() + &named("InstdAmt", "10.00"),
        charges.clone() + "<AmtDtls><InstdAmt><Amt Ccy='USD'>12.50</Amt></InstdAmt></AmtDtls>",
        "<Chrgs>".to_owned() + &record("0.50", "").repeat(11) + "</Chrgs>" + &named("InstdAmt", "10.00"),
    ] {
        assert_eq!(debit("", &detail), lines(&["-15.50"], &["charges_not_split"]), "{detail}");
    }
    assert_eq!(debit("", &(charges + &named("InstdAmt", "15.50"))), lines(&["-15.50"], &[]), "booked apart");
    let nothing = format!("<Chrgs>{}</Chrgs>", record("0.00", ""));
    assert_eq!(debit("", &nothing), lines(&["-15.50"], &[]));
}

#[test]
fn the_parts_of_a_batch_have_charges_of_their_own() {
    let charges = format!("<Chrgs>{}</Chrgs>", record("2.50", ""));
    let part = |own: &str, original: &str| format!("<TxDtls>{own}{charges}{}</TxDtls>", named("InstdAmt", original));
    let named = part(&amount("12.50"), "10.00") + &part(&amount("7.50"), "5.00");
    let divided = ["-10.00", "-2.50", "-5.00", "-2.50"];
    assert_eq!(of("20.00", "", &named), lines(&divided, &[]));
    let unnamed = part("", "10.00") + &part("", "5.00");
    assert_eq!(of("20.00", "", &unnamed), lines(&divided, &[]));
    assert_eq!(of("15.00", "", &unnamed), lines(&["-10.00", "-5.00"], &[]), "booked apart");
    assert_eq!(of("16.00", "", &unnamed), lines(&["-16.00"], &["batch_not_split"]));
    let heard = understood(
        statement(&format!(
            "<Ntry><Amt Ccy='EUR'>20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2026-11-24</Dt></BookgDt>\
             <NtryDtls>{named}</NtryDtls></Ntry>"
        ))
        .as_bytes(),
    );
    let places: Vec<_> =
        heard.lines.iter().map(|line| (line.ordinal.detail, line.fee_of.map(|of| of.detail))).collect();
    assert_eq!(places, [(1, None), (3, Some(1)), (2, None), (4, Some(2))]);
}
