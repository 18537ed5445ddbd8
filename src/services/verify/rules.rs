//! The rules, each as two statements: what it is about, and who breaks it. The numbers are those of `domain.md`.
//!
//! A sum is cast to BIGINT: PostgreSQL's sum of BIGINT is NUMERIC. "Live" is an assignment that was not undone, a
//! payment that was not reversed, a refund that was not deleted.

use super::{Kind, Rule};

pub fn all() -> [Rule; 20] {
    [
        journal(),
        movement_remainder(),
        movement_tally(),
        order_paid(),
        invoice_paid(),
        order_corrected(),
        invoice_corrected(),
        payment_refundable(),
        line_correctable(),
        correction_refundable(),
        correction_sent(),
        unassigned_receipts(),
        refunds_payable(),
        money_in_transit(),
        refund_attempts(),
        refund_confirmation(),
        refund_second_person(),
        refund_assignment(),
        refund_payout(),
        assignment_currency(),
    ]
}

fn journal() -> Rule {
    Rule {
        name: "journal_entries_balance",
        rule: "I27",
        counted: "SELECT COUNT(*) AS checked FROM journal_entry",
        offending: "SELECT e.id FROM journal_entry e \
            WHERE NOT EXISTS (SELECT 1 FROM journal_posting p WHERE p.entry_id = e.id) \
            OR EXISTS (SELECT 1 FROM journal_posting p WHERE p.entry_id = e.id \
                AND (p.amount_minor <= 0 OR p.debit_account = p.credit_account)) ORDER BY e.id",
        kind: Kind::Thing("jou"),
    }
}

fn movement_remainder() -> Rule {
    Rule {
        name: "movement_remainders",
        rule: "I1, I2",
        counted: "SELECT COUNT(*) AS checked FROM account_movement",
        offending: "SELECT m.id FROM account_movement m \
            LEFT JOIN (SELECT movement_id, CAST(SUM(amount_minor) AS BIGINT) AS taken FROM assignment \
                WHERE undone_at IS NULL GROUP BY movement_id) a ON a.movement_id = m.id \
            WHERE m.free_minor <> CASE WHEN m.booking_type = 'fee' THEN 0 \
                WHEN m.status <> 'completed' THEN ABS(m.amount_minor) \
                ELSE ABS(m.amount_minor) - COALESCE(a.taken, 0) END ORDER BY m.id",
        kind: Kind::Thing("mov"),
    }
}

/// The counts of the folders are kept beside the movements, so they are held against them.
fn movement_tally() -> Rule {
    Rule {
        name: "movement_tally",
        rule: "features 31 to 37",
        counted: "SELECT COUNT(*) AS checked FROM payment_account",
        offending: "SELECT a.id FROM payment_account a WHERE EXISTS (SELECT 1 FROM ( \
            SELECT t.account_id, t.currency, t.booking_type, t.status, t.outgoing, t.place, t.number, t.amount_minor, \
                t.free_minor FROM movement_tally t WHERE t.account_id = a.id \
            UNION ALL SELECT m.account_id, m.currency, m.booking_type, m.status, m.amount_minor < 0, \
                CASE WHEN m.hidden THEN 'hidden' WHEN m.status = 'in_progress' THEN 'pending' \
                WHEN m.status <> 'completed' THEN 'failed' WHEN m.booking_type = 'fee' THEN 'fee' \
                WHEN m.free_minor = 0 THEN 'fully_assigned' \
                WHEN m.free_minor < ABS(m.amount_minor) THEN 'partially_assigned' ELSE 'unassigned' END, \
                -1, -m.amount_minor, -m.free_minor FROM account_movement m WHERE m.account_id = a.id) d \
            GROUP BY d.account_id, d.currency, d.booking_type, d.status, d.outgoing, d.place \
            HAVING SUM(d.number) <> 0 OR SUM(d.amount_minor) <> 0 OR SUM(d.free_minor) <> 0) ORDER BY a.id",
        kind: Kind::Thing("acc"),
    }
}

