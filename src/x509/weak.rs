//! RSA moduli that can be factored: small primes, powers, close primes and the ROCA fingerprint.
//!
//! In comes a modulus; out comes the first weakness that shows. Nearly every test asks about residues modulo small
//! primes. A weak modulus always shows; a sound one is never taken for a power, and for another weak one with a
//! probability of 2^-160 (close primes), or of 2^-27 for the fingerprint (Nemec et al. 2017, "The Return of
//! Coppersmith's Attack"), which is how every detector of it works.

use rsa::BoxedUint;

use crate::finding::{Code, Reason};
use crate::x509::weak::power::is_power;
use crate::x509::weak::residue::{digits, is_prime, is_residue, residue};

mod power;
mod residue;

// Policy: no modulus is divisible by a prime below this.
const SMALL: u32 = 1000;
const PRIMES: [u32; 168] = primes();
// ROCA: the primes whose product divides the base of every vulnerable key, whatever its length.
const LAST_ROCA_PRIME: u32 = 167;
// ROCA: the primes of vulnerable keys are powers of this, modulo that base.
const ROCA_GENERATOR: u32 = 65537;
const FERMAT_ROUNDS: u32 = 100;

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
    // Before powers: a third of these are cubes modulo every prime of their base, and only the root tells otherwise.
    if has_roca_fingerprint(&residues) {
        let message = "the RSA key was made by a faulty chip (ROCA, CVE-2017-15361)";
        return Err(weak(Code::KeyWeakRoca, message));
    }
    if is_power(modulus) {
        return Err(weak(Code::KeyWeakSmallPrime, "the RSA modulus is a power"));
    }
    if is_product_of_close_primes(modulus, &residues) {
        let message = "the two primes of the RSA modulus are too close to each other";
        return Err(weak(Code::KeyWeakFermat, message));
    }
    Ok(())
}

fn weak(code: Code, message: impl Into<String>) -> Reason {
    Reason::new(code, message).help("make a new key with another tool or device")
}

/// Fermat's method: with n = (a - b)(a + b), some a soon after the root of n has a square a² - n.
fn is_product_of_close_primes(modulus: &BoxedUint, residues: &[u32]) -> bool {
    let roots = self::residues(&digits(&modulus.floor_sqrt_vartime()));
    (1..=FERMAT_ROUNDS).any(|round| {
        let odd = PRIMES.iter().zip(residues).zip(&roots).skip(1);
        odd.into_iter().all(|((&prime, &n), &root)| {
            let a = (root + round) % prime;
            is_residue(2, (a * a + prime - n) % prime, prime)
        })
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
            (1024, 2),
            (1025, 2),
            (1536, 2),
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
                code(&product(&p, &near(&p))),
                Some(Code::KeyWeakFermat),
                "{bits} bits"
            );
        }
    }

    /// K5: both primes are k * M + 65537^a, as in the paper. Modulo the 126 primes of a real base, that of 2048 bits, the
    /// modulus is a cube when the sum of both exponents is a multiple of 3, and was taken for one.
    #[test]
    fn keys_of_faulty_chips_are_refused() {
        let vulnerable = |last: u32, bits: u32, exponent: u32| {
            let base = PRIMES.iter().take_while(|prime| **prime <= last);
            let base = base.fold(vec![1], |base, prime| product(&base, &prime.to_be_bytes()));
            let power = u64::from(ROCA_GENERATOR).pow(exponent);
            let number = |by| plus(&product(&plus(&sound_number(bits), by), &base), power);
            let is_sound = |by: &u64| {
                !residues(&digits(&BoxedUint::from_be_slice_vartime(&number(*by)))).contains(&0)
            };
            number((0..10_000).find(is_sound).unwrap())
        };
        for (last, bits, a, b) in [
            (LAST_ROCA_PRIME, 808, 3, 2),
            (701, 54, 3, 2),
            (701, 54, 3, 3),
            (701, 54, 2, 1),
        ] {
            let modulus = product(&vulnerable(last, bits, a), &vulnerable(last, bits + 8, b));
            assert_eq!(code(&modulus), Some(Code::KeyWeakRoca), "{last} {a} {b}");
        }
    }
}
