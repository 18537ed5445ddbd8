//! The books: accounts and entries.

use super::labels;
use crate::domain::ledger::{AccountRole, AccountType, EntryKind};

labels! {
    AccountRole {
        Bank "Bank" / "Bank";
        MoneyInTransit "Money in transit" / "Geldtransit" ("Sent, and not yet on the statement" / "Gesendet und noch nicht auf dem Kontoauszug");
        UnassignedReceipts "Unassigned receipts" / "Nicht zugewiesene Eingänge";
        Customer "Receivables from customers" / "Forderungen gegen Kunden";
        RefundsPayable "Refunds payable" / "Verbindlichkeiten aus Erstattungen";
        Revenue "Revenue" / "Erlöse";
        Vat "Value added tax" / "Umsatzsteuer";
        BankFees "Bank fees" / "Bankgebühren";
        Cash "Cash" / "Kasse";
    }
    AccountType {
        Asset "Asset" / "Aktiva";
        Liability "Liability" / "Passiva";
        Income "Income" / "Ertrag";
        Expense "Expense" / "Aufwand";
    }
    EntryKind {
        MovementImported "Movement imported" / "Kontobewegung eingelesen";
        FeeImported "Fee imported" / "Gebühr eingelesen";
        Assigned "Assigned" / "Zugewiesen";
        AssignmentUndone "Assignment undone" / "Zuweisung aufgehoben";
        PaymentKeyed "Payment keyed by hand" / "Zahlung von Hand erfasst";
        InvoiceIssued "Invoice issued" / "Rechnung ausgestellt";
        CorrectionFormalised "Correction formalised" / "Korrektur festgeschrieben";
        RefundGenerated "Refund generated" / "Erstattung erzeugt";
        RefundEdited "Refund edited" / "Erstattung geändert";
        RefundDeleted "Refund deleted" / "Erstattung gelöscht";
        RefundSent "Refund sent" / "Erstattung gesendet";
        RefundConfirmed "Refund confirmed" / "Erstattung bestätigt";
    }
}
