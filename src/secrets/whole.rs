//! What is a private key by its form, before anything is opened: RFC 5958, RFC 8017 and RFC 5915 in DER (X.690 10).
//!
//! In come octets; out comes whether they are a whole key of a kind that is certified: every length fits, the algorithm is
//! known, and nothing is left over. To tell that costs no more than to read them, so nobody uses up with what is no key what
//! may be spent on opening keys.

// Tags of X.690 8.
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
// RFC 5915 3: the curve.
const PARAMETERS: u8 = 0xa0;

// rsaEncryption (RFC 8017 A.1), id-ecPublicKey (RFC 5480 2.1.1) and id-Ed25519 (RFC 8410 3).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
// RFC 8032 5.1.5.
const ED25519_OCTETS: usize = 32;
// secp256r1, secp384r1 and secp521r1 (RFC 5480 2.1.1.1), with the octets of a private key.
const CURVES: [(&[u8], usize); 3] = [
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], 32),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], 48),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], 66),
];
// RFC 8017 A.1.2: the modulus, both exponents, the primes, and what is worked out from them.
const NUMBERS: usize = 8;
// 1024 bits. What is shorter was never a secret.
const SHORTEST_MODULUS: usize = 128;

/// Whether these octets are one whole private key.
pub(super) fn is_key(octets: &[u8]) -> bool {
    let mut values = Values(octets);
    let inside = values.take(SEQUENCE).filter(|_| values.0.is_empty());
    inside.is_some_and(|inside| {
        let kinds = [any, rsa, |values: Values<'_>| ec(values, None)];
        kinds.iter().any(|is_it| is_it(Values(inside)).is_some())
    })
}

/// RFC 5958 2: of any kind. What may follow the key is not looked at.
fn any(mut values: Values<'_>) -> Option<()> {
    values
        .take(INTEGER)
        .filter(|version| matches!(version, [0 | 1]))?;
    let mut algorithm = Values(values.take(SEQUENCE)?);
    let name = algorithm.take(OBJECT_IDENTIFIER)?;
    let mut key = Values(values.take(OCTETS)?);
    match name {
        RSA => rsa(Values(key.take(SEQUENCE)?))?,
        EC => {
            let octets = field(algorithm)?;
            ec(Values(key.take(SEQUENCE)?), Some(octets))?;
        }
        ED25519 => {
            let private = key.take(OCTETS)?;
            (private.len() == ED25519_OCTETS).then_some(())?;
        }
        _ => return None,
    }
    while !values.0.is_empty() {
        values.next()?;
    }
    key.0.is_empty().then_some(())
}

/// RFC 8017 A.1.2, of two primes.
fn rsa(mut values: Values<'_>) -> Option<()> {
    values.take(INTEGER).filter(|version| *version == [0])?;
    for number in 0..NUMBERS {
        let shortest = if number == 0 { SHORTEST_MODULUS } else { 1 };
        let digits = values.take(INTEGER)?;
        (digits.len() >= shortest).then_some(())?;
    }
    values.0.is_empty().then_some(())
}

/// RFC 5915 3, on this curve or on one that it names; without a name its length tells.
fn ec(mut values: Values<'_>, most: Option<usize>) -> Option<()> {
    values.take(INTEGER).filter(|version| *version == [1])?;
    let private = values.take(OCTETS)?.len();
    let mut named = None;
    while !values.0.is_empty() {
        let (tag, content) = values.next()?;
        if tag == PARAMETERS {
            named = Some(field(Values(content))?);
        }
    }
    let fits = match most.or(named) {
        Some(most) => (1..=most).contains(&private),
        None => CURVES.iter().any(|(_, octets)| *octets == private),
    };
    fits.then_some(())
}

/// How many octets a private key may have on this curve. One that is written out instead of its name may be any.
fn field(mut curve: Values<'_>) -> Option<usize> {
    let (tag, content) = curve.next()?;
    let mut curves = CURVES.iter();
    match tag {
        OBJECT_IDENTIFIER => curves
            .find(|(name, _)| *name == content)
            .map(|(_, octets)| *octets),
        SEQUENCE => curves.map(|(_, octets)| *octets).max(),
        _ => None,
    }
}

/// Values that follow each other.
struct Values<'o>(&'o [u8]);

impl<'o> Values<'o> {
    /// The content of the next one, which has this tag.
    fn take(&mut self, wanted: u8) -> Option<&'o [u8]> {
        let (tag, content) = self.next()?;
        (tag == wanted).then_some(content)
    }

    /// The next one, its tag and its content. X.690 10.1: its length is in as few octets as there can be; nothing that is
    /// looked at has more than two.
    fn next(&mut self) -> Option<(u8, &'o [u8])> {
        let (tag, length, rest) = match self.0 {
            [tag, length @ ..=0x7f, rest @ ..] | [tag, 0x81, length @ 0x80..=0xff, rest @ ..] => {
                (*tag, usize::from(*length), rest)
            }
            [tag, 0x82, high @ 1..=0xff, low, rest @ ..] => {
                (*tag, usize::from(u16::from_be_bytes([*high, *low])), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
        PKCS_ED25519, PKCS_RSA_SHA256,
    };

    use super::*;

    #[test]
    fn a_key_of_every_kind_is_one_and_no_piece_of_it_is() {
        for algorithm in [
            &PKCS_ECDSA_P256_SHA256,
            &PKCS_ECDSA_P384_SHA384,
            &PKCS_ECDSA_P521_SHA512,
            &PKCS_ED25519,
            &PKCS_RSA_SHA256,
        ] {
            let der = KeyPair::generate_for(algorithm).unwrap().serialize_der();
            assert!(is_key(&der), "{algorithm:?}");
            assert!((0..der.len()).all(|end| !is_key(&der[..end])));
            assert!(!is_key(&[&der[..], &[0]].concat()));
            // The one in it has the form of RFC 8017 or RFC 5915.
            let mut values = Values(&der);
            let mut values = Values(values.take(SEQUENCE).unwrap());
            let (_, _) = (values.next(), values.next());
            let inner = values.take(OCTETS).unwrap();
            let is_own_form = algorithm != &PKCS_ED25519;
            assert_eq!(is_key(inner), is_own_form, "{algorithm:?}");
        }
    }

    #[test]
    fn another_structure_is_no_key() {
        let community = [
            &[SEQUENCE, 13, INTEGER, 1, 1, OCTETS, 6][..],
            b"public",
            &[5, 0],
        ]
        .concat();
        let short = [&[SEQUENCE, 27][..], &[INTEGER, 1, 0].repeat(9)].concat();
        let of_another_kind = [
            &[
                SEQUENCE,
                16,
                INTEGER,
                1,
                0,
                SEQUENCE,
                5,
                OBJECT_IDENTIFIER,
                3,
                0x2b,
                0x65,
                0x6e,
            ][..],
            &[OCTETS, 4, OCTETS, 2, 1, 2],
        ];
        for octets in [
            &community[..],
            &short,
            &of_another_kind.concat(),
            &[],
            &[SEQUENCE, 0],
        ] {
            assert!(!is_key(octets), "{octets:?}");
        }
    }
}
