//! P01: the number of a customer's card comes with his payment, and is kept by nobody. The rules are `domain::card_number`'s.

use heller::entities::{account_movement, log_row};
use sea_orm::EntityTrait;

use super::{Bank, booked, counts};
use crate::imports::{IBAN, statement};

const CARD: &str = "4111111111111111";
const MASKED: &str = "411111******1111";

#[tokio::test]
async fn p01_no_movement_keeps_the_number_of_a_card() {
    let bank = Bank::start().await;
    let camt = statement(&booked("1.00", &format!("Karte {CARD} RE-1")));
    let swift = format!(
        ":20:M1\r\n:25:{IBAN}\r\n:28C:1/1\r\n:60F:C261119EUR0,\r\n:61:2611201120CR2,00NTRFNONREF\r\n\
         :86:166?00GUTSCHRIFT?20SVWZ+RE-2 Karte 41111111111?2111111?32VISA {CARD}\r\n:62F:C261120EUR2,\r\n-\r\n"
    );
    let rows = format!(
        "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung\r\n\
         20.11.26;20.11.26;Groß;Gutschrift;Karte {CARD} RE-3;3,00;EUR\r\n"
    );
    for file in [camt, swift.into_bytes(), rows.into_bytes()] {
        assert_eq!(counts(&bank.import(&file).await), [1, 0, 0, 0, 0, 0]);
    }
    let db = bank.app.state().db.reader();
    let movements = account_movement::Entity::find().all(db).await.unwrap();
    assert_eq!(movements.iter().filter(|row| format!("{row:?}").contains(MASKED)).count(), 3);
    for row in &movements {
        let source = bank.clerk.get(format!("/v1/account-movements/{}/source", row.id)).await.expect(200);
        let told = format!("{row:?}{source:?}");
        assert!(!told.contains(CARD) && !told.contains(&CARD[..11]), "{told}");
    }
    let log = log_row::Entity::find().all(db).await.unwrap();
    assert!(!format!("{log:?}").contains(CARD));
    // Whoever looks for the payment finds it by what is left.
    let found = bank.clerk.get("/v1/account-movements?purpose=411111******1111").await.expect(200);
    assert_eq!(found.at("/items").as_array().unwrap().len(), 3, "{found:?}");
}
