//! Sales documents of the seed: customers, orders, invoices, corrections, cancellations.

use super::class::{FAILED, FEE, FULLY_ASSIGNED, HIDDEN, PARTLY_ASSIGNED, PENDING, REFUNDED};
use super::{Row, Seed};

/// A line of a document over 100.00, but for its ids.
const LINE: [(&str, &str); 9] = [
    ("position", "1"),
    ("sku", "'SKU-1'"),
    ("description", "'Inspektion'"),
    ("quantity_micros", "1000000"),
    ("unit_price_minor", "10000"),
    ("tax_rate_ppm", "190000"),
    ("net_minor", "8403"),
    ("tax_minor", "1597"),
    ("gross_minor", "10000"),
];

impl Seed {
    pub(super) fn customers(&mut self) {
        let to = self.customers_count();
        self.insert(
            "customer",
            (1, to, "1 = 1"),
            &[
                ("id", "{customer}"),
                ("number", "'KD-SEED-' || i"),
                ("name", "'Kunde Nr. ' || i"),
                ("name_fold", "'kunde nr. ' || i"),
                ("version", "1"),
                ("created_at", "{now}"),
            ],
        );
    }

    pub(super) fn orders(&mut self) {
        let status = format!(
            "CASE WHEN {{special}} AND i % 8 = {PENDING} THEN 'cancelled' \
             WHEN {{special}} AND i % 8 IN ({FAILED},{HIDDEN},{FEE}) THEN 'invoiced' ELSE 'open' END"
        );
        let corrected = format!("CASE WHEN {{special}} AND i % 8 = {HIDDEN} THEN 10000 ELSE 0 END");
        let paid = format!(
            "CASE WHEN {{special}} AND i % 8 IN ({PARTLY_ASSIGNED},{REFUNDED}) THEN 10000 \
             WHEN {{special}} AND i % 8 = {FULLY_ASSIGNED} THEN 11900 ELSE 0 END"
        );
        let to = self.total();
        self.insert(
            "sales_order",
            (1, to, "1 = 1"),
            &[
                ("id", "{order}"),
                ("number", "'AU-SEED-' || i"),
                ("customer_id", "{its customer}"),
                ("status", &status),
                ("currency", "'EUR'"),
                ("price_basis", "'gross'"),
                ("order_date", "{day}"),
                ("net_minor", "8403"),
                ("tax_minor", "1597"),
                ("gross_minor", "10000"),
                ("corrected_minor", &corrected),
                ("paid_minor", &paid),
                ("version", "1"),
                ("created_at", "{now}"),
            ],
        );
        let line = [&LINE[..], &[("id", "{order line}"), ("order_id", "{order}")]].concat();
        self.insert("sales_order_line", (1, to, "1 = 1"), &line);
    }

    pub(super) fn invoices(&mut self) {
        let corrected = format!("CASE WHEN i % 8 = {HIDDEN} THEN 10000 ELSE 0 END");
        self.insert_of(
            "invoice",
            &[FAILED, HIDDEN, FEE],
            &[
                ("id", "{invoice}"),
                ("number", "'RE-2025-' || {nnnnn}"),
                ("order_id", "{order}"),
                ("customer_id", "{its customer}"),
                ("currency", "'EUR'"),
                ("price_basis", "'gross'"),
                ("invoice_date", "{day}"),
                ("net_minor", "8403"),
                ("tax_minor", "1597"),
                ("gross_minor", "10000"),
                ("corrected_minor", &corrected),
                ("paid_minor", "0"),
                ("version", "1"),
                ("created_at", "{now}"),
            ],
        );
        let left = |all: &str| format!("CASE WHEN i % 8 = {HIDDEN} THEN 0 ELSE {all} END");
        let (micros, net, tax) = (left("1000000"), left("8403"), left("1597"));
        let own: Row<'_> = &[
            ("id", "{invoice line}"),
            ("invoice_id", "{invoice}"),
            ("order_line_id", "{order line}"),
            ("correctable_micros", &micros),
            ("correctable_net_minor", &net),
            ("correctable_tax_minor", &tax),
        ];
        self.insert_of("invoice_line", &[FAILED, HIDDEN, FEE], &[&LINE[..], own].concat());
        self.count_numbers("RE", "invoice");
    }

    /// The counter of a series that was filled in bulk.
    fn count_numbers(&mut self, series: &str, table: &str) {
        self.statements.push(format!(
            "INSERT INTO number_series (series, year, last_number) \
             SELECT '{series}', 2025, COUNT(number) FROM {table} WHERE number LIKE '{series}-2025-%'"
        ));
    }

    pub(super) fn corrections(&mut self) {
        let row: Row<'_> = &[
            ("id", "{correction}"),
            ("invoice_id", "{invoice}"),
            ("order_id", "{order}"),
            ("customer_id", "{its customer}"),
            ("status", "'draft'"),
            ("currency", "'EUR'"),
            ("correction_date", "{day}"),
            ("net_minor", "8403"),
            ("tax_minor", "1597"),
            ("gross_minor", "10000"),
            ("refundable_minor", "0"),
            ("sent_minor", "0"),
            ("created_by", "{user}"),
            ("version", "1"),
            ("created_at", "{now}"),
        ];
        self.insert_of("invoice_correction", &[HIDDEN, FEE], row);
        let own: Row<'_> =
            &[("id", "{correction line}"), ("correction_id", "{correction}"), ("invoice_line_id", "{invoice line}")];
        let without_sku: Vec<(&str, &str)> = LINE.iter().copied().filter(|(column, _)| *column != "sku").collect();
        self.insert_of("invoice_correction_line", &[HIDDEN, FEE], &[&without_sku[..], own].concat());
        // Lines can only be given to a draft.
        let formalise = self.fill(
            "UPDATE invoice_correction SET status = 'formalised', number = 'RK-2025-' || {nnnnn}, \
             refundable_minor = gross_minor, formalised_at = {now} \
             FROM (SELECT c.id AS numbered, ROW_NUMBER() OVER (ORDER BY c.id) AS k FROM invoice_correction c \
             JOIN invoice i ON i.id = c.invoice_id WHERE i.corrected_minor > 0) n WHERE id = n.numbered",
        );
        self.statements.push(formalise);
        self.count_numbers("RK", "invoice_correction");
    }

    pub(super) fn cancellations(&mut self) {
        self.insert_of(
            "cancellation",
            &[PENDING],
            &[
                ("id", "{cancellation}"),
                ("order_id", "{order}"),
                ("reason", "'customer_request'"),
                ("with_refund", "FALSE"),
                ("created_by", "{user}"),
                ("version", "1"),
                ("created_at", "{now}"),
            ],
        );
    }
}
