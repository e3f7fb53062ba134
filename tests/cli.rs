//! What a user can see, as files: every help text, and the messages for what was typed wrong.
//!
//! `TRYCMD=overwrite cargo test --test cli` writes what is printed now into `tests/cmd/`.

#[test]
fn commands_print_what_their_files_say() {
    trycmd::TestCases::new()
        .case("tests/cmd/*.trycmd")
        .env("GITCA_NOW", "2030-01-01T00:00:00Z")
        .env("NO_COLOR", "1");
}
