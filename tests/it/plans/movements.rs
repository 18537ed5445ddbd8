//! The movement list with every filter, and with those that go together badly: one is rare and the other is everywhere.

use heller::domain::money::Currency;
use heller::domain::movement::{BookingType, Direction as MoneyDirection, Folder, MovementStatus};
use heller::services::movements::list::{self, AmountBound, MovementFilter, SortBy};
use heller::services::page::Direction;

use super::explaining::Explaining;
use super::{Kind, id, two_pages};

pub async fn lists(conn: &Explaining) {
    let plain = MovementFilter::default;
    let day = |text: &str| Some(text.parse().unwrap());
    let amount = |minor| Some(AmountBound(minor));
    let mut filters: Vec<MovementFilter> =
        Folder::ALL.iter().map(|folder| MovementFilter { folder: Some(*folder), ..plain() }).collect();
    filters.extend([
        plain(),
        MovementFilter { amount_from: amount(5_000), amount_to: amount(6_000), ..plain() },
        MovementFilter { amount_abs_from: amount(5_000), amount_abs_to: amount(6_000), ..plain() },
        MovementFilter { currency: Some(Currency::EUR), ..plain() },
        MovementFilter { account_id: Some(id(Kind::Run, 1)), ..plain() },
        MovementFilter { direction: Some(MoneyDirection::Out), ..plain() },
        MovementFilter { date_from: day("2026-02-01"), date_to: day("2026-02-28"), ..plain() },
        MovementFilter { folder: Some(Folder::NotAssigned), date_from: day("2026-02-01"), ..plain() },
        MovementFilter { currency: Some(Currency::parse("JPY").unwrap()), folder: Some(Folder::Failed), ..plain() },
        MovementFilter { folder: Some(Folder::Failed), booking_type: Some(BookingType::Incoming), ..plain() },
        MovementFilter { counterparty: Some("KUNDE Nr. 12345".to_owned()), ..plain() },
        MovementFilter { purpose: Some("Bestellung".to_owned()), ..plain() },
        MovementFilter { transaction_id: Some("seed_12345".to_owned()), ..plain() },
        MovementFilter { q: Some("AU-SEED-12345".to_owned()), folder: Some(Folder::NotAssigned), ..plain() },
        MovementFilter { q: Some("nix9".to_owned()), ..plain() },
        MovementFilter { customer_id: Some(id(Kind::Customer, 1)), ..plain() },
        MovementFilter { customer_id: Some(id(Kind::Customer, 1)), folder: Some(Folder::FullyAssigned), ..plain() },
    ]);
    filters.extend(BookingType::ALL.iter().map(|kind| MovementFilter { booking_type: Some(*kind), ..plain() }));
    filters.extend(MovementStatus::ALL.iter().map(|status| MovementFilter { status: Some(*status), ..plain() }));
    for filter in filters {
        for sort in [SortBy::BookingDate, SortBy::Amount] {
            for direction in [Direction::Descending, Direction::Ascending] {
                conn.about(format!("account movements by {sort:?} {direction:?}: {filter:?}"));
                two_pages(async |page| list::page(conn, &filter, (sort, direction), &page).await).await;
            }
        }
    }
}
