//! Blocks of IP addresses in CIDR notation (RFC 4632, RFC 4291 2.3).
//!
//! In comes text such as `10.20.0.0/16`; out comes a [`Cidr`]. IPv4 and IPv6 never mix, and IPv4-mapped IPv6 blocks
//! are refused, since no certificate from here carries such an address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::names::dns::NameError;

/// A block of addresses of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    network: IpAddr,
    prefix: u32,
}

impl Cidr {
    /// Whether the address lies in the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (network, bits) = number(self.network);
        let (address, other) = number(address);
        let host = bits - self.prefix;
        bits == other && network.checked_shr(host) == address.checked_shr(host)
    }

    /// Its first and its last address.
    #[must_use]
    pub fn ends(&self) -> (IpAddr, IpAddr) {
        let (network, bits) = number(self.network);
        let hosts = u128::MAX
            .checked_shr(128 - (bits - self.prefix))
            .unwrap_or(0);
        let last = network | hosts;
        let last = match self.network {
            IpAddr::V4(_) => IpAddr::from(u32::try_from(last).unwrap_or(u32::MAX).to_be_bytes()),
            IpAddr::V6(_) => IpAddr::from(last.to_be_bytes()),
        };
        (self.network, last)
    }

    /// Whether every address of the other block lies in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.network)
    }
}

impl FromStr for Cidr {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let network: IpAddr = address
            .parse()
            .map_err(|_| NameError::new("must be a block such as `10.20.0.0/16`"))?;
        let (bits, width) = number(network);
        let decimal = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u32 = prefix
            .parse()
            .ok()
            .filter(|prefix| decimal && *prefix <= width)
            .ok_or_else(|| {
                NameError::new(format!(
                    "must end in a prefix length of at most {width}, such as `/{width}` for one address"
                ))
            })?;
        if network != network.to_canonical() {
            return Err(NameError::new(
                "must not be an IPv4-mapped IPv6 block: write the IPv4 block",
            ));
        }
        let host = width - prefix;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        if bits & !mask != 0 {
            return Err(NameError::new(format!(
                "must not have bits set after the first {prefix}"
            )));
        }
        Ok(Self { network, prefix })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

/// The address as a number, and how many bits its family has.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_addresses_of_its_family() {
        for (block, address, inside) in [
            ("10.20.0.0/16", "10.20.255.1", true),
            ("10.20.0.0/16", "10.21.0.0", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "fd00::1", true),
            ("::/0", "10.0.0.1", false),
            ("fd00:20::/32", "fd00:20:1::1", true),
            ("10.0.0.1/32", "10.0.0.1", true),
            ("10.0.0.1/32", "10.0.0.2", false),
        ] {
            let block: Cidr = block.parse().unwrap();
            assert_eq!(block.contains(address.parse().unwrap()), inside, "{block}");
        }
    }

    #[test]
    fn a_block_is_written_exactly() {
        for text in [
            "10.20.0.1/16",
            "10.0.0.0/33",
            "10.0.0.1",
            "::ffff:10.0.0.0/104",
            "10.0.0.0/+8",
            "010.0.0.0/8",
            "/8",
            "fd00::1/64",
        ] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
