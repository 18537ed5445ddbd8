//! Orders, invoices, corrections, cancellations and payments.

use super::labels;
use crate::domain::balance::{InvoiceFolder, InvoiceStatus, OrderStatus, PaymentMethod, PaymentStatus};
use crate::domain::correction::{Acknowledgement, CorrectionStatus, PaymentDisposition, Settlement};
use crate::handlers::invoices::InvoiceSort;
use crate::handlers::orders::OrderSort;
use crate::views::cancellations::Warning;
use crate::views::corrections::{CorrectionKind, StatusLabel};
use crate::views::documents::{InvoiceKind, OrderKind};
use crate::views::payments::KeyedMethod;

labels! {
    OrderKind {
        Order "Order" / "Auftrag";
    }
    OrderStatus {
        Open [Yellow] "Open" / "Offen";
        Invoiced [Green] "Invoiced" / "Berechnet";
        Cancelled "Cancelled" / "Storniert";
    }
    OrderSort {
        Oldest "Oldest first" / "Älteste zuerst";
        Newest "Newest first" / "Neueste zuerst";
    }
    PaymentStatus {
        Unpaid [Red] "Unpaid" / "Unbezahlt";
        PartiallyPaid [Yellow] "Partially paid" / "Teilweise bezahlt";
        Paid [Green] "Paid" / "Bezahlt";
    }
    InvoiceKind {
        Invoice "Invoice" / "Rechnung";
    }
    InvoiceStatus {
        Open [Red] "Open" / "Offen";
        PartiallyPaid [Yellow] "Partially paid" / "Teilweise bezahlt";
        Paid [Green] "Paid" / "Bezahlt";
        Credited "Credited" / "Gutgeschrieben" ("Corrected to the full amount" / "In voller Höhe korrigiert");
        Cancelled "Cancelled" / "Storniert";
    }
    InvoiceFolder {
        Open "Open" / "Offen";
        Paid "Paid" / "Bezahlt";
        Credited "Credited" / "Gutgeschrieben";
        Cancelled "Cancelled" / "Storniert";
    }
    InvoiceSort {
        Oldest "Oldest first" / "Älteste zuerst";
        Newest "Newest first" / "Neueste zuerst";
    }
    CorrectionKind {
        Correction "Correction of an invoice" / "Korrektur einer Rechnung";
    }
    CorrectionStatus {
        Draft [Yellow] "Draft" / "Entwurf" ("May be changed and deleted; has no number" / "Änderbar und löschbar; hat keine Nummer");
        Formalised [Green] "Formalised" / "Festgeschrieben" ("Has its number and never changes" / "Hat ihre Nummer und ändert sich nie mehr");
        Cancelled "Cancelled" / "Storniert";
    }
    StatusLabel {
        Credit "Credit" / "Gutschrift";
        Draft "Draft" / "Entwurf";
    }
    Settlement {
        Open [Red] "Not paid back" / "Nicht zurückgezahlt";
        PayoutGenerated [Yellow] "Refund generated" / "Erstattung erzeugt";
        PartiallySettled [Yellow] "Partially paid back" / "Teilweise zurückgezahlt";
        Settled [Green] "Paid back" / "Zurückgezahlt";
    }
    Acknowledgement {
        InvoiceCorrection "The invoice is corrected" / "Die Rechnung wird korrigiert";
        Formalisation "The correction becomes final" / "Die Korrektur wird endgültig";
    }
    PaymentDisposition {
        KeepForRefund "Keep for a refund" / "Für eine Erstattung behalten";
    }
    Warning {
        PaidOrderNotRefunded [Yellow] "The order is paid and nothing goes back" / "Der Auftrag ist bezahlt, und es wird nichts zurückgezahlt";
    }
    PaymentMethod {
        AccountMovement "Account movement" / "Kontobewegung";
        Cash "Cash" / "Bar";
        Ec "EC card" / "EC-Karte";
        BankTransfer "Bank transfer" / "Überweisung";
        Other "Other" / "Sonstige";
        Refund "Refund" / "Erstattung";
    }
    KeyedMethod {
        Cash "Cash" / "Bar";
        Ec "EC card" / "EC-Karte";
        BankTransfer "Bank transfer" / "Überweisung";
        Other "Other" / "Sonstige";
    }
}
