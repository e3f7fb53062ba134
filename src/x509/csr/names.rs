//! `GeneralNames` (RFC 5280 4.2.1.6) read to the model of subject alternative names.
//!
//! In comes the value of a subjectAltName extension; out come the names of the four kinds that are issued, and the
//! kinds of the rest, which judgement refuses. Tags are read here, since a typed reader stops at the first name it
//! does not know and so would hide the faults of the others.

use std::collections::HashSet;
use std::net::IpAddr;

use der::{AnyRef, Tag, TagNumber, Tagged};

use crate::finding::{Code, Reason};
use crate::x509::csr::canonical::{is_canonical, is_object_identifier};
use crate::x509::csr::strict::{no_der, strict_frame};
use crate::x509::san::{self, SubjectAltNames};
use crate::x509::uri;

// Policy 3.2: no Signer may take more.
const NAMES: usize = 1000;

/// The names that are issued, and the kinds of those that are not.
pub type Names = (SubjectAltNames, Vec<&'static str>);

/// Reads the DER of `GeneralNames`.
///
/// # Errors
/// Every name that is not legal for its kind or stands there twice, or why the whole can't be read.
pub fn read(der: &[u8]) -> Result<Names, Vec<Reason>> {
    let names: Vec<AnyRef<'_>> = strict_frame(der, Code::MalformedSan, "subjectAltName")?;
    if names.is_empty() {
        return Err(vec![malformed("subjectAltName is empty")]);
    }
    if names.len() > NAMES {
        let message = format!("asks for {} names, more than {NAMES}", names.len());
        return Err(vec![
            Reason::new(Code::LimitExceeded, message).field("spec.request"),
        ]);
    }
    let mut reader = Reader::default();
    for name in names {
        reader.read(name);
    }
    reader.finish()
}

/// One name of a kind that is issued, legal for its kind.
enum Name {
    Dns(String),
    Email(String),
    Ip(IpAddr),
    Uri(String),
}

impl Name {
    fn read(kind: Kind, octets: &[u8]) -> Result<Self, Reason> {
        Ok(match kind {
            Kind::Dns => {
                let name = visible(octets, Code::MalformedDnsName)?;
                san::check_dns_name(name)?;
                Self::Dns(name.to_owned())
            }
            Kind::Email => {
                let address = visible(octets, Code::MalformedEmail)?;
                san::check_email(address)?;
                Self::Email(address.to_owned())
            }
            Kind::Ip => Self::Ip(san::read_ip(octets)?),
            Kind::Uri => {
                let uri = visible(octets, Code::MalformedUri)?;
                uri::check_uri(uri)?;
                Self::Uri(uri.to_owned())
            }
        })
    }

    /// The form in which two names are the same one.
    fn folded(&self) -> String {
        match self {
            Self::Dns(name) => name.to_ascii_lowercase(),
            Self::Email(address) => san::fold_email(address),
            Self::Ip(address) => address.to_string(),
            Self::Uri(uri) => uri.clone(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Dns,
    Email,
    Ip,
    Uri,
}

impl Kind {
    fn field(self) -> &'static str {
        match self {
            Self::Dns => "csr.dnsNames",
            Self::Email => "csr.emailAddresses",
            Self::Ip => "csr.ipAddresses",
            Self::Uri => "csr.uris",
        }
    }
}

#[derive(Default)]
struct Reader {
    names: SubjectAltNames,
    others: Vec<&'static str>,
    reasons: Vec<Reason>,
    seen: HashSet<(Kind, String)>,
    counts: [usize; 4],
}

impl Reader {
    fn read(&mut self, name: AnyRef<'_>) {
        match issued_or_other(name.tag()) {
            Some(Ok(kind)) => self.read_issued(kind, name.value()),
            Some(Err(kind)) if !is_der(name) => self.reasons.extend(no_der(kind)),
            Some(Err(other)) => self.others.push(other),
            None => self
                .reasons
                .push(malformed("subjectAltName holds a name of no known kind")),
        }
    }

    fn read_issued(&mut self, kind: Kind, octets: &[u8]) {
        let count = &mut self.counts[kind as usize];
        let field = format!("{}[{count}]", kind.field());
        *count += 1;
        match Name::read(kind, octets) {
            Err(reason) => self.reasons.push(reason.field(field)),
            Ok(name) if !self.seen.insert((kind, name.folded())) => self.reasons.push(
                Reason::new(Code::DuplicateSan, "the name is asked for twice")
                    .field(field)
                    .value(name.folded()),
            ),
            Ok(Name::Dns(name)) => self.names.dns_names.push(name),
            Ok(Name::Email(address)) => self.names.email_addresses.push(address),
            Ok(Name::Ip(address)) => self.names.ip_addresses.push(address),
            Ok(Name::Uri(uri)) => self.names.uris.push(uri),
        }
    }

    fn finish(mut self) -> Result<Names, Vec<Reason>> {
        let uris = &self.names.uris;
        if self.counts[Kind::Uri as usize] > 1
            && let Some(id) = uris.iter().find(|uri| uri::is_spiffe(uri))
        {
            let message = "a SPIFFE ID is the only URI of its certificate";
            let reason = Reason::new(Code::MalformedSpiffe, message);
            self.reasons.push(reason.field("csr.uris").value(id));
        }
        if self.reasons.is_empty() {
            Ok((self.names, self.others))
        } else {
            Err(self.reasons)
        }
    }
}

/// The kind of a `GeneralName` by its tag, or what RFC 5280 calls a kind that is not issued.
fn issued_or_other(tag: Tag) -> Option<Result<Kind, &'static str>> {
    let Tag::ContextSpecific {
        constructed,
        number: TagNumber(number),
    } = tag
    else {
        return None;
    };
    Some(match (number, constructed) {
        (0, true) => Err("otherName"),
        (1, false) => Ok(Kind::Email),
        (2, false) => Ok(Kind::Dns),
        (3, true) => Err("x400Address"),
        (4, true) => Err("directoryName"),
        (5, true) => Err("ediPartyName"),
        (6, false) => Ok(Kind::Uri),
        (7, false) => Ok(Kind::Ip),
        (8, false) => Err("registeredID"),
        _ => return None,
    })
}

/// Whether a name that is not issued is DER all the same; `registeredID` is the only one of a single value.
fn is_der(name: AnyRef<'_>) -> bool {
    if name.tag().is_constructed() {
        is_canonical(name.value())
    } else {
        is_object_identifier(name.value())
    }
}

/// The text of an `IA5String` of visible characters; NUL above all ends names in some readers and not in others.
fn visible(octets: &[u8], code: Code) -> Result<&str, Reason> {
    let text = str::from_utf8(octets)
        .ok()
        .filter(|text| text.bytes().all(|octet| octet.is_ascii_graphic()));
    text.ok_or_else(|| {
        let reason = Reason::new(code, "name holds other than visible ASCII characters");
        reason.value(String::from_utf8_lossy(octets))
    })
}

fn malformed(message: &str) -> Reason {
    Reason::new(Code::MalformedSan, message).field("spec.request")
}
