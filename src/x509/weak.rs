//! RSA moduli that can be factored: small primes, powers, close primes and the ROCA fingerprint.
//!
//! In comes a modulus; out comes the first weakness that shows. Nothing here needs big numbers but one square root:
//! every test asks about residues modulo small primes. A weak modulus always shows; a sound one is taken for weak with
//! a probability of 2^-60 (powers, close primes), or of 2^-27 for the fingerprint (Nemec et al. 2017, "The Return of
//! Coppersmith's Attack"), which is how every detector of it works.

use rsa::BoxedUint;

use crate::finding::{Code, Reason};

// Policy: no modulus is divisible by a prime below this.
const SMALL: u32 = 1000;
const PRIMES: [u32; 168] = primes();
// ROCA: the primes whose product divides the base of every vulnerable key, whatever its length.
const LAST_ROCA_PRIME: u32 = 167;
// ROCA: the primes of vulnerable keys are powers of this, modulo that base.
const ROCA_GENERATOR: u32 = 65537;
const FERMAT_ROUNDS: u32 = 100;
// A number that is no k-th power passes for one modulo one prime with probability 1/k, and k is at least 3.
const POWER_WITNESSES: usize = 40;

/// Refuses a modulus that is known to be easy to factor.
///
/// # Errors
/// `KeyWeakSmallPrime`, `KeyWeakFermat` or `KeyWeakROCA`.
pub fn check_modulus(modulus: &BoxedUint) -> Result<(), Reason> {
    let digits = digits(modulus);
    let residues = residues(&digits);
    if let Some(prime) = PRIMES.iter().zip(&residues).find(|(_, r)| **r == 0) {
        let message = format!("the RSA modulus is divisible by {}", prime.0);
        return Err(weak(Code::KeyWeakSmallPrime, message));
    }
    if is_product_of_close_primes(modulus, &residues) {
        let message = "the two primes of the RSA modulus are too close to each other";
        return Err(weak(Code::KeyWeakFermat, message));
    }
    if is_power(&digits) {
        return Err(weak(Code::KeyWeakSmallPrime, "the RSA modulus is a power"));
    }
    if has_roca_fingerprint(&residues) {
        let message = "the RSA key was made by a faulty chip (ROCA, CVE-2017-15361)";
        return Err(weak(Code::KeyWeakRoca, message));
    }
    Ok(())
}

fn weak(code: Code, message: impl Into<String>) -> Reason {
    Reason::new(code, message).help("make a new key with another tool or device")
}

/// Fermat's method: with n = (a - b)(a + b), some a soon after the root of n has a square a² - n.
fn is_product_of_close_primes(modulus: &BoxedUint, residues: &[u32]) -> bool {
    let roots = self::residues(&digits(&modulus.floor_sqrt_vartime()));
    // Round 0 is the root itself, whose square is the modulus when that is a square.
    (0..=FERMAT_ROUNDS).any(|round| {
        let odd = PRIMES.iter().zip(residues).zip(&roots).skip(1);
        odd.into_iter().all(|((&prime, &n), &root)| {
            let a = (root + round) % prime;
            is_residue(2, (a * a + prime - n) % prime, prime)
        })
    })
}

/// Whether it is a third or higher power; a square is found by Fermat's method.
fn is_power(digits: &[u32]) -> bool {
    // Smaller primes were tried, so the base is above 2^9 and each digit holds fewer than four of it.
    (3..digits.len() * 4)
        .filter_map(|exponent| u32::try_from(exponent).ok())
        .filter(|exponent| is_prime(*exponent))
        .any(|exponent| {
            (1..)
                .map(|multiple| 2 * exponent * multiple + 1)
                .filter(|candidate| is_prime(*candidate))
                .take(POWER_WITNESSES)
                .all(|prime| is_residue(exponent, residue(digits, prime), prime))
        })
}

/// Whether the modulus is a power of 65537 modulo each prime, as those of vulnerable chips are.
fn has_roca_fingerprint(residues: &[u32]) -> bool {
    PRIMES
        .iter()
        .zip(residues)
        .skip(1)
        .take_while(|(prime, _)| **prime <= LAST_ROCA_PRIME)
        .all(|(&prime, &residue)| is_power_of_generator(residue, prime))
}

