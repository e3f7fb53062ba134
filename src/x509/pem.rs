//! Textual encodings (RFC 7468), read strictly: one block, nothing around it, no headers.
//!
//! In comes text that a stranger wrote; out comes the DER of its one block, or the reason why it is not one block.
//! White space is read as generously as Go's `encoding/pem` does, since Kubernetes takes such requests; all else that
//! Go skips is refused here, so that a reader sees what is signed. A private key is named first and never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::finding::{Code, Reason};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
// The label that old OpenSSL and Microsoft tools write.
const OLD_REQUEST: &str = "NEW CERTIFICATE REQUEST";

/// Whether a block with a private key, of any format and encrypted or not, begins somewhere in the text.
#[must_use]
pub fn holds_private_key(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.split(BEGIN)
        .skip(1)
        .filter_map(|rest| rest.split(DASHES).next())
        .any(|label| label.contains("PRIVATE KEY"))
}

/// The DER in the only block of the text, which must have this label.
///
/// # Errors
/// `SecretInRequest` for a private key, else `MalformedPEM`.
pub fn read(text: &[u8], label: &str) -> Result<Vec<u8>, Reason> {
    if holds_private_key(text) {
        let reason = Reason::new(Code::SecretInRequest, "holds a private key");
        return Err(reason.help("treat this key as leaked: make a new one and a new request"));
    }
    let text = str::from_utf8(text).map_err(|_| no_pem())?;
    let mut lines = text.split('\n').map(without_line_end);
    let found = begin(&mut lines)?;
    check_label(found, label)?;
    let body = body(&mut lines, label)?;
    check_rest(lines)?;
    STANDARD
        .decode(body)
        .map_err(|_| malformed("the body of the PEM block is not base64"))
}

fn without_line_end(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

/// The label of the first line that is not blank, which has to begin a block.
fn begin<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, Reason> {
    let line = lines.find(|line| !is_blank(line)).ok_or_else(no_pem)?;
    let label = line.strip_prefix(BEGIN).and_then(before_dashes);
    label.ok_or_else(|| {
        if line.contains(BEGIN) {
            malformed("the BEGIN line of the PEM block does not stand alone")
        } else if lines.any(|line| line.contains(BEGIN)) {
            malformed("text stands before the PEM block")
        } else {
            no_pem()
        }
    })
}

/// Base64 up to the END line; blanks may stand anywhere in it.
fn body<'a>(lines: &mut impl Iterator<Item = &'a str>, label: &str) -> Result<String, Reason> {
    let mut body = String::new();
    for line in lines {
        if let Some(rest) = line.strip_prefix(END) {
            return if before_dashes(rest) == Some(label) {
                Ok(body)
            } else {
                Err(malformed("the END line does not match the BEGIN line"))
            };
        }
        if line.contains(':') {
            return Err(malformed("the PEM block has headers"));
        }
        body.extend(line.chars().filter(|c| !is_blank_character(*c)));
    }
    Err(malformed("the PEM block has no END line"))
}

fn check_rest<'a>(mut lines: impl Iterator<Item = &'a str>) -> Result<(), Reason> {
    match lines.find(|line| !is_blank(line)) {
        None => Ok(()),
        Some(line) if line.contains(BEGIN) => Err(malformed("holds a second PEM block")),
        Some(_) => Err(malformed("text stands after the PEM block")),
    }
}

fn check_label(found: &str, wanted: &str) -> Result<(), Reason> {
    if found == wanted {
        return Ok(());
    }
    let reason = malformed(format!("the label of the PEM block is not `{wanted}`")).value(found);
    Err(if found == OLD_REQUEST {
        reason.help("write it anew: openssl req -in OLD -out NEW")
    } else {
        reason
    })
}

fn before_dashes(rest: &str) -> Option<&str> {
    let label = rest
        .trim_end_matches(is_blank_character)
        .strip_suffix(DASHES)?;
    (!label.contains(DASHES)).then_some(label)
}

fn is_blank(line: &str) -> bool {
    line.chars().all(is_blank_character)
}

fn is_blank_character(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn no_pem() -> Reason {
    malformed("is not PEM").help("in PEM: openssl req -in FILE -inform DER -out REQUEST")
}

fn malformed(message: impl Into<String>) -> Reason {
    Reason::new(Code::MalformedPem, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: &str = "CERTIFICATE REQUEST";
    const BODY: &str = "MAAwADAAMAAwADAA";

    fn block(body: &str) -> String {
        format!("{BEGIN}{LABEL}-----\n{body}\n{END}{LABEL}-----\n")
    }

    #[test]
    fn white_space_is_read_as_go_reads_it() {
        let plain = block(BODY);
        let der = [0x30, 0].repeat(6);
        for text in [
            plain.clone(),
            plain.replace('\n', "\r\n"),
            plain.trim_end().to_owned(),
            plain.replace("-----\n", "----- \t\n"),
            block("MAAw\nADAA\n\n\t\nMAAwADAA"),
            block("  MAAwADAA MAAw\tADAA"),
            format!("\n \n{plain}\n\n  "),
        ] {
            assert_eq!(read(text.as_bytes(), LABEL), Ok(der.clone()), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_one_block_alone_is_refused() {
        let plain = block(BODY);
        for (text, message) in [
            (String::new(), "is not PEM"),
            (BODY.to_owned(), "is not PEM"),
            ("0\u{0}".to_owned(), "is not PEM"),
            (
                format!("name: x\n{plain}"),
                "text stands before the PEM block",
            ),
            (
                format!("\u{feff}{plain}"),
                "the BEGIN line of the PEM block does not stand alone",
            ),
            (
                format!("  {plain}"),
                "the BEGIN line of the PEM block does not stand alone",
            ),
            (format!("{plain}x"), "text stands after the PEM block"),
            (format!("{plain}{plain}"), "holds a second PEM block"),
            (
                block(&format!("A: b\n\n{BODY}")),
                "the PEM block has headers",
            ),
            (
                plain.replace('\n', "\r"),
                "the BEGIN line of the PEM block does not stand alone",
            ),
            (
                plain.replace("-----END", ""),
                "the PEM block has no END line",
            ),
            (
                plain.replace("-----END C", "-----END D"),
                "the END line does not match the BEGIN line",
            ),
            (
                plain.replacen("-----\n", "-----x\n", 1),
                "the BEGIN line of the PEM block does not stand alone",
            ),
            (block("MAA"), "the body of the PEM block is not base64"),
            (block("MAB="), "the body of the PEM block is not base64"),
            (block("MA-_"), "the body of the PEM block is not base64"),
        ] {
            let reason = read(text.as_bytes(), LABEL).unwrap_err();
            assert_eq!(
                (reason.code, reason.message.as_str()),
                (Code::MalformedPem, message),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_old_label_is_refused_with_the_way_out() {
        let old = block(BODY).replace("CERT", "NEW CERT");
        let help = read(old.as_bytes(), LABEL).unwrap_err().help.unwrap();
        assert!(help.ends_with("openssl req -in OLD -out NEW"), "{help}");
    }

    #[test]
    fn a_private_key_is_found_wherever_it_stands_and_not_shown() {
        for kind in ["", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH "] {
            let key = format!("-----BEGIN {kind}PRIVATE KEY-----\nc2VjcmV0\n");
            for text in [
                key.clone(),
                format!("{}{key}", block(BODY)),
                format!("x{key}"),
            ] {
                let reason = read(text.as_bytes(), LABEL).unwrap_err();
                assert_eq!(
                    (reason.code, reason.value),
                    (Code::SecretInRequest, None),
                    "{text}"
                );
            }
        }
    }
}
