//! Names that were asked for with capital letters, which patterns do not see.
//!
//! In comes a request; out comes a notice when policies compare another spelling than the certificate will show. Case
//! means nothing in DNS names and in the domains of e-mail addresses (RFC 4343, RFC 5321 2.4).

use crate::finding::{Code, Reason};
use crate::request::Request;
use crate::x509::san::fold_email;

/// The notice about the first such name.
#[must_use]
pub fn notice(request: &Request) -> Option<Reason> {
    let sans = &request.csr.sans;
    let names = sans.dns_names.iter().enumerate();
    let names = names.map(|(index, name)| ("dnsNames", index, name, name.to_ascii_lowercase()));
    let addresses = sans.email_addresses.iter().enumerate();
    let addresses =
        addresses.map(|(index, address)| ("emailAddresses", index, address, fold_email(address)));
    let mut folded = names
        .chain(addresses)
        .filter(|(_, _, asked, compared)| *asked != compared);
    let (list, index, asked, compared) = folded.next()?;
    let message = match folded.count() {
        0 => format!("is compared as `{compared}`; the certificate keeps its capital letters"),
        more => format!(
            "is compared as `{compared}`, and {more} more in lower case too; the certificate keeps capital letters"
        ),
    };
    let reason = Reason::new(Code::CaseFolded, message);
    let reason = reason.field(format!("csr.{list}[{index}]")).value(asked);
    Some(reason.help("ask for the name in lower case"))
}