fn is_power_of_generator(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * (ROCA_GENERATOR % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

/// Euler's criterion: whether `value` is a power with this exponent modulo a prime that is 1 modulo the exponent.
fn is_residue(exponent: u32, value: u32, prime: u32) -> bool {
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
fn digits(number: &BoxedUint) -> Vec<u32> {
    let octets = number.to_be_bytes();
    let digit = |octets: &[u8]| octets.iter().fold(0, |digit, o| digit << 8 | u32::from(*o));
    octets.rchunks(4).rev().map(digit).collect()
}

/// The residues modulo each of [`PRIMES`], three primes in one pass since their product fits 32 bits.
fn residues(digits: &[u32]) -> Vec<u32> {
    PRIMES
        .chunks(3)
        .flat_map(|three| {
            let together = residue(digits, three.iter().product());
            three.iter().map(move |prime| together % prime)
        })
        .collect()
}

fn residue(digits: &[u32], modulus: u32) -> u32 {
    let modulus = u64::from(modulus);
    let rest = digits
        .iter()
        .fold(0, |rest, digit| (rest << 32 | u64::from(*digit)) % modulus);
    u32::try_from(rest).expect("a residue is below its modulus of 32 bits")
}

const fn primes() -> [u32; 168] {
    let mut primes = [0; 168];
    let (mut found, mut candidate) = (0, 2);
    while candidate < SMALL {
        if is_prime(candidate) {
            primes[found] = candidate;
            found += 1;
        }
        candidate += 1;
    }
    primes
}

const fn is_prime(number: u32) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    number > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::{plus, product, sound_number};

    fn code(modulus: &[u8]) -> Option<Code> {
        let modulus = BoxedUint::from_be_slice_vartime(modulus);
        check_modulus(&modulus).err().map(|reason| reason.code)
    }

    #[test]
    fn a_modulus_without_a_known_weakness_passes() {
        for bits in [2048, 2049, 2056, 3072, 4096] {
            assert_eq!(code(&sound_number(bits)), None, "{bits} bits");
        }
        let far = product(&sound_number(1024), &sound_number(1032));
        assert_eq!(code(&far), None);
    }

    /// K3.
    #[test]
    fn small_primes_and_powers_are_refused() {
        let large = sound_number(2048);
        for prime in [2_u16, 3, 5, 167, 173, 991, 997] {
            let modulus = product(&large, &prime.to_be_bytes());
            assert_eq!(code(&modulus), Some(Code::KeyWeakSmallPrime), "{prime}");
        }
        assert_eq!(code(&product(&large, &1009_u16.to_be_bytes())), None);
        let power =
            |base: &[u8], exponent| (1..exponent).fold(base.to_vec(), |p, _| product(&p, base));
        for (bits, exponent) in [
            (700, 3),
            (410, 5),
            (300, 7),
            (300, 9),
            (158, 13),
            (13, 157),
            (10, 211),
        ] {
            let modulus = power(&sound_number(bits), exponent);
            assert_eq!(
                code(&modulus),
                Some(Code::KeyWeakSmallPrime),
                "{bits}^{exponent}"
            );
        }
    }

    /// K4.
    #[test]
    fn close_primes_are_refused() {
        let near = |p: &[u8]| {
            let is_sound = |by: &u64| {
                !residues(&digits(&BoxedUint::from_be_slice_vartime(&plus(p, *by)))).contains(&0)
            };
            plus(p, (2..10_000).step_by(2).find(is_sound).unwrap())
        };
        for bits in [1024, 1025, 1536, 2048] {
            let p = sound_number(bits);
            assert_eq!(
                code(&product(&p, &p)),
                Some(Code::KeyWeakFermat),
                "square of {bits} bits"
            );
            assert_eq!(
                code(&product(&p, &near(&p))),
                Some(Code::KeyWeakFermat),
                "{bits} bits"
            );
        }
    }

    /// K5: both primes are k * M + 65537^a, as in the paper.
    #[test]
    fn keys_of_faulty_chips_are_refused() {
        let base = PRIMES.iter().take_while(|prime| **prime <= LAST_ROCA_PRIME);
        let base = base.fold(vec![1], |base, prime| product(&base, &prime.to_be_bytes()));
        let vulnerable = |bits: u32, exponent: u32| {
            let power = u64::from(ROCA_GENERATOR).pow(exponent);
            let number = |by| plus(&product(&plus(&sound_number(bits), by), &base), power);
            let is_sound = |by: &u64| {
                !residues(&digits(&BoxedUint::from_be_slice_vartime(&number(*by)))).contains(&0)
            };
            number((0..10_000).find(is_sound).unwrap())
        };
        let modulus = product(&vulnerable(808, 3), &vulnerable(816, 2));
        assert_eq!(code(&modulus), Some(Code::KeyWeakRoca));
    }
}
