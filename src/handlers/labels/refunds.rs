//! Refunds and what the sandbox provider does with them.

use super::labels;
use crate::domain::approval::ApprovalState;
use crate::domain::refund::{AttemptState, RefundFolder, RefundMethod, RefundOrigin, RefundStatus};
use crate::providers::sandbox::{Mode, PaymentState};
use crate::views::refunds::{ChosenOrigin, SendPhase};

labels! {
    RefundStatus {
        NotSent [Yellow] "Not sent" / "Nicht gesendet";
        AwaitingApproval [Yellow] "Awaiting approval" / "Wartet auf Genehmigung" ("A second person approves or rejects it" / "Eine zweite Person genehmigt oder verwirft sie");
        Sending [Yellow] "Sending" / "Wird gesendet";
        Sent [Green] "Sent" / "Gesendet" ("The provider has accepted it" / "Der Anbieter hat sie angenommen");
        Confirmed [Green] "Confirmed" / "Bestätigt" ("The movement on the account has arrived" / "Die Bewegung auf dem Konto ist eingetroffen");
        Failed [Red] "Failed" / "Fehlgeschlagen" ("The provider has refused it; it may be sent again" / "Der Anbieter hat sie abgelehnt; sie kann erneut gesendet werden");
    }
    RefundFolder {
        NotSent "Not sent" / "Nicht gesendet";
        Sent "Sent" / "Gesendet";
        Failed "Failed" / "Fehlgeschlagen";
    }
    RefundOrigin {
        InvoiceCorrection "Invoice correction" / "Rechnungskorrektur";
        OrderCancellation "Cancellation with refund" / "Stornierung mit Erstattung";
        CancelledOrder "Cancelled order" / "Stornierter Auftrag";
        RemainingAmount "Remaining amount of a movement" / "Restbetrag einer Kontobewegung";
    }
    ChosenOrigin {
        InvoiceCorrection "Invoice correction" / "Rechnungskorrektur";
        CancelledOrder "Cancelled order" / "Stornierter Auftrag";
        RemainingAmount "Remaining amount of a movement" / "Restbetrag einer Kontobewegung";
    }
    RefundMethod {
        Original "By the way it came" / "Auf dem Weg, auf dem es kam";
    }
    AttemptState {
        Open [Yellow] "Under way" / "Unterwegs";
        Unknown [Yellow] "Outcome unknown" / "Ausgang unbekannt" ("The provider is asked; it is not sent again" / "Der Anbieter wird gefragt; es wird nicht erneut gesendet");
        Accepted [Green] "Accepted" / "Angenommen";
        Refused [Red] "Refused" / "Abgelehnt";
    }
    SendPhase {
        Idle "Not begun" / "Nicht begonnen";
        Sending [Yellow] "Sending" / "Wird gesendet";
        AskingProvider [Yellow] "Asking the provider" / "Anbieter wird gefragt";
        Settled [Green] "Settled" / "Abgeschlossen";
    }
    ApprovalState {
        NotRequired "Not required" / "Nicht nötig";
        Pending [Yellow] "Pending" / "Ausstehend";
        Approved [Green] "Approved" / "Genehmigt";
        Rejected [Red] "Rejected" / "Verworfen";
    }
    Mode {
        Accept "Accept" / "Annehmen";
        Refuse "Refuse" / "Ablehnen";
        Delay "Answer late" / "Spät antworten";
        TimeoutAfterEffect "Time-out, paid all the same" / "Zeitüberschreitung, trotzdem gezahlt";
        TimeoutBeforeEffect "Time-out, nothing paid" / "Zeitüberschreitung, nichts gezahlt";
        ServerError "Server error" / "Serverfehler";
    }
    PaymentState {
        Pending [Yellow] "Pending" / "Ausstehend";
        Paid [Green] "Paid" / "Bezahlt";
        Expired [Red] "Expired" / "Verfallen";
    }
}
