//! Any bytes: the CAMT reader ends, does not panic, counts what it hands over, and says of charges whose they are.

#![no_main]

use std::ops::ControlFlow;

use heller::importers::{StatementEvent, camt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut lines = 0_u64;
    let mut places = Vec::new();
    let outcome = camt::read(bytes, &mut |event| {
        if let StatementEvent::Line(line) = event {
            lines += 1;
            assert!(!line.amount.is_zero());
            assert!(line.span.is_some_and(|span| span.length > 0));
            assert!(line.fee_of.is_none_or(|of| places.contains(&of)));
            places.push(line.ordinal);
        }
        ControlFlow::Continue(())
    });
    if let Ok(summary) = outcome {
        assert_eq!(summary.lines, lines);
    }
});
