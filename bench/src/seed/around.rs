//! Around the money: the journal of what was seeded, runs with their log, jobs, the audit trail.

use super::class::{FAILED, FEE, FULLY_ASSIGNED, OUTGOING, PARTLY_ASSIGNED, PENDING, REFUNDED};
use super::{Kind, Row, Seed};

/// One kind of entry: what it is about, and its one posting.
struct Posting<'a> {
    kind: Kind,
    name: &'a str,
    subject: (&'a str, &'a str),
    debit: &'a str,
    credit: &'a str,
    amount: &'a str,
}

impl Seed {
    pub(super) fn journal(&mut self) {
        let (last_free, to) = (self.size.free, self.total());
        let movement = ("account_movement", "{movement}");
        let imported = Posting {
            kind: Kind::Imported,
            name: "movement_imported",
            subject: movement,
            debit: "1200",
            credit: "1590",
            amount: "11900",
        };
        let booked = format!("i <= {last_free} OR i % 8 NOT IN ({PENDING},{FAILED},{FEE},{OUTGOING})");
        self.post((1, to, &booked), &imported);
        let left = Posting { debit: "1590", credit: "1200", amount: "5000", ..imported };
        self.post_of(&[OUTGOING], &left);
        let fee = Posting { name: "fee_imported", debit: "4970", credit: "1200", amount: "100", ..left };
        self.post_of(&[FEE], &fee);
        let amount = format!("CASE WHEN i % 8 = {FULLY_ASSIGNED} THEN 11900 ELSE 10000 END");
        let assigned = Posting {
            kind: Kind::Assigned,
            name: "assigned",
            subject: ("assignment", "{assignment}"),
            debit: "1590",
            credit: "1400",
            amount: &amount,
        };
        self.post_of(&[PARTLY_ASSIGNED, FULLY_ASSIGNED, REFUNDED], &assigned);
        let generated = Posting {
            kind: Kind::Generated,
            name: "refund_generated",
            subject: ("refund", "{refund}"),
            debit: "1590",
            credit: "1700",
            amount: "1900",
        };
        self.post_of(&[REFUNDED], &generated);
        let sent = Posting { kind: Kind::Sent, name: "refund_sent", debit: "1700", credit: "1360", ..generated };
        let condition = format!("i % 8 = {REFUNDED} AND (i / 8) % 4 = 1");
        self.post((last_free + 1, to, &condition), &sent);
    }

    fn post_of(&mut self, classes: &[u64], posting: &Posting<'_>) {
        let (from, to, condition) = self.of(classes);
        self.post((from, to, &condition), posting);
    }

    fn post(&mut self, numbers: (u64, u64, &str), posting: &Posting<'_>) {
        let id = self.dialect.id(posting.kind, "i");
        let quoted = |text: &str| format!("'{text}'");
        self.insert(
            "journal_entry",
            numbers,
            &[
                ("id", &id),
                ("kind", &quoted(posting.name)),
                ("entry_date", "{day}"),
                ("subject_type", &quoted(posting.subject.0)),
                ("subject_id", posting.subject.1),
                ("created_at", "{now}"),
            ],
        );
        self.insert(
            "journal_posting",
            numbers,
            &[
                ("entry_id", &id),
                ("position", "1"),
                ("debit_account", &quoted(posting.debit)),
                ("credit_account", &quoted(posting.credit)),
                ("amount_minor", posting.amount),
                ("currency", "'EUR'"),
            ],
        );
    }

    pub(super) fn work(&mut self) {
        let run: Row<'_> = &[
            ("status", "'finished'"),
            ("created_by", "{user}"),
            ("version", "1"),
            ("created_at", "{now}"),
            ("finished_at", "{now}"),
        ];
        self.insert_of("reconciliation_run", &[0], &[run, &[("id", "{run}")]].concat());
        self.insert_of("reconciliation_item", &[0], &ITEM);
        let assignment_run: Row<'_> = &[
            ("id", "{assignment run}"),
            ("dry_run", "FALSE"),
            ("progress_done", "1"),
            ("assigned_count", "1"),
            ("ambiguous_count", "0"),
            ("no_match_count", "0"),
        ];
        self.insert_of("assignment_run", &[1], &[run, assignment_run].concat());
        self.insert_of(
            "log_row",
            &[0],
            &[
                ("id", "{log row}"),
                ("run_id", "{run}"),
                ("account_id", "{account}"),
                ("level", "CASE (i / 8) % 3 WHEN 0 THEN 'info' WHEN 1 THEN 'warning' ELSE 'error' END"),
                ("code", "'finished'"),
                ("message_de", "'fertig'"),
                ("message_en", "'finished'"),
                ("created_at", "{now}"),
            ],
        );
        self.insert_of("job", &[1], &JOB);
        self.insert(
            "audit_event",
            (1, self.total(), "1 = 1"),
            &[
                ("id", "{audit}"),
                ("action", "'movement.imported'"),
                ("subject_type", "'account_movement'"),
                ("subject_id", "{movement}"),
                ("request_id", "'seed'"),
                ("details", "'{}'"),
                ("created_at", "{now}"),
            ],
        );
    }
}

const JOB: [(&str, &str); 10] = [
    ("id", "{job}"),
    ("kind", "'fetch_feed'"),
    ("payload", "'{}'"),
    ("state", "CASE (i / 8) % 16 WHEN 0 THEN 'dead' ELSE 'done' END"),
    ("run_at", "{now}"),
    ("attempts", "1"),
    ("attempts_max", "5"),
    ("interrupted", "0"),
    ("created_at", "{now}"),
    ("finished_at", "{now}"),
];

const ITEM: [(&str, &str); 14] = [
    ("run_id", "{run}"),
    ("account_id", "{account}"),
    ("status", "'done'"),
    ("dry_run", "FALSE"),
    ("strict", "FALSE"),
    ("phase", "'done'"),
    ("progress_done", "1"),
    ("read_count", "1"),
    ("created_count", "1"),
    ("updated_count", "0"),
    ("unchanged_count", "0"),
    ("discarded_count", "0"),
    ("hidden_count", "0"),
    ("failed_count", "0"),
];