fn order_paid() -> Rule {
    Rule {
        name: "order_paid_sums",
        rule: "I11",
        counted: "SELECT COUNT(*) AS checked FROM sales_order",
        offending: "SELECT o.id FROM sales_order o \
            LEFT JOIN (SELECT order_id, CAST(SUM(amount_minor) AS BIGINT) AS paid FROM payment \
                WHERE reversed_at IS NULL GROUP BY order_id) p ON p.order_id = o.id \
            WHERE o.paid_minor <> COALESCE(p.paid, 0) ORDER BY o.id",
        kind: Kind::Thing("ord"),
    }
}

fn invoice_paid() -> Rule {
    Rule {
        name: "invoice_paid_as_its_order",
        rule: "I11",
        counted: "SELECT COUNT(*) AS checked FROM invoice WHERE cancelled_at IS NULL",
        offending: "SELECT i.id FROM invoice i JOIN sales_order o ON o.id = i.order_id \
            WHERE i.cancelled_at IS NULL AND i.paid_minor <> o.paid_minor ORDER BY i.id",
        kind: Kind::Thing("inv"),
    }
}

fn order_corrected() -> Rule {
    Rule {
        name: "order_corrected_sums",
        rule: "I11, I20",
        counted: "SELECT COUNT(*) AS checked FROM sales_order",
        offending: "SELECT o.id FROM sales_order o \
            LEFT JOIN (SELECT order_id, CAST(SUM(gross_minor) AS BIGINT) AS corrected FROM invoice_correction \
                WHERE status = 'formalised' GROUP BY order_id) c ON c.order_id = o.id \
            WHERE o.corrected_minor <> COALESCE(c.corrected, 0) ORDER BY o.id",
        kind: Kind::Thing("ord"),
    }
}

fn invoice_corrected() -> Rule {
    Rule {
        name: "invoice_corrected_sums",
        rule: "I11, I20",
        counted: "SELECT COUNT(*) AS checked FROM invoice",
        offending: "SELECT i.id FROM invoice i \
            LEFT JOIN (SELECT invoice_id, CAST(SUM(gross_minor) AS BIGINT) AS corrected FROM invoice_correction \
                WHERE status = 'formalised' GROUP BY invoice_id) c ON c.invoice_id = i.id \
            WHERE i.corrected_minor <> COALESCE(c.corrected, 0) ORDER BY i.id",
        kind: Kind::Thing("inv"),
    }
}

/// Only money that came through an account goes back by the way it came; cash and reversed payments give nothing.
fn payment_refundable() -> Rule {
    Rule {
        name: "payment_refundable_rests",
        rule: "I12, I13",
        counted: "SELECT COUNT(*) AS checked FROM payment",
        offending: "SELECT p.id FROM payment p \
            LEFT JOIN (SELECT payment_id, CAST(SUM(amount_minor) AS BIGINT) AS refunded FROM refund \
                WHERE deleted_at IS NULL GROUP BY payment_id) r ON r.payment_id = p.id \
            WHERE p.refundable_minor <> CASE \
                WHEN p.method = 'account_movement' AND p.reversed_at IS NULL AND p.amount_minor > 0 \
                THEN p.amount_minor - COALESCE(r.refunded, 0) ELSE 0 END ORDER BY p.id",
        kind: Kind::Thing("pay"),
    }
}

