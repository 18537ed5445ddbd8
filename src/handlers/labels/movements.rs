//! Accounts, account movements and assignments.

use super::labels;
use crate::domain::account::{LockReason, ProviderKind};
use crate::domain::assignment::{AssignmentOrigin, ChosenTarget, TargetType};
use crate::domain::duplicate::DuplicateReason;
use crate::domain::matching::{MatchOutcome, MatchReason};
use crate::domain::movement::{
    AssignmentState, BookingType, Colour, Direction, Folder, ImportChannel, MovementAction, MovementStatus,
};
use crate::handlers::movements::{ExportFormat, MovementSort};
use crate::views::movements::{CounterpartyRole, Hint};

labels! {
    ProviderKind {
        BankFile "Bank, by file" / "Bank, per Datei";
        Fints "Bank, by FinTS" / "Bank, per FinTS";
        Paypal "PayPal" / "PayPal";
        Mollie "Mollie" / "Mollie";
        AmazonPay "Amazon Pay" / "Amazon Pay";
        Sandbox "Sandbox" / "Sandbox" ("For demos and tests: no real money" / "Für Vorführungen und Tests: kein echtes Geld");
        Cash "Cash" / "Bargeld";
    }
    LockReason {
        ConfirmationRequired [Red] "Confirmation required" / "Bestätigung nötig" ("The provider wants a person to confirm" / "Der Anbieter verlangt die Bestätigung eines Menschen");
        CredentialsInvalid [Red] "Credentials invalid" / "Zugangsdaten ungültig" ("The provider does not accept the credentials" / "Der Anbieter nimmt die Zugangsdaten nicht an");
    }
    BookingType {
        Incoming "Incoming payment" / "Zahlungseingang";
        SepaPrenoted "Announced direct debit" / "Angekündigte Lastschrift";
        SepaDirectDebit "Direct debit" / "Lastschrift";
        Outgoing "Outgoing payment" / "Zahlungsausgang";
        Refund "Refund" / "Erstattung";
        BankChargeback "Chargeback" / "Rücklastschrift";
        Fee "Fee" / "Gebühr";
    }
    MovementStatus {
        Completed [Green] "Completed" / "Abgeschlossen";
        InProgress [Yellow] "In progress" / "In Bearbeitung";
        Aborted [Red] "Aborted" / "Abgebrochen";
        Failed [Red] "Failed" / "Fehlgeschlagen";
    }
    AssignmentState {
        None "Nothing to assign" / "Nichts zuzuweisen" ("A fee, or not completed yet" / "Eine Gebühr oder noch nicht abgeschlossen");
        Unassigned [Red] "Not assigned" / "Nicht zugewiesen";
        PartiallyAssigned [Yellow] "Partially assigned" / "Teilweise zugewiesen";
        FullyAssigned [Green] "Fully assigned" / "Vollständig zugewiesen";
    }
    Colour {
        None "No colour" / "Keine Farbe";
        Red [Red] "Red" / "Rot";
        Yellow [Yellow] "Yellow" / "Gelb";
        Green [Green] "Green" / "Grün";
    }
    ImportChannel {
        Provider "Provider" / "Anbieter" ("Fetched from the provider; can go back the same way" / "Vom Anbieter abgerufen; kann auf demselben Weg zurück");
        Camt "CAMT file" / "CAMT-Datei";
        Mt940 "MT940 file" / "MT940-Datei";
        Csv "CSV file" / "CSV-Datei";
    }
    Direction {
        In "Incoming" / "Eingang";
        Out "Outgoing" / "Ausgang";
    }
    Folder {
        NotAssigned "Not assigned" / "Nicht zugewiesen";
        FullyAssigned "Fully assigned" / "Vollständig zugewiesen";
        PartiallyAssigned "Partially assigned" / "Teilweise zugewiesen";
        Pending "Pending" / "Schwebend";
        Failed "Failed" / "Fehlgeschlagen";
        Hidden "Hidden" / "Ausgeblendet";
    }
    MovementAction {
        Assign "Assign" / "Zuweisen";
        ReturnRemainingAmount "Return the remaining amount" / "Restbetrag zurückzahlen";
        ReturnCancelledOrder "Return what a cancelled order was paid" / "Zahlung eines stornierten Auftrags zurückzahlen";
        Hide "Hide" / "Ausblenden";
        Unhide "Show again" / "Wieder einblenden";
        Comment "Comment" / "Kommentieren";
        Keep "Keep, it is no duplicate" / "Behalten, kein Doppel";
    }
    DuplicateReason {
        SameEndToEndId "Same amount and end-to-end id" / "Gleicher Betrag und gleiche Ende-zu-Ende-Referenz";
        SameDay "Same day and amount, alike in name and purpose" / "Gleicher Tag und Betrag, Name und Verwendungszweck ähnlich";
        Balance "Same day and amount, and one too many by the statements' balances" / "Gleicher Tag und Betrag, und nach den Salden der Auszüge einer zu viel";
    }
    MovementSort {
        Newest "Newest first" / "Neueste zuerst";
        Oldest "Oldest first" / "Älteste zuerst";
        Largest "Largest amount first" / "Größter Betrag zuerst";
        Smallest "Smallest amount first" / "Kleinster Betrag zuerst";
    }
    ExportFormat {
        Csv "CSV" / "CSV" ("Plain table; in German with semicolons and decimal commas, as Excel expects it" / "Einfache Tabelle; auf Deutsch mit Semikolon und Dezimalkomma, wie Excel es erwartet");
        Xlsx "Excel" / "Excel";
    }
    CounterpartyRole {
        Sender "Sender" / "Absender";
        Recipient "Recipient" / "Empfänger";
    }
    Hint {
        ContactCustomer [Yellow] "Contact the customer" / "Kundschaft kontaktieren";
        None "No hint" / "Kein Hinweis";
    }
    TargetType {
        Order "Order" / "Auftrag";
        Invoice "Invoice" / "Rechnung";
        Refund "Refund" / "Erstattung";
    }
    ChosenTarget {
        Order "Order" / "Auftrag";
        Invoice "Invoice" / "Rechnung";
    }
    AssignmentOrigin {
        Manual "By hand" / "Von Hand";
        Automatic "Automatic" / "Automatisch";
    }
    MatchOutcome {
        Assigned [Green] "Assigned" / "Zugewiesen";
        Ambiguous [Yellow] "Ambiguous" / "Mehrdeutig" ("More than one document fits; a person decides" / "Mehr als ein Beleg passt; ein Mensch entscheidet");
        NoMatch [Red] "No match" / "Kein Treffer";
    }
    MatchReason {
        NumberAndAmount "Number and amount fit" / "Nummer und Betrag passen";
        RefundConfirmed "It confirms a refund" / "Sie bestätigt eine Erstattung";
        SeveralDocuments "Several documents fit" / "Mehrere Belege passen";
        NoReference "No number of a document in the purpose" / "Keine Belegnummer im Verwendungszweck";
        AmountDiffers "The amount is another one" / "Der Betrag weicht ab";
        DocumentClosed "The document has nothing open" / "Der Beleg hat nichts mehr offen";
        TooOld "The movement is too old" / "Die Kontobewegung ist zu alt";
        Currency "The currency is another one" / "Die Währung weicht ab";
        PossibleDuplicate "It may be there twice" / "Vielleicht doppelt vorhanden";
        LostRace "Somebody was faster" / "Jemand war schneller";
        Failed "Failed" / "Fehlgeschlagen";
    }
}
