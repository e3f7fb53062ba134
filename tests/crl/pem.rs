//! PEM by hand, so that a test can change an octet in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) struct Pem(pub(crate) Vec<u8>);

impl Pem {
    pub(crate) fn of(text: &str) -> Self {
        let body: String = text
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        Self(STANDARD.decode(body).expect("base64"))
    }

    pub(crate) fn with(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut der = self.0.clone();
        change(&mut der);
        let body = STANDARD.encode(der);
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
            .collect();
        let lines = lines.join("\n");
        format!("-----BEGIN X509 CRL-----\n{lines}\n-----END X509 CRL-----\n").into_bytes()
    }
}
