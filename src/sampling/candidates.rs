//! Values that may lie at the edge of an entry, made from its text; whoever tries them keeps those that do.
//!
//! In comes the text of an entry; out come values that a reader could take for inside or outside: a label more, a label
//! less, a name that only ends the same. Being wrong here costs a sample, never a false word.

use std::net::IpAddr;

use crate::control::entry::{Entry, Match};
use crate::names::Cidr;
use crate::sampling::example::Example;
use crate::sampling::expressions;

// Enough to see the edge, few enough to read.
const SHOWN: usize = 4;

/// Values to try.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    pub(super) inside: Vec<String>,
    pub(super) outside: Vec<String>,
}

impl Candidates {
    /// Names of hosts.
    pub(super) fn of_dns(entry: &Entry, example: &Example) -> Self {
        let inside = inside(entry, example, "web", &["a", "b.a"]);
        let outside = inside.first().into_iter().flat_map(|name| {
            let parent = name.split_once('.').map_or("", |(_, parent)| parent);
            [
                parent.to_owned(),
                format!("a.{name}"),
                format!("evil{name}"),
                format!("{name}.evil.example"),
                format!("other.{parent}"),
                format!("*.{parent}"),
            ]
        });
        let outside = outside.collect();
        Self { inside, outside }
    }

    /// E-mail addresses.
    pub(super) fn of_email(entry: &Entry, example: &Example) -> Self {
        let inside = inside(entry, example, "jane", &["a", "b.a"]);
        let outside = inside.first().and_then(|address| {
            let (local, domain) = address.rsplit_once('@')?;
            Some(vec![
                format!("{local}@evil.example"),
                format!("{local}@a.{domain}"),
                format!("{local}@evil{domain}"),
                format!("{}@{domain}", local.to_uppercase()),
                format!("x{local}@{domain}"),
            ])
        });
        Self {
            inside,
            outside: outside.unwrap_or_default(),
        }
    }

    /// URIs.
    pub(super) fn of_uri(entry: &Entry, example: &Example) -> Self {
        let inside = inside(entry, example, "x", &["x", "x/y"]);
        let outside = inside.first().into_iter().flat_map(|uri| {
            let parent = uri.rsplit_once('/').map_or("", |(parent, _)| parent);
            let host = uri.split_once("://").map(|(scheme, rest)| {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                format!("{scheme}://{host}.evil.example{path}")
            });
            [
                format!("{uri}/more"),
                parent.to_owned(),
                format!("{uri}x"),
                host.unwrap_or_default(),
            ]
        });
        let outside = outside.collect();
        Self { inside, outside }
    }

    /// Subject attributes.
    pub(super) fn of_text(entry: &Entry, example: &Example) -> Self {
        let mut inside = inside(entry, example, "x", &["x"]);
        if !entry.is_regex() {
            inside.extend(filled(&entry.to_string(), example, "", ""));
        }
        let mut outside = Vec::new();
        if !entry.is_regex() {
            outside = filled(&entry.to_string(), example, "x:y", "x:y");
        }
        if let Some(value) = inside.first() {
            outside.extend([
                format!("{value}x"),
                format!("x{value}"),
                value.to_uppercase(),
            ]);
        }
        Self { inside, outside }
    }

    /// Paths of requests, and signer names.
    pub(super) fn of_path(text: &str, example: &Example) -> Self {
        let mut inside = filled(text, example, "x", "x");
        inside.extend(filled(text, example, "x", "x/y"));
        let outside = inside.first().into_iter().flat_map(|path| {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            [
                format!("{path}/more"),
                parent.to_owned(),
                format!("other/{path}"),
                format!("{path}x"),
            ]
        });
        let outside = outside.collect();
        Self { inside, outside }
    }

    /// Addresses.
    pub(super) fn of_block(block: &Cidr) -> Self {
        let (first, last) = block.ends();
        let text = |address: Option<IpAddr>| address.map(|address| address.to_string());
        Self {
            inside: vec![first.to_string(), last.to_string()],
            outside: [before(first), after(last)]
                .into_iter()
                .filter_map(text)
                .collect(),
        }
    }

    /// Those that lie where they were meant to, a few of each.
    pub(super) fn keep(
        self,
        is_inside: impl Fn(&String) -> bool,
        is_outside: impl Fn(&String) -> bool,
    ) -> Self {
        Self {
            inside: few(self.inside, is_inside),
            outside: few(self.outside, is_outside),
        }
    }
}

fn few(values: Vec<String>, is_kept: impl Fn(&String) -> bool) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for value in values {
        if kept.len() < SHOWN && !value.is_empty() && !kept.contains(&value) && is_kept(&value) {
            kept.push(value);
        }
    }
    kept
}

fn inside(entry: &Entry, example: &Example, one: &str, many: &[&str]) -> Vec<String> {
    let text = entry.to_string();
    if entry.is_regex() {
        return expressions::samples(&text);
    }
    let filled = many
        .iter()
        .flat_map(|many| filled(&text, example, one, many));
    let mut inside: Vec<String> = filled.collect();
    // A wildcard may be asked for as such, and in an exact entry a star is a star.
    let fits = |value: &String| entry.matches(value, example.given()) == Match::Yes;
    if entry.is_dns() || !inside.iter().any(fits) {
        inside.push(text);
    }
    inside
}

/// The text with its placeholders and stars filled in.
fn filled(text: &str, example: &Example, one: &str, many: &str) -> Vec<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((expression, behind)) = behind.split_once("}}") else {
            return Vec::new();
        };
        filled.push_str(&value(expression.trim(), example));
        rest = behind;
    }
    filled.push_str(rest);
    let filled = filled.replace("**", "\0").replace('*', one);
    vec![filled.replace('\0', many)]
}

fn value(expression: &str, example: &Example) -> String {
    let (request, requester) = (&example.request, &example.requester);
    match expression {
        "request.name" => request.name().to_owned(),
        "request.path" => request.as_str().to_owned(),
        "requester.email" => requester.email.clone(),
        "requester.name" => {
            let name = requester.principal.as_ref();
            name.map(ToString::to_string).unwrap_or_default()
        }
        _ => request
            .dirs()
            .first()
            .copied()
            .unwrap_or_default()
            .to_owned(),
    }
}

fn before(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(it) => IpAddr::from(u32::from(it).checked_sub(1)?.to_be_bytes()),
        IpAddr::V6(it) => IpAddr::from(u128::from(it).checked_sub(1)?.to_be_bytes()),
    })
}

fn after(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(it) => IpAddr::from(u32::from(it).checked_add(1)?.to_be_bytes()),
        IpAddr::V6(it) => IpAddr::from(u128::from(it).checked_add(1)?.to_be_bytes()),
    })
}
