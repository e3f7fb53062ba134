//! Subject alternative names of the four kinds that Kubernetes copies, and which values are legal for their kind.
//!
//! In come values as a request spells them; out goes the model that policies judge and certificates are built from.
//! Order within a kind is the order of the request (RFC 5280 4.2.1.6). Legal is what every relying party reads in the
//! same way; whether a legal name may be had is for policies. URIs have a file of their own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::finding::{Code, Reason};

// RFC 1035 2.3.4, less the root's length octet and the first label's.
const NAME_OCTETS: usize = 253;
const LABEL_OCTETS: usize = 63;
// RFC 5321 4.5.3.1.1.
const LOCAL_PART_OCTETS: usize = 64;

/// The names of a request or certificate, kind by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectAltNames {
    /// dNSName values as they were asked for, case kept.
    pub dns_names: Vec<String>,
    /// rfc822Name values.
    pub email_addresses: Vec<String>,
    /// iPAddress values; never an IPv4-mapped IPv6 address.
    pub ip_addresses: Vec<IpAddr>,
    /// uniformResourceIdentifier values, already in normal form.
    pub uris: Vec<String>,
}

impl SubjectAltNames {
    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dns_names.len()
            + self.email_addresses.len()
            + self.ip_addresses.len()
            + self.uris.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Says whether it is a host name, or a wildcard for one label with at least two labels after it.
///
/// A `_` in a label is legal here; policies decide on it.
///
/// # Errors
/// `MalformedDNSName`, with the value and without a field.
pub fn check_dns_name(name: &str) -> Result<(), Reason> {
    let fault = match name.strip_prefix("*.") {
        Some(covered) if !covered.contains('.') => {
            Err("is a wildcard over a whole top-level domain")
        }
        Some(covered) => check_host(covered, name.len()),
        None => check_host(name, name.len()),
    };
    fault.map_err(|fault| {
        Reason::new(Code::MalformedDnsName, format!("DNS name {fault}")).value(name)
    })
}

/// Says whether it is a host name without a wildcard; `octets` is the length of the whole name.
pub(crate) fn check_host(host: &str, octets: usize) -> Result<(), &'static str> {
    if host.is_empty() {
        return Err("is empty");
    }
    if octets > NAME_OCTETS {
        return Err("is longer than 253 characters");
    }
    if host.split('.').all(is_number) {
        return Err("is an IP address or a number");
    }
    host.split('.').try_for_each(check_label)
}

fn check_label(label: &str) -> Result<(), &'static str> {
    if label.is_empty() {
        return Err("begins or ends with a dot, or has two dots in a row");
    }
    if label.len() > LABEL_OCTETS {
        return Err("has a label of more than 63 characters");
    }
    if label.contains('*') {
        return Err("has a `*` that is not its whole first label");
    }
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !label.chars().all(is_legal) {
        return Err("holds a character other than letters, digits, `-`, `_` and `.`");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("has a label that begins or ends with `-`");
    }
    // RFC 5890 2.3.1: such labels are reserved, and only A-labels have a meaning.
    if label.get(2..4) == Some("--") && !is_a_label(label) {
        return Err("has `--` at the third place of a label that is no valid `xn--` label");
    }
    Ok(())
}

/// Whether it is an A-label that stands for a U-label and comes back from it (RFC 5891 5.4, UTS 46).
fn is_a_label(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    let (unicode, valid) = Uts46::new().to_unicode(
        label.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
    );
    let back = Uts46::new().to_ascii(
        unicode.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    valid.is_ok() && !unicode.is_ascii() && back.is_ok_and(|back| back == label)
}

/// Whether `inet_aton` reads it as a part of an IPv4 address: decimal, octal or hexadecimal.
fn is_number(label: &str) -> bool {
    match label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"))
    {
        Some(digits) => digits.chars().all(|c| c.is_ascii_hexdigit()),
        None => !label.is_empty() && label.chars().all(|c| c.is_ascii_digit()),
    }
}

/// Says whether it is a mailbox with a plain local part and a host name (RFC 5321 4.1.2).
///
/// # Errors
/// `MalformedEmail`, with the value and without a field.
pub fn check_email(address: &str) -> Result<(), Reason> {
    check_mailbox(address).map_err(|fault| {
        Reason::new(Code::MalformedEmail, format!("e-mail address {fault}")).value(address)
    })
}

fn check_mailbox(address: &str) -> Result<(), &'static str> {
    let parts = address
        .split_once('@')
        .filter(|(_, host)| !host.contains('@'));
    let (local, host) = parts.ok_or("does not have exactly one `@`")?;
    if local.len() > LOCAL_PART_OCTETS {
        return Err("has more than 64 characters before the `@`");
    }
    // RFC 5322 3.2.3: dot-atom.
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if !local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
    {
        return Err("has a local part that is not plain");
    }
    check_host(host, host.len()).map_err(|_| "has no valid host name after the `@`")
}

/// An e-mail address in the form that is compared: the host in lower case.
#[must_use]
pub fn fold_email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, host)) => format!("{local}@{}", host.to_ascii_lowercase()),
        None => address.to_owned(),
    }
}

