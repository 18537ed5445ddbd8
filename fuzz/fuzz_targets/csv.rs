//! Whatever the bytes are: reading them ends, and nothing panics.
#![no_main]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use heller::domain::money::Currency;
use heller::importers::csv::{Reader, looks_like, read};
use libfuzzer_sys::fuzz_target;

static READER: LazyLock<Reader> = LazyLock::new(|| Reader::built_in(Currency::EUR));

fuzz_target!(|bytes: &[u8]| {
    looks_like(bytes);
    let _ = read(bytes, &READER, &mut |_| ControlFlow::Continue(()));
});
