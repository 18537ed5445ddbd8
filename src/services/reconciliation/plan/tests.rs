//! What a delivery changes, by what is known.

use super::*;
use crate::domain::account::ProviderKind;
use crate::domain::money::Currency;
use uuid::Uuid;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
}

fn account() -> payment_account::Model {
    payment_account::Model {
        id: Uuid::from_u128(1).into(),
        name: "Sandbox".into(),
        provider: ProviderKind::Sandbox,
        iban: None,
        currency: Currency::EUR,
        can_receive: true,
        can_send: true,
        cutoff_date: None,
        hidden: false,
        auto_import_locked_reason: None,
        feed_cursor: 0,
        version: 1,
        created_at: chrono::DateTime::UNIX_EPOCH,
    }
}

fn new(minor: i64, delivered: Delivered) -> NewMovement {
    NewMovement {
        identity: Identity::Given("t1".into()),
        booking_date: day(22),
        value_date: None,
        amount: Money::new(minor, Currency::EUR),
        booking_type: BookingType::Incoming,
        delivered,
        status_text: None,
        counterparty_name: Some("Jürgen Groß".into()),
        counterparty_iban: None,
        counterparty_bic: None,
        purpose: None,
        reference: None,
        end_to_end_id: None,
        mandate_id: None,
        related_transaction_id: None,
        channel: ImportChannel::Provider,
        source_line: None,
        purpose_raw: None,
        bank_reference: None,
        transaction_code: None,
        source: None,
        place: None,
        fee_of: None,
        file_part: None,
    }
}

fn decide(account: &payment_account::Model, new: &NewMovement, known: Option<&Model>) -> Decision {
    let arrival =
        Arrival { account, run: Uuid::from_u128(2).into(), now: chrono::DateTime::UNIX_EPOCH, match_purpose: true };
    arrival.decide(new, known, (Uuid::from_u128(3).into(), "t1".into())).unwrap()
}

fn created(new: &NewMovement) -> Model {
    match decide(&account(), new, None) {
        Decision::Create(row) => *row,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_delivery_decides_between_completed_in_progress_and_aborted() {
    let status = |delivered| created(&new(100, delivered)).status;
    assert_eq!(status(Delivered::Final), MovementStatus::Completed);
    assert_eq!(status(Delivered::Pending), MovementStatus::InProgress);
    assert_eq!(status(Delivered::Expired), MovementStatus::Aborted);
    let row = created(&new(100, Delivered::Final));
    assert_eq!((row.free_minor, row.returnable, row.counterparty_fold.as_str()), (100, true, "jurgen gross"));
}

#[test]
fn an_announced_movement_changes_in_place_and_keeps_what_people_did() {
    let pending =
        Model { hidden: true, internal_comment: Some("called".into()), ..created(&new(100, Delivered::Pending)) };
    for (delivered, status) in
        [(Delivered::Final, MovementStatus::Completed), (Delivered::Expired, MovementStatus::Failed)]
    {
        let decision = decide(&account(), &new(120, delivered), Some(&pending));
        assert_eq!(decision.counts(Some(&pending)).hidden, 1);
        let Decision::Update { after, .. } = decision else { panic!("no update") };
        let kept = (after.id, after.hidden, after.internal_comment.as_deref());
        assert_eq!(kept, (pending.id, true, Some("called")));
        assert_eq!((after.status, after.amount_minor, after.free_minor), (status, 120, 120));
    }
    assert_eq!(decide(&account(), &new(100, Delivered::Pending), Some(&pending)), Decision::Unchanged);
}

/// [26]
#[test]
fn a_completed_movement_never_changes_and_an_assigned_one_refuses_other_money() {
    let booked = created(&new(100, Delivered::Final));
    for delivered in [Delivered::Final, Delivered::Pending, Delivered::Expired] {
        assert_eq!(decide(&account(), &new(100, delivered), Some(&booked)), Decision::Unchanged);
    }
    // Another format may know less of the kind, or more.
    let fee = NewMovement { booking_type: BookingType::Fee, ..new(100, Delivered::Final) };
    for known in [&booked, &Model { free_minor: 40, ..booked.clone() }] {
        assert_eq!(decide(&account(), &fee, Some(known)), Decision::Unchanged);
    }
    assert_eq!(decide(&account(), &new(100, Delivered::Final), Some(&created(&fee))), Decision::Unchanged);
    let code = |known: &Model| match decide(&account(), &new(101, Delivered::Final), Some(known)) {
        Decision::Refuse(entry) => entry.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&booked), "movement_booked");
    assert_eq!(code(&Model { free_minor: 40, ..booked }), "movement_assigned");
}

#[test]
fn nothing_and_what_is_older_than_the_cutoff_date_is_discarded() {
    assert_eq!(decide(&account(), &new(0, Delivered::Final), None), Decision::Discard);
    let account = payment_account::Model { cutoff_date: Some(day(22)), ..account() };
    assert_eq!(decide(&account, &new(100, Delivered::Final), None), Decision::Discard);
    let later = NewMovement { booking_date: day(23), ..new(100, Delivered::Final) };
    assert!(matches!(decide(&account, &later, None), Decision::Create(_)));
    let pending = created(&new(100, Delivered::Pending));
    assert!(matches!(decide(&account, &new(100, Delivered::Final), Some(&pending)), Decision::Update { .. }));
}

#[test]
fn money_that_came_by_file_left_or_is_a_fee_is_told_apart() {
    let by_file = NewMovement { channel: ImportChannel::Camt, ..new(100, Delivered::Final) };
    assert!(!created(&by_file).returnable && !created(&new(-100, Delivered::Final)).returnable);
    let fee = NewMovement { booking_type: BookingType::Fee, ..new(-30, Delivered::Final) };
    assert_eq!(created(&fee).free_minor, 0);
    let dollars = NewMovement { amount: Money::new(1, Currency::parse("USD").unwrap()), ..by_file };
    assert!(matches!(decide(&account(), &dollars, None), Decision::Refuse(_)));
}
