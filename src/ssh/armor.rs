//! The armor of signatures and private keys: base64 in lines between two others that say what it is.
//!
//! In comes a text, out come the octets, if the text is the armor and nothing else. OpenSSH breaks lines after 70
//! characters; other lengths are read too, since the octets decide. A carriage return is only let through before a line
//! feed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

// As OpenSSH writes it.
const COLUMNS: usize = 70;

/// The octets in the armor with this label; nothing when the text is anything else or more.
#[must_use]
pub fn read(text: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut lines = text.split_inclusive('\n').map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    });
    let first = lines.next()?;
    let (last, body) = {
        let rest: Vec<&str> = lines.collect();
        let (last, body) = rest.split_last()?;
        (*last, Zeroizing::new(body.concat()))
    };
    let framed =
        first == format!("-----BEGIN {label}-----") && last == format!("-----END {label}-----");
    let octets = STANDARD.decode(body.as_bytes()).ok().filter(|_| framed)?;
    Some(Zeroizing::new(octets))
}

/// The armor with this label around the octets, with a line end.
#[must_use]
pub fn write(octets: &[u8], label: &str) -> String {
    // It may be a private key: no copy is left behind, and the text never moves by growing.
    let body = Zeroizing::new(STANDARD.encode(octets));
    let frame = 2 * label.len() + "-----BEGIN ----------END -----\n\n".len();
    let mut text = String::with_capacity(frame + body.len() + body.len().div_ceil(COLUMNS));
    text.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(COLUMNS));
        text.extend([line, "\n"]);
        rest = next;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_armor_is_the_whole_text() {
        let text = write(&[7; 100], "X");
        assert_eq!(read(&text, "X").unwrap().as_slice(), [7; 100]);
        assert_eq!(read(text.trim_end(), "X").unwrap().as_slice(), [7; 100]);
        assert_eq!(
            read(&text.replace('\n', "\r\n"), "X").unwrap().as_slice(),
            [7; 100]
        );
        for wrong in [
            format!(" {text}"),
            format!("\n{text}"),
            format!("{text}\n"),
            format!("{text}x"),
            text.replace("END X", "END Y"),
            text.replace("BwcH", "Bwc*"),
            text.replace("==\n", "\n"),
            text.replace("BwcH", "Bw cH"),
            text.replace('\n', "\r"),
            String::new(),
        ] {
            assert_eq!(read(&wrong, "X"), None, "{wrong:?}");
        }
        assert_eq!(read(&text, "Y"), None);
    }
}
