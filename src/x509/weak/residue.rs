//! Residues of big numbers modulo small primes, and what they tell.
//!
//! In come the digits of a number and a modulus of 32 bits; out come residues, and whether one is a power. No big number
//! is divided here.

use rsa::BoxedUint;

/// Euler's criterion: whether `value` is a power with this exponent modulo a prime that is 1 modulo the exponent.
pub(super) fn is_residue(exponent: u32, value: u32, prime: u32) -> bool {
    value == 0 || power(value, (prime - 1) / exponent, prime) == 1
}

fn power(base: u32, mut exponent: u32, modulus: u32) -> u32 {
    let modulus = u64::from(modulus);
    let (mut base, mut result) = (u64::from(base), 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    u32::try_from(result).expect("a residue is below its modulus of 32 bits")
}

/// The digits of a number to the base 2^32, highest first.
pub(super) fn digits(number: &BoxedUint) -> Vec<u32> {
    let octets = number.to_be_bytes();
    let digit = |octets: &[u8]| octets.iter().fold(0, |digit, o| digit << 8 | u32::from(*o));
    octets.rchunks(4).rev().map(digit).collect()
}

/// The residue of a number of such digits.
pub(super) fn residue(digits: &[u32], modulus: u32) -> u32 {
    let modulus = u64::from(modulus);
    let rest = digits
        .iter()
        .fold(0, |rest, digit| (rest << 32 | u64::from(*digit)) % modulus);
    u32::try_from(rest).expect("a residue is below its modulus of 32 bits")
}

/// By trial division.
pub(super) const fn is_prime(number: u32) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    number > 1
}
