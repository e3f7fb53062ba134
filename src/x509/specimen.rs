//! Requests that nobody makes: what a test of policies asks for, as the PKCS#10 that a requester would have sent.
//!
//! In come a subject and names, legal or not, and a kind of key; out comes the PEM of a request that only
//! [`Csr::suppose`](crate::x509::csr::Csr::suppose) reads, since nobody signed it. The keys are public and of no use: each was
//! made once and its private half never stored. Making a new one for each test would cost more than all else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{Any, SetOfVec};
use der::{Encode as _, Tag, TagNumber};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

use crate::x509::certificate::signature_algorithm;
use crate::x509::certification_request::{encode_info, encode_request};
use crate::x509::key::{Curve, KeyKind};
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

// openssl genpkey -algorithm KIND | openssl pkey -pubout -outform DER | base64
const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnVbOUf6dNay5RK5T0vcmTcEBXupV3kd4ef32bFxITw4sKzEujYyPrX7jWWXbwRzB\
    Y0Ddwd7fY1i18Kk10jN7kQ==";
const P384: &str = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAENVItAtwYMcHw1u0Te9zdUTZtwRQZLCOaoLfH5UaH1IADTMMPwjxUEZAzRjEjHiizUDdZ\
    hl5IBPK/UlKebgDI6YaIl8MooT0qIr0g04zjAjPH5H/7Fgs7JJ1XQjed8cfV";
const P521: &str = "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQARkLicHA9/ySU9zuMHCu0PtRxbXPWbditrAB4eqmjmH8p4PuxOXbCjqFtapZb6rZ1\
    POVrpGCX8hGX6KiFrbEawiUB7UzYZYx+PRMOBySntP+ot6psKvyyeCvxBhEZDyyQOb+NC9lu9R3U3FqOkMuSJQzvLJOf027DQwr8\
    gzzhtxTHk/c=";
const ED25519: &str = "MCowBQYDK2VwAyEAPptXicZik9wn7cQ07rzoXydzGMPYCAVQPIUFs+6KJ7M=";
const RSA_2048: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvuDs9a2youwVN8sZAt4WjnNFcscfGLKxyqfo1ziDBZ5EUzK+q6AHg9zv\
    +HVHfPUmudER2bh62vpOtOvK2G68NY0VETgKM1fKCUkth3UbFMFIlc7vmFn9BLvVMSVF/xbF/+b/7uTBWC1Xcb2GPFEqArTHPFbf\
    bYK3WN8ndd+qhusmJ6uvS0jPceGyOum+xAv0BKJ2EaI7hcAVs/Dzw3RyQ0w+cbarYJltamGyCLhkXAk0CA1AhEwX+ttXwwXkiZ2b\
    61Wzqd0/Y3JRKlneMYxO0yuN6WQrxgNuxUq1+VcMwV9bY3Ir2RZQ1KOzmnMlGdKdEqRPu8XZu86Xi8FYaHEUbQIDAQAB";
const RSA_3072: &str = "MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEA4IhNx3YVbepmURwxmaTJ92gwsNefUb5ZILTo2ArvjG9It2EqoR8hrDRx\
    Ib1xIf9v41nolzWuaOUf5NU47UUDnV7C0A7oOE9Bs+n9T3o0XisM2roiSZlnST248WXr39NZrVfv7A1lTYQN/x+44BEjELJ6YxNv\
    nFY0hMipjDCuC8/rMncmErGWFxRsp6GWn+eaGFsM8g/Dzvv2FM+dfJoQ9Naay8QVxa4GvI1ajYe1XF/bhXWGtqTu4MMp898O6pc7\
    SDjfu/l0ueWG4zlOL4DpiBhicNI66YFyTnfmkN7OoCCXNdR5rLypZoOTVrmd4T0qrvwhzAAt2EEmY1d/y/6w9Bv43ET7Bk+4nkDY\
    W7lsRHz0mDgGC/2/y3EaalmR9lGbAnaX99EMpkMQCVLwXkoR3GjdhBkW5XTMX8duMsNR5fGlWnizmEXImnZeZwvY7qMSJxD+EzMe\
    XOGG/fP8g2IjbJk/O8Qj278e/Gx4wY4+k8c/SYvyDIWuTXQ5CyWft8VFAgMBAAE=";
const RSA_4096: &str = "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAqc3sfFvqvmkqjSKhFpPH7yNu1NaIJiS9DaZ/Pd7kqicvB0W8s0kTe/oI\
    0aBcMhy9JkIGYcS8aGq2p/TkyDCc5LBEwV6Ntd3lYf51+b/bNO+PC2lZikXdR2XCyFO32zQSHBDbxjWlQd++at8AKmOdphWW+IVG\
    8Ud9R5C7PYITZ/SixS1YKmVGx5XH96yDKsxA5jlcCMrbOivrWqiOiLQ1IDlyfXRGOnCI6jEWt++a6xADhzRv2OoL9DSVeKybQBFP\
    iufTyGFsnYI75cQRHX76+7AfPMgDzzLIdESPnWhbWz9e+Le/ja4/P1CSPlSvFsfnpseHNLIQGt0Of4iyv4SIgiqz4B8eD3fX4ruF\
    MXJoEmvjJe99E+id0p/h34iyqpeh/7PMqHvkl0FU+f2DPhSQp3p7q4R665MFOEjvrhxJM0tv2zhfMt09hZZ9SAIHRPWXUShb3qwn\
    FD/0PPJtueSuyh5jPrhQSenhGT2S9f9wadma0QDTaIvcAkJVT2bLsIk1TTpfx0lq07c83Qfc+4kj3ga2yO32JQuzoya/UulQeg44\
    M/L2dDUWBxUK81UciE0NYnssAxZRH99a3eAEPHWwhl8QJO73RWl61t7tJfaCAEsIN/cgtiKZYT+ynorxw7L5nqFg5oDhU9BAlIsc\
    4ZzSmRjr9BSOXJmGUTxbq0tEqxECAwEAAQ==";

