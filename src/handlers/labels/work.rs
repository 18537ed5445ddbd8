//! Runs, the logbook, background jobs, search.

use super::labels;
use crate::domain::job::{JobKind, JobState};
use crate::domain::progress::{StreamEnd, StreamEvent};
use crate::domain::run::{ItemStatus, LogLevel, Phase, RunStatus};
use crate::views::search::{SearchKind, SearchMatch};

labels! {
    RunStatus {
        Waiting [Yellow] "Waiting" / "Wartet";
        Running [Yellow] "Running" / "Läuft";
        Finished [Green] "Finished" / "Beendet";
        FinishedWithErrors [Yellow] "Finished with errors" / "Mit Fehlern beendet";
        Failed [Red] "Failed" / "Fehlgeschlagen";
        Cancelled "Cancelled" / "Abgebrochen";
    }
    ItemStatus {
        NeedsFile [Yellow] "Needs a file" / "Braucht eine Datei";
        NeedsCredentials [Yellow] "Needs credentials" / "Braucht Zugangsdaten";
        Running [Yellow] "Running" / "Läuft";
        Done [Green] "Done" / "Erledigt";
        Failed [Red] "Failed" / "Fehlgeschlagen";
    }
    Phase {
        Queued "Queued" / "Eingereiht";
        Checking "Checking the file" / "Datei wird geprüft";
        Importing "Importing" / "Wird eingelesen";
        Fetching "Fetching from the provider" / "Wird vom Anbieter abgerufen";
        Assigning "Assigning" / "Wird zugewiesen";
        Done "Done" / "Erledigt";
    }
    LogLevel {
        Info "Information" / "Information";
        Warning [Yellow] "Warning" / "Warnung";
        Error [Red] "Error" / "Fehler";
    }
    StreamEvent {
        ReconciliationRun "Reconciliation run" / "Kontoabgleich";
        AssignmentRun "Assignment run" / "Zuweisungslauf";
        Refund "Refund" / "Erstattung";
        End "The stream has ended" / "Der Strom ist zu Ende" ("There is nothing more to come; a stream that closes without it was cut" / "Es kommt nichts mehr; ein Strom, der ohne dies schließt, ist abgerissen");
    }
    StreamEnd {
        Settled [Green] "All that was named has settled" / "Alles Genannte ist erledigt";
        Waited "The time asked for is over" / "Die gewünschte Zeit ist um";
    }
    SearchKind {
        Customer "Customer" / "Kunde";
        Order "Order" / "Auftrag";
        Invoice "Invoice" / "Rechnung";
        InvoiceCorrection "Invoice correction" / "Rechnungskorrektur";
        Refund "Refund" / "Erstattung";
        AccountMovement "Account movement" / "Kontobewegung";
    }
    SearchMatch {
        Number "The number" / "Die Nummer";
        Text "The text" / "Der Text";
    }
    JobKind {
        SendRefund "Send a refund" / "Erstattung senden";
        ResolveRefund "Ask what became of a refund" / "Ausgang einer Erstattung erfragen";
        ImportStatement "Import a statement" / "Kontoauszug einlesen";
        FetchFeed "Fetch from a provider" / "Von einem Anbieter abrufen";
        AssignMovements "Assign movements" / "Kontobewegungen zuweisen";
        Prune "Clear up" / "Aufräumen";
    }
    JobState {
        Queued [Yellow] "Queued" / "Eingereiht";
        Running [Yellow] "Running" / "Läuft";
        Done [Green] "Done" / "Erledigt";
        Dead [Red] "Given up" / "Aufgegeben" ("Tried as often as allowed; a person may retry it" / "So oft versucht wie erlaubt; ein Mensch kann es wiederholen");
    }
}
