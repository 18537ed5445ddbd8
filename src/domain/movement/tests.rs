//! Every state and event, every folder and colour, every action and what forbids it.

use super::*;
use crate::domain::money::Currency;

fn facts(amount: i64, free: i64) -> MovementFacts {
    MovementFacts {
        amount: Money::new(amount, Currency::EUR),
        free: Money::new(free, Currency::EUR),
        booking_type: BookingType::Incoming,
        status: MovementStatus::Completed,
        hidden: false,
        possible_duplicate: false,
        returnable: true,
    }
}

/// [61, 62]
#[test]
fn every_status_and_delivery_has_its_successor() {
    use Delivered::*;
    use MovementStatus::*;
    let table = [
        (None, Final, Some(Completed)),
        (None, Pending, Some(InProgress)),
        (None, Expired, Some(Aborted)),
        (Some(InProgress), Final, Some(Completed)),
        (Some(InProgress), Pending, None),
        (Some(InProgress), Expired, Some(Failed)),
    ];
    for (known, delivered, expected) in table {
        assert_eq!(next_status(known, delivered), expected, "{known:?} {delivered:?}");
    }
    for ended in [Completed, Aborted, Failed] {
        for delivered in [Final, Pending, Expired] {
            assert_eq!(next_status(Some(ended), delivered), None);
        }
    }
}

/// [31, 32, 33, 36, 39]
#[test]
fn colours_and_folders_follow_the_remainder() {
    let cases = [
        (facts(15_000, 15_000), Colour::Red, vec![Folder::NotAssigned]),
        (facts(15_000, 5_000), Colour::Yellow, vec![Folder::NotAssigned, Folder::PartiallyAssigned]),
        (facts(15_000, 0), Colour::Green, vec![Folder::FullyAssigned]),
        (facts(-15_000, 5_000), Colour::Yellow, vec![Folder::NotAssigned, Folder::PartiallyAssigned]),
        (MovementFacts { status: MovementStatus::InProgress, ..facts(100, 100) }, Colour::None, vec![Folder::Pending]),
        (MovementFacts { status: MovementStatus::Aborted, ..facts(100, 100) }, Colour::None, vec![Folder::Failed]),
        (MovementFacts { booking_type: BookingType::Fee, ..facts(-30, 0) }, Colour::None, vec![]),
        (MovementFacts { hidden: true, ..facts(15_000, 5_000) }, Colour::Yellow, vec![Folder::Hidden]),
    ];
    for (movement, colour, folders) in cases {
        assert_eq!(movement.colour(), colour, "{movement:?}");
        let found: Vec<Folder> = Folder::ALL.iter().copied().filter(|folder| movement.is_in(*folder)).collect();
        let expected: Vec<Folder> = Folder::ALL.iter().copied().filter(|folder| folders.contains(folder)).collect();
        assert_eq!(found, expected, "{movement:?}");
    }
}

/// [58, 63, 76]
#[test]
fn what_forbids_an_assignment_is_named() {
    let code = |movement: MovementFacts| movement.check_assignable().err().map(|error| error.code());
    assert_eq!(code(facts(1, 1)), None);
    assert_eq!(code(MovementFacts { hidden: true, ..facts(1, 1) }), Some(Code::MovementHidden));
    assert_eq!(code(MovementFacts { booking_type: BookingType::Fee, ..facts(1, 0) }), Some(Code::MovementIsFee));
    for status in [MovementStatus::InProgress, MovementStatus::Aborted, MovementStatus::Failed] {
        assert_eq!(code(MovementFacts { status, ..facts(1, 1) }), Some(Code::MovementNotCompleted));
    }
}

/// [74]
#[test]
fn every_action_names_what_forbids_it() {
    use CancelledOrders::{None as NoOrder, PaidBack, Refundable};
    let reasons = |movement: MovementFacts, orders| {
        let actions = movement.actions((UnassignedReturns::Refused, orders));
        let named: Vec<MovementAction> = actions.iter().map(|(action, _)| *action).collect();
        assert_eq!(named, MovementAction::ALL, "every action, in its order");
        let codes = actions.into_iter().map(|(_, code)| code.map_or("", Code::as_str));
        codes.collect::<Vec<_>>().join(" ")
    };
    let hidden = MovementFacts { hidden: true, ..facts(150, 50) };
    let fee = MovementFacts { booking_type: BookingType::Fee, ..facts(150, 0) };
    for (movement, orders, expected) in [
        (facts(150, 50), NoOrder, "  order_not_cancelled  invalid_transition  invalid_transition"),
        (MovementFacts { possible_duplicate: true, ..facts(150, 50) }, Refundable, "    invalid_transition  "),
        (facts(150, 50), Refundable, "    invalid_transition  invalid_transition"),
        (facts(150, 50), PaidBack, "  outgoing_payment_already_generated  invalid_transition  invalid_transition"),
        (hidden, Refundable, "movement_hidden movement_hidden movement_hidden movement_hidden   invalid_transition"),
        (fee, NoOrder, "movement_is_fee movement_is_fee movement_is_fee  invalid_transition  invalid_transition"),
        (facts(-150, 50), NoOrder, " not_incoming not_incoming  invalid_transition  invalid_transition"),
    ] {
        assert_eq!(reasons(movement, orders), expected, "{movement:?} {orders:?}");
    }
}

#[test]
fn only_a_partly_assigned_incoming_provider_movement_returns_its_remainder() {
    let code =
        |movement: MovementFacts, setting| movement.check_remainder_returnable(setting).err().map(|error| error.code());
    let strict = UnassignedReturns::Refused;
    assert_eq!(code(facts(150, 50), strict), None);
    assert_eq!(code(facts(150, 150), strict), Some(Code::NotPartiallyAssigned));
    assert_eq!(code(facts(150, 150), UnassignedReturns::Allowed), None);
    assert_eq!(code(facts(150, 0), strict), Some(Code::OutgoingPaymentAlreadyGenerated));
    assert_eq!(code(facts(-150, 50), strict), Some(Code::NotIncoming));
    assert_eq!(code(MovementFacts { returnable: false, ..facts(150, 50) }, strict), Some(Code::MovementNotReturnable));
    assert_eq!(code(MovementFacts { hidden: true, ..facts(150, 50) }, strict), Some(Code::MovementHidden));
}
