//! Whether the to-be-signed octets have the tags of a certificate in their places, and no others.
//!
//! In come octets that are DER; out comes whether every value has the tag that RFC 5280 4.1 and 4.2 give it there.
//! Parsers differ in what they overlook: x509-parser, for one, takes many a value of another class for the one that it
//! expects. Only what a certificate from here may hold is drawn.

use crate::lint::encoding::split;

/// What stands in one place.
enum Shape {
    /// One value with one of these tags.
    One(&'static [u8]),
    /// A value with this tag that holds these, one after another.
    Row(u8, &'static [Shape]),
    /// A value with this tag that holds any number of these.
    List(u8, &'static Shape),
    /// This, or nothing.
    Maybe(&'static Shape),
}

use Shape::{List, Maybe, One, Row};

const OID: Shape = One(&[0x06]);
// RFC 5280 4.1.2.5.
const TIME: Shape = One(&[0x17, 0x18]);
// RFC 5280 4.1.2.4, with the two kinds of string that Go writes.
const NAME: Shape = List(0x30, &List(0x31, &Row(0x30, &[OID, One(&[0x0c, 0x13])])));
// RFC 5280 4.1.
const EXTENSION: Shape = Row(0x30, &[OID, Maybe(&One(&[0x01])), One(&[0x04])]);
const CERTIFICATE: Shape = Row(
    0x30,
    &[
        Row(0xa0, &[One(&[0x02])]),
        One(&[0x02]),
        One(&[0x30]),
        One(&[0x30]),
        Row(0x30, &[TIME, TIME]),
        NAME,
        One(&[0x30]),
        Row(0xa3, &[List(0x30, &EXTENSION)]),
    ],
);
// RFC 5280 4.2.1: the last octet of the object identifier below id-ce, and the value.
const VALUES: [(u8, Shape); 8] = [
    (14, One(&[0x04])),
    (15, One(&[0x03])),
    (17, List(0x30, &One(&[0x81, 0x82, 0x86, 0x87]))),
    (19, Row(0x30, &[])),
    (31, List(0x30, &POINT)),
    (32, List(0x30, &Row(0x30, &[OID]))),
    (35, Row(0x30, &[One(&[0x80])])),
    (37, List(0x30, &OID)),
];
const POINT: Shape = Row(0x30, &[Row(0xa0, &[Row(0xa0, &[One(&[0x86])])])]);
const ID_CE: [u8; 2] = [0x55, 0x1d];

/// Whether the octets are a TBSCertificate of this drawing, with its extensions.
pub(super) fn is_certificate(tbs: &[u8]) -> bool {
    follow(&CERTIFICATE, tbs) == Some(&[])
        && extensions(tbs).is_some_and(|values| {
            values.iter().all(|(oid, value)| {
                let mut known = VALUES.iter();
                let shape = known.find(|(arc, _)| *oid == [ID_CE[0], ID_CE[1], *arc]);
                shape.is_some_and(|(_, shape)| follow(shape, value) == Some(&[]))
            })
        })
}

/// What follows a value of this shape; nothing when there is none.
fn follow<'d>(shape: &Shape, der: &'d [u8]) -> Option<&'d [u8]> {
    if let Maybe(shape) = shape {
        return Some(follow(shape, der).unwrap_or(der));
    }
    let (tag, mut content, rest) = split(der).ok()?;
    match shape {
        One(tags) => return tags.contains(&tag).then_some(rest),
        Row(wanted, _) | List(wanted, _) if tag != *wanted => return None,
        Row(_, shapes) => {
            for shape in *shapes {
                content = follow(shape, content)?;
            }
        }
        List(_, shape) => {
            while !content.is_empty() {
                content = follow(shape, content)?;
            }
        }
        Maybe(_) => {}
    }
    content.is_empty().then_some(rest)
}

/// Object identifier and value of each extension of octets that have the shape of a certificate.
fn extensions(tbs: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let (_, mut content, _) = split(tbs).ok()?;
    let mut extensions: &[u8] = &[];
    while !content.is_empty() {
        (_, extensions, content) = split(content).ok()?;
    }
    let (_, mut list, _) = split(extensions).ok()?;
    let mut values = Vec::new();
    while !list.is_empty() {
        let (_, mut extension, after) = split(list).ok()?;
        let (_, oid, rest) = split(extension).ok()?;
        let mut value = oid;
        extension = rest;
        while !extension.is_empty() {
            (_, value, extension) = split(extension).ok()?;
        }
        values.push((oid, value));
        list = after;
    }
    Some(values)
}
