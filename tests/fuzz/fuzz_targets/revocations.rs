//! Feeds the fuzzer's octets to the target of this name; `tests/corpus.rs` feeds it the corpus.
#![no_main]

#[path = "../../support/seeds.rs"]
mod seeds;
#[path = "../targets.rs"]
mod targets;
#[path = "../../support/wide.rs"]
mod wide;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::revocations(data));