/// The address of an iPAddress (RFC 5280 4.2.1.6: four or sixteen octets, never a network).
///
/// # Errors
/// `MalformedIP`, with the value and without a field.
pub fn read_ip(octets: &[u8]) -> Result<IpAddr, Reason> {
    let address = if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        IpAddr::V4(Ipv4Addr::from(octets))
    } else if let Ok(octets) = <[u8; 16]>::try_from(octets) {
        IpAddr::V6(Ipv6Addr::from(octets))
    } else {
        let message = format!("IP address has {} octets, not 4 or 16", octets.len());
        return Err(Reason::new(Code::MalformedIp, message));
    };
    check_ip(address)?;
    Ok(address)
}

/// Says whether it is an address that is written in one way only.
///
/// # Errors
/// `MalformedIP` for an IPv4-mapped IPv6 address, which relying parties take for IPv4 or not.
pub fn check_ip(address: IpAddr) -> Result<(), Reason> {
    let IpAddr::V6(v6) = address else {
        return Ok(());
    };
    let Some(v4) = v6.to_ipv4_mapped() else {
        return Ok(());
    };
    let reason = Reason::new(Code::MalformedIp, "IP address is IPv4 in the form of IPv6");
    Err(reason.value(v6.to_string()).help(format!("ask for `{v4}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_and_wildcards_for_one_label_are_legal() {
        let long = [["a".repeat(63).as_str(); 3].join("."), "b".repeat(61)].join(".");
        for name in [
            "localhost",
            "a.example.com",
            "EXAMPLE.com",
            "*.example.com",
            "a_b.example.com",
            "_dmarc.example.com",
            "xn--bcher-kva.example",
            "XN--BCHER-KVA.example",
            "a--b.example",
            "1.example",
            "10.0.0.example",
            "fe80.example",
            "123abc",
            "0xyz",
            &long,
        ] {
            assert_eq!(check_dns_name(name), Ok(()), "{name}");
        }
    }

    /// N5, N6, N7, N8, N9, N10, N11.
    #[test]
    fn names_that_are_read_in_two_ways_are_refused() {
        let label = format!("{}.example.com", "a".repeat(64));
        let name = ["a".repeat(63).as_str(); 4].join(".");
        let wildcard = format!(
            "*.{}",
            [["a".repeat(63).as_str(); 3].join("."), "b".repeat(60)].join(".")
        );
        for name in [
            "",
            ".",
            "example.com.",
            ".example.com",
            "a..b",
            "*.*.example.com",
            "a.*.example.com",
            "*a.example.com",
            "*",
            "*.com",
            "**.example.com",
            "*.",
            "*..com",
            "10.0.0.1",
            "::1",
            "0x7f.1",
            "2130706433",
            "010.0.0.1",
            "0x7f000001",
            "0X7F.1",
            "*.0.0.1",
            "-a.example.com",
            "a-.example.com",
            "ab--cd.example",
            "xn--.example",
            "xn--a.example",
            "xn--abc-.example",
            "xn--bcher-kva8445foa.xn--zzzzzz",
            "bücher.example",
            "a.example.com:8443",
            "https://a",
            "a/b",
            "a b",
            "a\0b",
            "a@b",
            "[::1]",
            "a\\b",
            &label,
            &name,
            &wildcard,
        ] {
            let reason = check_dns_name(name).unwrap_err();
            assert_eq!(
                (reason.code, reason.value.is_some()),
                (Code::MalformedDnsName, true),
                "{name}"
            );
        }
    }

    /// N15.
    #[test]
    fn only_plain_mailboxes_are_legal() {
        for address in [
            "a@example.com",
            "A.b+c@EXAMPLE.com",
            "o'neil@example",
            "a@xn--bcher-kva.example",
        ] {
            assert_eq!(check_email(address), Ok(()), "{address}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for address in [
            "",
            "a",
            "@example.com",
            "a@",
            "\"a@b\"@example.com",
            "\"a\"@example.com",
            "a@b@example.com",
            "a@[10.0.0.1]",
            "a@10.0.0.1",
            "a(c)@example.com",
            "a b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@*.example.com",
            "a@example.com.",
            "ä@example.com",
            "a\n@example.com",
            &long,
        ] {
            assert_eq!(
                check_email(address).unwrap_err().code,
                Code::MalformedEmail,
                "{address}"
            );
        }
        assert_eq!(fold_email("A@EXAMPLE.com"), "A@example.com");
    }

    /// S11, N21.
    #[test]
    fn addresses_have_one_form() {
        assert_eq!(read_ip(&[10, 0, 0, 1]), Ok(IpAddr::from([10, 0, 0, 1])));
        let loopback = IpAddr::V6(Ipv6Addr::LOCALHOST);
        assert_eq!(read_ip(&Ipv6Addr::LOCALHOST.octets()), Ok(loopback));
        let mapped = read_ip(&Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets()).unwrap_err();
        assert_eq!(
            (mapped.code, mapped.help.as_deref()),
            (Code::MalformedIp, Some("ask for `127.0.0.1`"))
        );
        for length in [0, 3, 5, 8, 15, 17, 32] {
            assert_eq!(
                read_ip(&vec![1; length]).unwrap_err().code,
                Code::MalformedIp
            );
        }
    }
}
