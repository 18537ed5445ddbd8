//! Money of the seed: movements, what they are assigned to, refunds and their attempts.

use super::class::{FAILED, FEE, FULLY_ASSIGNED, HIDDEN, OUTGOING, PARTLY_ASSIGNED, PENDING, REFUNDED};
use super::{Row, Seed};

impl Seed {
    pub(super) fn movements(&mut self) {
        let when = |cases: &[(u64, &str)], otherwise: &str| {
            let cases: Vec<String> = cases
                .iter()
                .map(|(class, value)| format!("WHEN {{special}} AND i % 8 = {class} THEN {value}"))
                .collect();
            format!("CASE {} ELSE {otherwise} END", cases.join(" "))
        };
        let to = self.total();
        self.insert(
            "account_movement",
            (1, to, "1 = 1"),
            &[
                ("id", "{movement}"),
                ("account_id", "{account}"),
                ("transaction_id", "'seed_' || i"),
                ("booking_date", "{day}"),
                ("value_date", "{day}"),
                ("amount_minor", &when(&[(FEE, "-100"), (OUTGOING, "-5000")], "11900")),
                (
                    "free_minor",
                    &when(
                        &[
                            (PARTLY_ASSIGNED, "1900"),
                            (FULLY_ASSIGNED, "0"),
                            (FEE, "0"),
                            (OUTGOING, "5000"),
                            (REFUNDED, "0"),
                        ],
                        "11900",
                    ),
                ),
                ("currency", "'EUR'"),
                ("booking_type", &when(&[(FEE, "'fee'"), (OUTGOING, "'outgoing'")], "'incoming'")),
                ("status", &when(&[(PENDING, "'in_progress'"), (FAILED, "'failed'")], "'completed'")),
                ("counterparty_name", "'Kunde Nr. ' || i"),
                ("counterparty_iban", "'DE89370400440532013000'"),
                ("purpose", "'Bestellung AU-SEED-' || i"),
                ("hidden", &when(&[(HIDDEN, "TRUE")], "FALSE")),
                ("import_channel", "'provider'"),
                ("returnable", "TRUE"),
                ("counterparty_fold", "'kunde nr. ' || i"),
                ("purpose_fold", "'bestellung au-seed-' || i"),
                ("version", "1"),
                ("created_at", "{now}"),
            ],
        );
    }

    pub(super) fn refunds(&mut self) {
        // Every eighth number is of this class: its eighth tells the four states apart.
        let state = |values: [&str; 4]| {
            let [a, b, c, d] = values;
            format!("CASE (i / 8) % 4 WHEN 0 THEN {a} WHEN 1 THEN {b} WHEN 2 THEN {c} ELSE {d} END")
        };
        self.insert_of(
            "refund",
            &[REFUNDED],
            &[
                ("id", "{refund}"),
                ("number", "'ER-2025-' || {nnnnn}"),
                ("origin", "'remaining_amount'"),
                ("movement_id", "{movement}"),
                ("account_id", "{account}"),
                ("method", "'original'"),
                ("amount_minor", "1900"),
                ("currency", "'EUR'"),
                ("status", &state(["'not_sent'", "'sent'", "'failed'", "'awaiting_approval'"])),
                ("four_eyes", "'off'"),
                ("approval_state", &state(["'not_required'", "'not_required'", "'not_required'", "'pending'"])),
                ("created_by", "{user}"),
                ("final_refusals", &state(["0", "0", "1", "0"])),
                ("outcome_unknown", "FALSE"),
                ("provider_reference", &state(["NULL", "'re_seed_' || i", "NULL", "NULL"])),
                ("version", "1"),
                ("created_at", "{now}"),
            ],
        );
    }

    pub(super) fn assignments(&mut self) {
        let amount = format!("CASE WHEN i % 8 = {FULLY_ASSIGNED} THEN 11900 ELSE 10000 END");
        let common: Row<'_> =
            &[("movement_id", "{movement}"), ("currency", "'EUR'"), ("version", "1"), ("created_at", "{now}")];
        let to_order: Row<'_> = &[
            ("id", "{assignment}"),
            ("target_type", "'order'"),
            ("order_id", "{order}"),
            ("amount_minor", &amount),
            ("origin", "'automatic'"),
        ];
        let assigned = [PARTLY_ASSIGNED, FULLY_ASSIGNED, REFUNDED];
        self.insert_of("assignment", &assigned, &[common, to_order].concat());
        let to_refund: Row<'_> = &[
            ("id", "{refund assignment}"),
            ("target_type", "'refund'"),
            ("refund_id", "{refund}"),
            ("amount_minor", "1900"),
            ("origin", "'manual'"),
        ];
        self.insert_of("assignment", &[REFUNDED], &[common, to_refund].concat());
        let payment: Row<'_> = &[
            ("id", "{payment}"),
            ("order_id", "{order}"),
            ("customer_id", "{its customer}"),
            ("amount_minor", &amount),
            ("refundable_minor", &amount),
            ("method", "'account_movement'"),
            ("assignment_id", "{assignment}"),
            ("payment_date", "{day}"),
        ];
        self.insert_of("payment", &assigned, &[common, payment].concat());
    }

    pub(super) fn attempts(&mut self) {
        let sent = "CASE WHEN (i / 8) % 4 = 1 THEN";
        let reference = format!("{sent} 're_seed_' || i ELSE NULL END");
        let condition = format!("i % 8 = {REFUNDED} AND (i / 8) % 4 IN (1, 2)");
        let (from, to) = (self.size.free + 1, self.total());
        self.insert(
            "refund_attempt",
            (from, to, &condition),
            &[
                ("id", "{attempt}"),
                ("refund_id", "{refund}"),
                ("number", "1"),
                ("provider_key", "{key}"),
                ("state", &format!("{sent} 'accepted' ELSE 'refused' END")),
                ("amount_minor", "1900"),
                ("currency", "'EUR'"),
                ("submissions", "1"),
                ("provider_reference", &reference),
                ("created_by", "{user}"),
                ("created_at", "{now}"),
            ],
        );
    }
}
