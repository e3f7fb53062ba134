//! Unicode case folding, for patterns that deny and for names that are reserved.
//!
//! In comes text in NFC; out comes a form in which letter case decides nothing (Unicode 3.13, D145). Characters go up
//! and down again, so `ſ`, `K` (Kelvin) and `ß` meet what they are folded to. Never used to admit anything.

use unicode_normalization::UnicodeNormalization;

/// The text without its letter case.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_is_gone() {
        for (text, folded) in [
            ("System:Masters", "system:masters"),
            ("\u{17f}ystem", "system"),
            ("\u{212a}ube", "kube"),
            ("Straße", "strasse"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }
}
