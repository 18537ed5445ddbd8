//! Announcements without an end-to-end id in files that name ids elsewhere, in every order with their bookings.

use super::tests::{INVOICE, Payment, Table, camt, lines_of, mt940, orders, payment, statement};
use super::*;

const BOOKED: Payment = payment(21, "80.00", ["Ina Wolf", "EREF-A", "Miete"]);
const NO_ID: Payment = Payment { end_to_end_id: "", ..BOOKED };

/// An interim report that names an id, but none for what it announces.
fn announcement(day: u32, times: usize) -> Vec<u8> {
    let announced = Payment { day, ..NO_ID };
    let lines: Vec<_> = std::iter::repeat_n((&announced, "PDNG"), times).chain([(&INVOICE, "BOOK")]).collect();
    camt(("052", "BkToCstmrAcctRpt", "Rpt"), &lines)
}

/// The movements of the payment: status and end-to-end id.
fn movements(table: &Table) -> Vec<(MovementStatus, Option<&str>)> {
    let own = table.rows.iter().filter(|row| row.amount_minor == 8_000);
    own.map(|row| (row.status, row.end_to_end_id.as_deref())).collect()
}

#[test]
fn an_announcement_without_an_id_and_its_bookings_are_one_movement_in_any_order() {
    for day in [20, 21] {
        let files = [announcement(day, 1), mt940(&[&NO_ID]), statement(&[&BOOKED])];
        for order in orders(files.len()).into_iter().chain([vec![0, 2], vec![2, 0]]) {
            let mut table = Table::empty();
            for place in order.iter().chain(&order) {
                table.import(&lines_of(&files[*place]));
                assert!(movements(&table).len() == 1, "{day} {order:?} {place}: {:#?}", table.rows);
            }
            let expected = [(MovementStatus::Completed, Some("EREF-A"))];
            assert_eq!(movements(&table), expected, "{day} {order:?}");
        }
    }
}

#[test]
fn a_booking_without_an_id_in_a_file_that_names_some_is_that_of_an_announcement_with_one() {
    let announced = camt(("052", "BkToCstmrAcctRpt", "Rpt"), &[(&BOOKED, "PDNG")]);
    let booked = statement(&[&NO_ID, &INVOICE]);
    for files in [[&announced, &booked], [&booked, &announced]] {
        let mut table = Table::empty();
        for file in files.into_iter().chain(files) {
            table.import(&lines_of(file));
        }
        assert_eq!(movements(&table), [(MovementStatus::Completed, None)]);
    }
}

#[test]
fn what_is_announced_twice_and_booked_once_stays_announced_once() {
    let mut table = Table::empty();
    for file in [announcement(21, 2), statement(&[&BOOKED]), mt940(&[&NO_ID]), announcement(21, 2)] {
        table.import(&lines_of(&file));
    }
    let expected = [(MovementStatus::Completed, Some("EREF-A")), (MovementStatus::InProgress, None)];
    assert_eq!(movements(&table), expected);
}

#[test]
fn a_booking_takes_the_announcement_with_its_id_before_a_nearer_one() {
    let other = Payment { day: 20, end_to_end_id: "EREF-B", ..BOOKED };
    let own = Payment { day: 19, ..BOOKED };
    for announced in [[(&own, "PDNG"), (&other, "PDNG")], [(&other, "PDNG"), (&own, "PDNG")]] {
        let mut table = Table::empty();
        table.import(&lines_of(&camt(("052", "BkToCstmrAcctRpt", "Rpt"), &announced)));
        table.import(&lines_of(&statement(&[&BOOKED])));
        let left = table.rows.iter().find(|row| row.status == MovementStatus::InProgress).unwrap();
        assert_eq!((table.rows.len(), left.end_to_end_id.as_deref()), (2, Some("EREF-B")));
    }
}