/// A line has no address of its own, so its invoice is named.
fn line_correctable() -> Rule {
    Rule {
        name: "invoice_line_rests",
        rule: "I20",
        counted: "SELECT COUNT(*) AS checked FROM invoice_line",
        offending: "SELECT DISTINCT l.invoice_id AS id FROM invoice_line l \
            LEFT JOIN (SELECT x.invoice_line_id, CAST(SUM(x.quantity_micros) AS BIGINT) AS micros, \
                CAST(SUM(x.net_minor) AS BIGINT) AS net, CAST(SUM(x.tax_minor) AS BIGINT) AS tax \
                FROM invoice_correction_line x JOIN invoice_correction c ON c.id = x.correction_id \
                WHERE c.status = 'formalised' GROUP BY x.invoice_line_id) d ON d.invoice_line_id = l.id \
            WHERE l.correctable_micros <> l.quantity_micros - COALESCE(d.micros, 0) \
                OR l.correctable_net_minor <> l.net_minor - COALESCE(d.net, 0) \
                OR l.correctable_tax_minor <> l.tax_minor - COALESCE(d.tax, 0) ORDER BY id",
        kind: Kind::Thing("inv"),
    }
}

fn correction_refundable() -> Rule {
    Rule {
        name: "correction_refundable_rests",
        rule: "I10",
        counted: "SELECT COUNT(*) AS checked FROM invoice_correction WHERE status = 'formalised'",
        offending: "SELECT c.id FROM invoice_correction c \
            LEFT JOIN (SELECT correction_id, CAST(SUM(amount_minor) AS BIGINT) AS refunded FROM refund \
                WHERE deleted_at IS NULL GROUP BY correction_id) r ON r.correction_id = c.id \
            WHERE c.status = 'formalised' AND c.refundable_minor <> c.gross_minor - COALESCE(r.refunded, 0) \
            ORDER BY c.id",
        kind: Kind::Thing("cor"),
    }
}

fn correction_sent() -> Rule {
    Rule {
        name: "correction_sent_sums",
        rule: "I10, I14",
        counted: "SELECT COUNT(*) AS checked FROM invoice_correction WHERE status = 'formalised'",
        offending: "SELECT c.id FROM invoice_correction c \
            LEFT JOIN (SELECT correction_id, CAST(SUM(amount_minor) AS BIGINT) AS sent FROM refund \
                WHERE deleted_at IS NULL AND status IN ('sent', 'confirmed') GROUP BY correction_id) r \
                ON r.correction_id = c.id \
            WHERE c.status = 'formalised' AND c.sent_minor <> COALESCE(r.sent, 0) ORDER BY c.id",
        kind: Kind::Thing("cor"),
    }
}

/// The three accounts that have a sub-ledger: the same sum, once from the journal and once from the rows.
macro_rules! balance_rule {
    ($name:literal, $rule:literal, account: $role:literal, rows: $rows:literal) => {
        Rule {
            name: $name,
            rule: $rule,
            counted: concat!(
                "SELECT COUNT(*) AS checked FROM journal_posting p WHERE EXISTS (SELECT 1 FROM ledger_account a ",
                "WHERE a.role = '",
                $role,
                "' AND a.code IN (p.debit_account, p.credit_account))"
            ),
            offending: concat!(
                "SELECT currency, CAST(SUM(ledger) AS BIGINT) AS ledger, CAST(SUM(expected) AS BIGINT) AS expected ",
                "FROM (SELECT p.currency, p.amount_minor AS ledger, 0 AS expected FROM journal_posting p ",
                "JOIN ledger_account a ON a.code = p.credit_account WHERE a.role = '",
                $role,
                "' UNION ALL SELECT p.currency, -p.amount_minor, 0 FROM journal_posting p ",
                "JOIN ledger_account a ON a.code = p.debit_account WHERE a.role = '",
                $role,
                "' UNION ALL SELECT currency, 0, ",
                $rows,
                ") sums GROUP BY currency HAVING SUM(ledger) <> SUM(expected) ORDER BY currency"
            ),
            kind: Kind::Currency,
        }
    };
}

fn unassigned_receipts() -> Rule {
    balance_rule!("ledger_unassigned_receipts", "I2, I27", account: "unassigned_receipts",
        rows: "CASE WHEN amount_minor < 0 THEN -free_minor ELSE free_minor END FROM account_movement \
            WHERE status = 'completed' AND booking_type <> 'fee'")
}

