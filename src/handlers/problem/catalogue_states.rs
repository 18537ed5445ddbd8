//! Codes that say no because of the current state: all 409.

use super::catalogue::Entry;
use crate::error::Code;

const fn entry(en: (&'static str, &'static str), de: (&'static str, &'static str)) -> Entry {
    Entry { status: 409, en, de }
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub const fn state(code: Code) -> Option<Entry> {
    Some(match code {
        Code::IdempotencyKeyInFlight => entry(
            (
                "The first request is still running",
                "A request with this Idempotency-Key is being worked on. Try again.",
            ),
            (
                "Die erste Anfrage läuft noch",
                "Eine Anfrage mit diesem Idempotency-Key wird gerade bearbeitet. Versuchen Sie es erneut.",
            ),
        ),
        Code::InvalidTransition => entry(
            ("Not possible in this state", "'{event}' is not possible while the state is '{state}'."),
            ("In diesem Zustand nicht möglich", "'{event}' ist im Zustand '{state}' nicht möglich."),
        ),
        Code::ConcurrentChange => entry(
            ("Somebody was faster", "It changed while this request ran. Read it again and decide anew."),
            (
                "Jemand war schneller",
                "Es hat sich während der Anfrage geändert. Lesen Sie neu und entscheiden Sie dann.",
            ),
        ),
        Code::DuplicateExternalNumber => entry(
            ("This external number exists", "Another record carries the external number '{external_number}'."),
            (
                "Diese externe Nummer gibt es schon",
                "Ein anderer Datensatz trägt die externe Nummer '{external_number}'.",
            ),
        ),
        Code::DuplicateEmail => entry(
            ("This e-mail address exists", "Another user has this e-mail address."),
            ("Diese E-Mail-Adresse gibt es schon", "Ein anderer Benutzer hat diese E-Mail-Adresse."),
        ),
        Code::AccountHidden => entry(
            ("The account is hidden", "Show the account first."),
            ("Das Konto ist ausgeblendet", "Blenden Sie das Konto erst ein."),
        ),
        Code::AccountLocked => entry(
            (
                "The account is locked",
                "{auto_import_locked_reason} Then unlock the account: POST /v1/payment-accounts/{account}/unlock.",
            ),
            (
                "Das Konto ist gesperrt",
                "{auto_import_locked_reason} Entsperren Sie dann das Konto: POST /v1/payment-accounts/{account}/unlock.",
            ),
        ),
        Code::AccountCannotSend => entry(
            ("This account cannot send", "No money can be sent from the account '{account}'."),
            ("Dieses Konto kann nicht senden", "Vom Konto '{account}' kann kein Geld gesendet werden."),
        ),
        Code::AccountNotSandbox => entry(
            ("This is no sandbox account", "Only accounts of the provider 'sandbox' can be steered."),
            ("Das ist kein Sandbox-Konto", "Nur Konten des Anbieters 'sandbox' lassen sich steuern."),
        ),
        Code::AccountNotConnected => entry(
            (
                "The account is not connected",
                "Movements of this account ('{provider}') can neither be fetched nor imported.",
            ),
            (
                "Das Konto ist nicht verbunden",
                "Kontobewegungen dieses Kontos ('{provider}') lassen sich weder abrufen noch importieren.",
            ),
        ),
        Code::AccountTakesNoFiles => entry(
            (
                "The account takes no files",
                "Statement files are for accounts of the provider 'bank_file'; this one is '{provider}'.",
            ),
            (
                "Das Konto nimmt keine Dateien an",
                "Auszugsdateien sind für Konten des Anbieters 'bank_file'; dieses ist '{provider}'.",
            ),
        ),
        Code::ProfileBuiltIn => entry(
            (
                "The profile is built in",
                "Built-in profiles cannot be changed or deleted. Make one of your own, it is tried first.",
            ),
            (
                "Das Profil ist eingebaut",
                "Eingebaute Profile lassen sich nicht ändern oder löschen. Legen Sie ein eigenes an, es kommt zuerst.",
            ),
        ),
        Code::ReconciliationInProgress => entry(
            ("A run is still going", "Another run works on this account. Wait until it has finished."),
            (
                "Ein Abgleich läuft noch",
                "Ein anderer Abgleich arbeitet an diesem Konto. Warten Sie, bis er fertig ist.",
            ),
        ),
        Code::RunEnded => entry(
            ("The run has ended", "Only a run that is running or waits can be cancelled; this one is '{status}'."),
            (
                "Der Abgleich ist zu Ende",
                "Nur ein Abgleich, der läuft oder wartet, lässt sich abbrechen; dieser ist '{status}'.",
            ),
        ),
        Code::MovementHidden => entry(
            ("The movement is hidden", "Unhide the movement first."),
            ("Die Kontobewegung ist ausgeblendet", "Blenden Sie die Kontobewegung erst ein."),
        ),
        Code::MovementNotCompleted => entry(
            ("The movement is not completed", "Only completed movements can be assigned; this one is '{status}'."),
            (
                "Die Kontobewegung ist nicht abgeschlossen",
                "Nur abgeschlossene Kontobewegungen lassen sich zuweisen; diese ist '{status}'.",
            ),
        ),
        Code::MovementIsFee => entry(
            ("Fees cannot be assigned", "A fee belongs to its movement and is a cost."),
            ("Gebühren lassen sich nicht zuweisen", "Eine Gebühr gehört zu ihrer Kontobewegung und ist Aufwand."),
        ),
        Code::MovementNotReturnable => entry(
            (
                "This money cannot go back this way",
                "The movement came in by file, so there is no provider to send the money back through.",
            ),
            (
                "Dieses Geld kann nicht auf diesem Weg zurück",
                "Die Kontobewegung kam aus einer Datei; es gibt keinen Anbieter, über den das Geld zurückgehen kann.",
            ),
        ),
        Code::NotIncoming => entry(
            ("Not incoming money", "Only money that came in can go back."),
            ("Kein Zahlungseingang", "Nur eingegangenes Geld kann zurückgehen."),
        ),
        Code::NotPartiallyAssigned => entry(
            ("The movement is not partly assigned", "Assign a part of it to an order or invoice first."),
            (
                "Die Kontobewegung ist nicht teilweise zugewiesen",
                "Weisen Sie erst einen Teil einem Auftrag oder einer Rechnung zu.",
            ),
        ),
        Code::NoOpenAmount => entry(
            ("Nothing is open", "The document has no open amount. Name an amount to overpay it on purpose."),
            (
                "Es ist nichts offen",
                "Der Beleg hat keinen offenen Betrag. Nennen Sie einen Betrag, um ihn absichtlich zu überzahlen.",
            ),
        ),
        Code::AssignmentUndone => entry(
            ("The assignment was undone before", "It can be undone once."),
            ("Die Zuweisung wurde schon aufgehoben", "Sie kann einmal aufgehoben werden."),
        ),
        Code::BookedByRefund => entry(
            ("A refund booked this assignment", "Delete the refund instead."),
            ("Diese Zuweisung stammt von einer Erstattung", "Löschen Sie stattdessen die Erstattung."),
        ),
        Code::AmountAlreadyRefunded => entry(
            ("A refund pays this money back", "Delete the refund first, then undo the assignment."),
            (
                "Eine Erstattung zahlt dieses Geld zurück",
                "Löschen Sie erst die Erstattung, dann heben Sie die Zuweisung auf.",
            ),
        ),
        Code::RefundableAmountChanged => entry(
            ("The refundable amount changed", "{refundable_amount} can be paid back now."),
            ("Der erstattbare Betrag hat sich geändert", "Jetzt können {refundable_amount} erstattet werden."),
        ),
        Code::OrderHasInvoice => entry(
            ("The order has an invoice", "Make an invoice correction instead."),
            ("Der Auftrag hat eine Rechnung", "Erstellen Sie stattdessen eine Rechnungskorrektur."),
        ),
        Code::OrderAlreadyCancelled => entry(
            ("The order is cancelled", "A cancelled order takes no further step."),
            ("Der Auftrag ist storniert", "Ein stornierter Auftrag nimmt keinen weiteren Schritt an."),
        ),
        Code::OrderNotCancelled => entry(
            ("The order is not cancelled", "Cancel the order first."),
            ("Der Auftrag ist nicht storniert", "Stornieren Sie erst den Auftrag."),
        ),
        Code::OrderHasNoAssignedPayment => entry(
            (
                "No assigned payment",
                "No account movement is assigned to the order. Payments keyed by hand do not count.",
            ),
            (
                "Keine zugewiesene Zahlung",
                "Dem Auftrag ist keine Kontobewegung zugewiesen. Von Hand erfasste Zahlungen zählen nicht.",
            ),
        ),
        Code::NotAssignedToOrder => entry(
            ("Not assigned to this order", "The movement is not assigned to this order."),
            ("Nicht diesem Auftrag zugewiesen", "Die Kontobewegung ist diesem Auftrag nicht zugewiesen."),
        ),
        Code::OutgoingPaymentAlreadyGenerated => entry(
            ("Everything is generated already", "There is nothing left to pay back here."),
            ("Es ist schon alles erzeugt", "Hier ist nichts mehr zu erstatten."),
        ),
        Code::OutgoingPaymentAlreadySent => entry(
            ("The refund was sent", "A refund that is '{status}' keeps everything but its internal comment."),
            (
                "Die Erstattung wurde gesendet",
                "An einer Erstattung im Zustand '{status}' ändert sich nur noch der interne Kommentar.",
            ),
        ),
        Code::CorrectionRequired => entry(
            ("A correction is needed first", "The order has an invoice. Make an invoice correction and refund that."),
            (
                "Erst wird eine Korrektur gebraucht",
                "Der Auftrag hat eine Rechnung. Erstellen Sie eine Rechnungskorrektur und erstatten Sie diese.",
            ),
        ),
        Code::CorrectionNotFormalised => entry(
            ("The correction is a draft", "Formalise the correction first."),
            ("Die Korrektur ist ein Entwurf", "Schreiben Sie die Korrektur erst fest."),
        ),
        Code::CorrectionFormalised => entry(
            ("The correction is final", "A formalised correction never changes."),
            ("Die Korrektur ist festgeschrieben", "Eine festgeschriebene Korrektur ändert sich nicht mehr."),
        ),
        Code::NothingToCorrect => entry(
            ("Nothing is left to correct", "Every line of the invoice is corrected already."),
            ("Es ist nichts mehr zu korrigieren", "Alle Positionen der Rechnung sind schon korrigiert."),
        ),
        Code::ConfirmationRequired => entry(
            ("Please confirm", "These warnings have to be acknowledged: {missing}."),
            ("Bitte bestätigen Sie", "Diese Hinweise müssen bestätigt werden: {missing}."),
        ),
        Code::ApprovalRequired => entry(
            ("A second person has to approve", "The refund is not approved."),
            ("Eine zweite Person muss genehmigen", "Die Erstattung ist nicht genehmigt."),
        ),
        Code::TrialAlreadyUsed => entry(
            ("The trial was used before", "It can be started once."),
            ("Der Testzeitraum wurde schon genutzt", "Er kann einmal begonnen werden."),
        ),
        Code::JobNotDead => entry(
            ("The job is not dead", "Only a dead job can be put back; this one is '{state}'."),
            ("Der Job ist nicht tot", "Nur ein toter Job kann erneut eingereiht werden; dieser ist '{state}'."),
        ),
        _ => return None,
    })
}
