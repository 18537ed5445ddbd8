//! Any bytes: the archive reader ends, does not panic, counts what it hands over and gives lines of no file it did not name.

#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;

use heller::domain::money::Currency;
use heller::importers::{StatementEvent, archive, csv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut lines, mut named) = (0_u64, false);
    let outcome = archive::read(Cursor::new(bytes), &csv::Reader::built_in(Currency::EUR), &mut |event| {
        match event {
            StatementEvent::Part(part) => {
                assert!(!part.name.is_empty() && !part.name.contains(['\0', '\\']));
                named = true;
            }
            StatementEvent::Line(_) => {
                assert!(named);
                lines += 1;
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if let Ok(summary) = outcome {
        assert_eq!(summary.lines, lines);
    }
});