fn refunds_payable() -> Rule {
    balance_rule!("ledger_refunds_payable", "I14, I27", account: "refunds_payable",
        rows: "amount_minor FROM refund WHERE deleted_at IS NULL \
            AND status IN ('not_sent', 'awaiting_approval', 'sending', 'failed')")
}

fn money_in_transit() -> Rule {
    balance_rule!("ledger_money_in_transit", "I14, I27", account: "money_in_transit",
        rows: "amount_minor FROM refund WHERE deleted_at IS NULL AND status = 'sent'")
}

fn refund_attempts() -> Rule {
    Rule {
        name: "refund_one_live_attempt",
        rule: "I17",
        counted: "SELECT COUNT(*) AS checked FROM refund_attempt",
        offending: "SELECT refund_id AS id FROM refund_attempt WHERE state IN ('open', 'unknown', 'accepted') \
            GROUP BY refund_id HAVING COUNT(*) > 1 ORDER BY refund_id",
        kind: Kind::Thing("rfd"),
    }
}

fn refund_confirmation() -> Rule {
    Rule {
        name: "refund_confirmed_by_a_movement",
        rule: "I18",
        counted: "SELECT COUNT(*) AS checked FROM refund WHERE status = 'confirmed'",
        offending: "SELECT id FROM refund WHERE status = 'confirmed' AND confirming_movement_id IS NULL ORDER BY id",
        kind: Kind::Thing("rfd"),
    }
}

fn refund_second_person() -> Rule {
    Rule {
        name: "refund_approved_by_a_second_person",
        rule: "four eyes",
        counted: "SELECT COUNT(*) AS checked FROM refund WHERE approval_state = 'approved'",
        offending: "SELECT id FROM refund WHERE approval_state = 'approved' \
            AND (approval_by IS NULL OR approval_by = created_by OR EXISTS \
            (SELECT 1 FROM refund_editor e WHERE e.refund_id = refund.id AND e.user_id = approval_by)) ORDER BY id",
        kind: Kind::Thing("rfd"),
    }
}

fn refund_assignment() -> Rule {
    Rule {
        name: "remaining_amount_is_assigned_to_its_refund",
        rule: "I8",
        counted: "SELECT COUNT(*) AS checked FROM refund WHERE origin = 'remaining_amount' AND deleted_at IS NULL",
        offending: "SELECT r.id FROM refund r WHERE r.origin = 'remaining_amount' AND r.deleted_at IS NULL \
            AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.refund_id = r.id AND a.movement_id = r.movement_id \
                AND a.undone_at IS NULL AND a.amount_minor = r.amount_minor) ORDER BY r.id",
        kind: Kind::Thing("rfd"),
    }
}

fn refund_payout() -> Rule {
    Rule {
        name: "document_refund_has_its_payout",
        rule: "I8",
        counted: "SELECT COUNT(*) AS checked FROM refund WHERE origin <> 'remaining_amount' AND deleted_at IS NULL",
        offending: "SELECT r.id FROM refund r WHERE r.origin <> 'remaining_amount' AND r.deleted_at IS NULL \
            AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.refund_id = r.id AND p.order_id = r.order_id \
                AND p.reversed_at IS NULL AND p.amount_minor = -r.amount_minor) ORDER BY r.id",
        kind: Kind::Thing("rfd"),
    }
}

fn assignment_currency() -> Rule {
    Rule {
        name: "assignments_in_one_currency",
        rule: "I4",
        counted: "SELECT COUNT(*) AS checked FROM assignment WHERE undone_at IS NULL",
        offending: "SELECT a.id FROM assignment a JOIN account_movement m ON m.id = a.movement_id \
            LEFT JOIN sales_order o ON o.id = a.order_id LEFT JOIN refund r ON r.id = a.refund_id \
            WHERE a.undone_at IS NULL AND (a.currency <> m.currency OR a.currency <> o.currency \
                OR a.currency <> r.currency) ORDER BY a.id",
        kind: Kind::Thing("asg"),
    }
}