/// The PEM of a request for this subject and these names with a key of this kind; its signature is none.
///
/// # Errors
/// When a value can't be expressed in DER at all.
pub fn request(subject: &Subject, names: &SubjectAltNames, kind: KeyKind) -> der::Result<String> {
    let key = STANDARD
        .decode(public_key(kind))
        .expect("the keys above are base64");
    let general_names = if names.is_empty() {
        None
    } else {
        Some(general_names(names)?.to_der()?)
    };
    let info = encode_info(name(subject)?, general_names, &key)?;
    encode_request(&info, signature_algorithm(kind), &[0])
}

fn public_key(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Ecdsa(Curve::P256) => P256,
        KeyKind::Ecdsa(Curve::P384) => P384,
        KeyKind::Ecdsa(Curve::P521) => P521,
        KeyKind::Ed25519 => ED25519,
        KeyKind::Rsa { bits: ..=2048 } => RSA_2048,
        KeyKind::Rsa { bits: ..=3072 } => RSA_3072,
        KeyKind::Rsa { .. } => RSA_4096,
    }
}

/// Each value in an RDN of its own, in the order it is written, so that even one that is there twice keeps its number.
fn name(subject: &Subject) -> der::Result<RdnSequence> {
    let mut name = RdnSequence::default();
    for attribute in Attribute::ALL {
        for value in subject.values(attribute) {
            let mut pair = SetOfVec::new();
            pair.insert(AttributeTypeAndValue {
                oid: attribute.oid(),
                value: Any::encode_from(&value.to_owned())?,
            })?;
            name.push(RelativeDistinguishedName::from(pair));
        }
    }
    Ok(name)
}

/// RFC 5280 4.2.1.6: the tags of `GeneralName`. The octets are those that are written, whatever an `IA5String` may hold.
fn general_names(names: &SubjectAltNames) -> der::Result<Vec<Any>> {
    let mut all = Vec::with_capacity(names.len());
    let mut add = |number, octets: &[u8]| {
        let tag = Tag::ContextSpecific {
            constructed: false,
            number: TagNumber(number),
        };
        Any::new(tag, octets).map(|name| all.push(name))
    };
    for name in &names.dns_names {
        add(2, name.as_bytes())?;
    }
    for address in &names.email_addresses {
        add(1, address.as_bytes())?;
    }
    for address in &names.ip_addresses {
        match address {
            std::net::IpAddr::V4(v4) => add(7, &v4.octets())?,
            std::net::IpAddr::V6(v6) => add(7, &v6.octets())?,
        }
    }
    for uri in &names.uris {
        add(6, uri.as_bytes())?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use crate::x509::csr::Csr;

    fn supposed(
        subject: &Subject,
        names: &SubjectAltNames,
        kind: KeyKind,
    ) -> Result<Csr, Vec<Code>> {
        let pem = request(subject, names, kind).unwrap();
        let csr = Csr::suppose(pem.as_bytes());
        csr.map_err(|reasons| reasons.iter().map(|reason| reason.code).collect())
    }

    fn jane() -> Subject {
        let mut subject = Subject::default();
        subject.push(Attribute::CommonName, "jane".to_owned());
        subject.push(Attribute::Organization, "ops".to_owned());
        subject.push(Attribute::Organization, "dev".to_owned());
        subject
    }

    #[test]
    fn every_kind_of_key_is_strong_and_nobody_proves_to_have_it() {
        let rsa = [2048, 3072, 4096].map(|bits| KeyKind::Rsa { bits });
        let ecdsa = Curve::ALL.map(KeyKind::Ecdsa);
        for kind in [&rsa[..], &ecdsa[..], &[KeyKind::Ed25519]].concat() {
            let names = SubjectAltNames::default();
            let csr = supposed(&jane(), &names, kind).unwrap();
            assert_eq!(csr.key.kind(), kind);
            assert_eq!(csr.subject.organizations(), ["ops", "dev"]);
            let pem = request(&jane(), &names, kind).unwrap();
            let reasons = Csr::read(pem.as_bytes()).unwrap_err();
            assert_eq!(reasons[0].code, Code::ProofOfPossession, "{kind}");
        }
    }

    #[test]
    fn names_come_back_and_those_that_are_none_are_refused() {
        let names = SubjectAltNames {
            dns_names: vec!["a.example.com".to_owned()],
            email_addresses: vec!["a@example.com".to_owned()],
            ip_addresses: vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()],
            uris: vec!["https://example.com/a".to_owned()],
        };
        let csr = supposed(&Subject::default(), &names, KeyKind::Ed25519).unwrap();
        assert_eq!(csr.sans, names);
        for (name, code) in [
            ("*.*.example.com", Code::MalformedDnsName),
            ("bücher.example", Code::MalformedDnsName),
            ("a\0b", Code::MalformedDnsName),
            ("", Code::MalformedDnsName),
        ] {
            let names = SubjectAltNames {
                dns_names: vec![name.to_owned()],
                ..SubjectAltNames::default()
            };
            let found = supposed(&jane(), &names, KeyKind::Ed25519).unwrap_err();
            assert_eq!(found, [code], "{name}");
        }
        let mut twice = jane();
        twice.push(Attribute::CommonName, "root".to_owned());
        twice.push(Attribute::Organization, "dev".to_owned());
        let found = supposed(&twice, &SubjectAltNames::default(), KeyKind::Ed25519).unwrap_err();
        assert_eq!(found, [Code::MalformedSubject; 2]);
    }
}
