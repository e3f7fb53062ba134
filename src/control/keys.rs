//! Lists of key types: which subject keys a Signer accepts, a policy admits or a policy denies.
//!
//! In comes `keys: [{rsa: {bits: [3072]}}, {ecdsa: {curves: [P-256]}}, ed25519]`; out comes [`KeyTypes`]. Bare `rsa` and
//! `ecdsa` stand for every length and curve that gitca certifies at all.

use std::fmt;

use crate::control::reading::{choice, count, elements};
use crate::x509::key::{Curve, KeyKind};
use crate::yaml::{Field, Object, Problems, Value};

// NIST SP 800-131A: 2048 bits at least. Above 8192 a verification costs more than it protects.
const LEAST_BITS: usize = 2048;
const MOST_BITS: usize = 8192;
const CURVES: [(&str, Curve); 3] = [
    ("P-256", Curve::P256),
    ("P-384", Curve::P384),
    ("P-521", Curve::P521),
];

/// One kind of key, or several of one algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyType {
    // None: every length.
    Rsa(Option<Vec<u32>>),
    Ecdsa(Vec<Curve>),
    Ed25519,
}

/// A list of key types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTypes(Vec<KeyType>);

impl Default for KeyTypes {
    /// What a Signer accepts that says nothing: RSA 2048, 3072, 4096, the three curves, Ed25519.
    fn default() -> Self {
        Self(vec![
            KeyType::Rsa(Some(vec![2048, 3072, 4096])),
            KeyType::Ecdsa(CURVES.map(|(_, curve)| curve).to_vec()),
            KeyType::Ed25519,
        ])
    }
}

impl KeyTypes {
    /// Reads a list that is not empty.
    #[must_use]
    pub fn read(field: &Field<'_>, problems: &mut Problems) -> Self {
        let types = elements(field, problems);
        Self(
            types
                .filter_map(|element| key_type(&element, problems))
                .collect(),
        )
    }

    /// The kinds that are listed one by one; a bare `rsa` lists none.
    #[must_use]
    pub fn kinds(&self) -> Vec<KeyKind> {
        self.0.iter().flat_map(KeyType::kinds).collect()
    }

    /// Whether all that are listed here are listed there, too.
    #[must_use]
    pub fn is_within(&self, wide: &Self) -> bool {
        let is_there = |key_type: &KeyType| match key_type {
            KeyType::Rsa(None) => wide.0.contains(key_type),
            listed => listed.kinds().into_iter().all(|kind| wide.include(kind)),
        };
        self.0.iter().all(is_there)
    }

    /// Whether no key is listed here and there.
    #[must_use]
    pub fn is_apart(&self, other: &Self) -> bool {
        let any_rsa = |types: &Self| types.0.iter().any(|it| matches!(it, KeyType::Rsa(_)));
        let all_rsa = |types: &Self| types.0.contains(&KeyType::Rsa(None));
        let is_rsa = all_rsa(self) && any_rsa(other) || all_rsa(other) && any_rsa(self);
        !is_rsa && !self.kinds().into_iter().any(|kind| other.include(kind))
    }

    /// Whether keys of this kind are listed.
    #[must_use]
    pub fn include(&self, kind: KeyKind) -> bool {
        self.0.iter().any(|key_type| match (key_type, kind) {
            (KeyType::Rsa(None), KeyKind::Rsa { .. }) | (KeyType::Ed25519, KeyKind::Ed25519) => {
                true
            }
            (KeyType::Rsa(Some(lengths)), KeyKind::Rsa { bits }) => lengths.contains(&bits),
            (KeyType::Ecdsa(curves), KeyKind::Ecdsa(curve)) => curves.contains(&curve),
            _ => false,
        })
    }
}

impl fmt::Display for KeyTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().flat_map(KeyType::names).collect();
        f.write_str(&names.join(", "))
    }
}

impl KeyType {
    fn kinds(&self) -> Vec<KeyKind> {
        match self {
            Self::Rsa(lengths) => {
                let lengths = lengths.iter().flatten();
                lengths.map(|bits| KeyKind::Rsa { bits: *bits }).collect()
            }
            Self::Ecdsa(curves) => curves.iter().copied().map(KeyKind::Ecdsa).collect(),
            Self::Ed25519 => vec![KeyKind::Ed25519],
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Rsa(None) => vec!["RSA".to_owned()],
            Self::Rsa(Some(lengths)) => lengths
                .iter()
                .map(|bits| KeyKind::Rsa { bits: *bits }.to_string())
                .collect(),
            Self::Ecdsa(curves) => curves
                .iter()
                .map(|curve| KeyKind::Ecdsa(*curve).to_string())
                .collect(),
            Self::Ed25519 => vec![KeyKind::Ed25519.to_string()],
        }
    }
}

fn key_type(field: &Field<'_>, problems: &mut Problems) -> Option<KeyType> {
    if !matches!(field.node.value, Value::Map(_)) {
        let curves = CURVES.map(|(_, curve)| curve).to_vec();
        return match field.text(problems)? {
            "rsa" => Some(KeyType::Rsa(None)),
            "ecdsa" => Some(KeyType::Ecdsa(curves)),
            _ => choice(
                field,
                &[("rsa", ()), ("ecdsa", ()), ("ed25519", ())],
                problems,
            )
            .map(|()| KeyType::Ed25519),
        };
    }
    let object = field.object(&["rsa", "ecdsa"], problems)?;
    match (object.get("rsa"), object.get("ecdsa")) {
        (Some(rsa), None) => lengths(&rsa.object(&["bits"], problems)?, problems),
        (None, Some(ecdsa)) => curves(&ecdsa.object(&["curves"], problems)?, problems),
        _ => {
            problems.report(field, "must hold either `rsa` or `ecdsa`");
            None
        }
    }
}

fn lengths(object: &Object<'_>, problems: &mut Problems) -> Option<KeyType> {
    let field = object.require("bits", problems)?;
    let mut lengths = Vec::new();
    for element in elements(&field, problems) {
        let bits = count(&element, LEAST_BITS..=MOST_BITS, problems);
        lengths.extend(bits.and_then(|bits| u32::try_from(bits).ok()));
    }
    Some(KeyType::Rsa(Some(lengths)))
}

fn curves(object: &Object<'_>, problems: &mut Problems) -> Option<KeyType> {
    let field = object.require("curves", problems)?;
    let curves = elements(&field, problems);
    let curves = curves.filter_map(|element| choice(&element, &CURVES, problems));
    Some(KeyType::Ecdsa(curves.collect()))
}
