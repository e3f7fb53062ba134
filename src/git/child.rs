//! Another program, run to its end.
//!
//! In comes a command; out comes how it ended and the last of what it said: a server may say anything for as long as it
//! likes, and its words are only shown.

use std::io::{self, Read};
use std::process::{Command, Output, Stdio};
use std::thread;

// Of each stream.
const KEPT: usize = 64 * 1024;

/// Runs it to its end; of what it says only the last is kept.
pub(super) fn ended(mut command: Command) -> io::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = thread::scope(|scope| {
        let stderr = scope.spawn(|| stderr.map_or(Ok(Vec::new()), last));
        let stdout = stdout.map_or(Ok(Vec::new()), last);
        let stderr = stderr.join().expect("reading does not panic");
        (stdout, stderr)
    });
    Ok(Output {
        status: child.wait()?,
        stdout: stdout?,
        stderr: stderr?,
    })
}

/// The last octets of a stream.
fn last(mut stream: impl Read) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let octets = match stream.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            octets => octets?,
        };
        kept.extend_from_slice(&piece[..octets]);
        if octets == 0 || kept.len() > 2 * KEPT {
            let rest = kept.len().saturating_sub(KEPT);
            kept.drain(..rest);
        }
        if octets == 0 {
            return Ok(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_words_of_a_long_speech_are_kept() {
        let speech: Vec<u8> = (0..=250).cycle().take(1_000_003).collect();
        assert_eq!(
            last(speech.as_slice()).unwrap(),
            speech[speech.len() - KEPT..]
        );
        assert_eq!(last(&speech[..9_000]).unwrap(), speech[..9_000]);
        assert!(last(io::empty()).unwrap().is_empty());
    }
}
