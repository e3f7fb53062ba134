//! Perfect powers: numbers that are some smaller number times itself.
//!
//! In comes a number without prime factors below 2^9; out comes whether it is a power, and never by chance: residues
//! say for nearly every number that it is none, and of the others the root is computed and raised again.

use rsa::BoxedUint;

use crate::x509::weak::residue::{digits, is_prime, is_residue, residue};

// A number that is no k-th power passes for one modulo one prime with probability 1/k, and k is at least 3. Whoever makes
// a number that passes for all has to pay for each exponent with forty primes, and so can't make many roots be computed.
const WITNESSES: usize = 40;

/// Whether it is a second or higher power.
pub(super) fn is_power(number: &BoxedUint) -> bool {
    let digits = digits(number);
    // The base is above 2^9, so each digit holds fewer than four of it.
    let exponents = (3..digits.len() * 4)
        .filter_map(|exponent| u32::try_from(exponent).ok())
        .filter(|exponent| is_prime(*exponent));
    number.checked_sqrt_vartime().is_some()
        || exponents
            .filter(|exponent| passes(&digits, *exponent))
            .any(|exponent| is_power_with(number, exponent))
}

/// Whether it is a power with this exponent modulo primes that tell most of the others apart.
fn passes(digits: &[u32], exponent: u32) -> bool {
    witnesses(exponent).all(|prime| is_residue(exponent, residue(digits, prime), prime))
}

fn witnesses(exponent: u32) -> impl Iterator<Item = u32> {
    (1..)
        .map(move |multiple| 2 * exponent * multiple + 1)
        .filter(|candidate| is_prime(*candidate))
        .take(WITNESSES)
}

/// Whether an odd number is a power with this odd exponent.
fn is_power_with(number: &BoxedUint, exponent: u32) -> bool {
    let bits = number.bit_width_vartime();
    let root_bits = bits.div_ceil(exponent);
    let root = root_modulo_power_of_two(number, exponent, root_bits);
    if root.bit_width_vartime() > root_bits {
        return false;
    }
    // The power of a root of so many bits has at most `exponent` bits more than the number, so none of it is cut off.
    let precision = bits + exponent;
    let power = resized(&root, precision).wrapping_pow_vartime(BoxedUint::from(exponent));
    power == resized(number, precision)
}

/// The only root modulo 2^bits or some higher power of two; if a root of so many bits exists at all, it is this one.
fn root_modulo_power_of_two(number: &BoxedUint, exponent: u32, bits: u32) -> BoxedUint {
    let number = resized(number, bits);
    let precision = number.bits_precision();
    let one = BoxedUint::one_with_precision(precision);
    let (fraction, _) =
        resized(&BoxedUint::from(exponent), precision).invert_mod2k_vartime(precision);
    // Newton's method for 1/root, as y + y * (1 - number * y^exponent) / exponent: each step doubles the bits that hold.
    let mut inverse = one.clone();
    let mut holds = 1;
    while holds < precision {
        let power = inverse.wrapping_pow_vartime(BoxedUint::from(exponent));
        let error = one.wrapping_sub(number.wrapping_mul(&power));
        let step = inverse.wrapping_mul(&error).wrapping_mul(&fraction);
        inverse = inverse.wrapping_add(&step);
        holds *= 2;
    }
    let power = inverse.wrapping_pow_vartime(BoxedUint::from(exponent - 1));
    number.wrapping_mul(&power)
}

/// The number with this precision, its high bits cut off when they do not fit.
fn resized(number: &BoxedUint, bits: u32) -> BoxedUint {
    let whole = BoxedUint::zero_with_precision(bits).bits_precision();
    BoxedUint::from_be_slice_truncated(&number.to_be_bytes(), whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::{plus, product, sound_number};

    fn number(octets: &[u8]) -> BoxedUint {
        BoxedUint::from_be_slice_vartime(octets)
    }

    #[test]
    fn a_power_is_found_and_its_neighbours_are_not() {
        for (bits, exponent) in [
            (1025, 2),
            (700, 3),
            (2730, 3),
            (410, 5),
            (300, 7),
            (158, 13),
            (64, 32),
            (64, 37),
            (13, 157),
            (10, 211),
            (10, 811),
        ] {
            let base = sound_number(bits);
            let power = (1..exponent).fold(base.clone(), |power, _| product(&power, &base));
            assert!(is_power(&number(&power)), "{bits}^{exponent}");
            assert!(
                !is_power(&number(&plus(&power, 2))),
                "{bits}^{exponent} + 2"
            );
            if exponent % 2 == 1 {
                assert!(
                    is_power_with(&number(&power), exponent),
                    "{bits}^{exponent}"
                );
                assert!(!is_power_with(&number(&plus(&power, 2)), exponent));
                assert!(!is_power_with(&number(&product(&power, &base)), exponent));
            }
        }
    }

    #[test]
    fn what_is_a_power_modulo_each_witness_needs_a_root_to_be_one() {
        let times = |base: Vec<u8>, prime: u32| product(&base, &prime.to_be_bytes());
        for exponent in [3, 5, 7] {
            let base = witnesses(exponent).fold(vec![2], times);
            let number = number(&plus(&product(&base, &sound_number(2048)), 1));
            assert!(passes(&digits(&number), exponent), "{exponent}");
            assert!(!is_power(&number), "{exponent}");
        }
    }
}
