//! Places where a test may interrupt a run. Only in builds with debug assertions; in any other this does nothing.
//!
//! `GITCA_TEST_POINT` names a place, and `GITCA_TEST_COMMAND` is a shell command that is run when the program gets there
//! for the first time: `kill -9 $PPID` is a crash, `git push` by somebody else is a race. For tests alone.

/// Says that the program has come to this place.
#[cfg(not(debug_assertions))]
pub fn point(_: &str) {}

/// Whether a test can't wait: `GITCA_TEST_HURRY` is set.
#[must_use]
#[cfg(not(debug_assertions))]
pub fn is_hurried() -> bool {
    false
}

/// Whether a test can't wait: `GITCA_TEST_HURRY` is set.
#[must_use]
#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test says so in the environment"
)]
pub fn is_hurried() -> bool {
    std::env::var_os("GITCA_TEST_HURRY").is_some()
}

/// Says that the program has come to this place.
#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test says in the environment what shall happen, and where"
)]
pub fn point(name: &str) {
    use std::sync::Once;

    static REACHED: Once = Once::new();

    let Some(command) = std::env::var_os("GITCA_TEST_COMMAND") else {
        return;
    };
    if std::env::var_os("GITCA_TEST_POINT").is_some_and(|wanted| wanted == name) {
        REACHED.call_once(|| {
            let mut shell = std::process::Command::new("sh");
            let ended = shell.arg("-c").arg(&command).status();
            assert!(
                ended.is_ok_and(|status| status.success()),
                "the command at `{name}` failed"
            );
        });
    }
}
