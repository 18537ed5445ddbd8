//! Roles, permissions, licence.

use super::labels;
use crate::access::permission::Permission;
use crate::access::role::Role;
use crate::domain::licence::LicenceState;
use crate::handlers::refresh_cookie::RefreshTokenIn;

labels! {
    Role {
        Accountant "Accountant" / "Buchhaltung" ("Assigns, corrects, generates, approves and sends" / "Weist zu, korrigiert, erzeugt, genehmigt und sendet");
        RefundClerk "Refund clerk" / "Erstattung" ("Generates refunds that others approve and send" / "Erzeugt Erstattungen, die andere genehmigen und senden");
        SalesClerk "Sales clerk" / "Verkauf" ("Writes orders, invoices and drafts of corrections" / "Schreibt Aufträge, Rechnungen und Entwürfe von Korrekturen");
        Cashier "Cashier" / "Kasse";
        Auditor "Auditor" / "Prüfung" ("Reads everything, changes nothing" / "Liest alles, ändert nichts");
        Admin "Administrator" / "Administration" ("Manages users, accounts and settings; moves no money" / "Verwaltet Benutzer, Konten und Einstellungen; bewegt kein Geld");
    }
    Permission {
        MovementsRead "Read account movements" / "Kontobewegungen lesen";
        OrdersRead "Read orders and invoices" / "Aufträge und Rechnungen lesen";
        CorrectionsRead "Read invoice corrections" / "Rechnungskorrekturen lesen";
        RefundsRead "Read refunds" / "Erstattungen lesen";
        OutgoingPaymentsRead "Read outgoing payments" / "Ausgangszahlungen lesen";
        CashDeskRead "Read the cash desk" / "Kasse lesen";
        LedgerRead "Read the books" / "Buchhaltung lesen";
        SettingsRead "Read settings and jobs" / "Einstellungen und Hintergrundaufträge lesen";
        UsersRead "Read users" / "Benutzer lesen";
        AuditRead "Read the audit trail" / "Änderungsprotokoll lesen";
        ReconciliationRun "Run the reconciliation" / "Kontoabgleich starten";
        MovementsAssign "Assign account movements" / "Kontobewegungen zuweisen";
        MovementsHide "Hide account movements" / "Kontobewegungen ausblenden";
        OrdersWrite "Write orders and invoices" / "Aufträge und Rechnungen schreiben";
        OrdersCancel "Cancel orders" / "Aufträge stornieren";
        CorrectionsWrite "Write invoice corrections" / "Rechnungskorrekturen schreiben";
        CorrectionsFormalise "Formalise invoice corrections" / "Rechnungskorrekturen festschreiben";
        RefundsGenerate "Generate refunds" / "Erstattungen erzeugen";
        RefundsApprove "Approve refunds" / "Erstattungen genehmigen";
        RefundsSend "Send refunds" / "Erstattungen senden";
        OutgoingPaymentsWrite "Write outgoing payments" / "Ausgangszahlungen schreiben";
        CashDeskOperate "Operate the cash desk" / "Kasse bedienen";
        CredentialsUse "Use stored credentials" / "Gespeicherte Zugangsdaten benutzen";
        AccountsManage "Manage payment accounts" / "Zahlungskonten verwalten";
        SettingsManage "Manage settings" / "Einstellungen verwalten";
        UsersManage "Manage users" / "Benutzer verwalten";
        WebhooksManage "Manage webhooks" / "Webhooks verwalten";
        LicenceManage "Manage the licence" / "Lizenz verwalten";
    }
    RefreshTokenIn {
        Body "In the body" / "Im Inhalt";
        Cookie "In a cookie" / "In einem Cookie" ("Scripts of the page cannot read it" / "Skripte der Seite können es nicht lesen");
    }
    LicenceState {
        None "Not activated" / "Nicht aktiviert";
        Trial [Yellow] "Trial" / "Testzeitraum";
        Active [Green] "Active" / "Aktiv";
        Grace [Yellow] "Days of grace" / "Kulanzzeit" ("Expired a short while ago; everything still works" / "Vor kurzem abgelaufen; alles funktioniert noch");
        Expired [Red] "Expired" / "Abgelaufen" ("Reading stays open, new work does not" / "Lesen bleibt möglich, neue Arbeit nicht");
    }
}
