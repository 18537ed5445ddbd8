//! Any bytes: the MT940 reader ends, does not panic and counts what it hands over.

#![no_main]

use std::ops::ControlFlow;

use heller::importers::{StatementEvent, mt940};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut lines = 0_u64;
    let outcome = mt940::read(bytes, &mut |event| {
        if let StatementEvent::Line(line) = event {
            lines += 1;
            assert!(!line.amount.is_zero());
        }
        ControlFlow::Continue(())
    });
    if let Ok(summary) = outcome {
        assert_eq!(summary.lines, lines);
    }
});
