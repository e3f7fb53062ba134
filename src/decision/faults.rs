//! One value against the rule of one policy: whether it is allowed, by which entry, or what is wrong with it.
//!
//! In come a rule and a value in normal form; out comes a [`Fault`], and none means that the rule allows the value. A
//! fault is put into words only when it is told, with the smallest change that would help.

use std::net::IpAddr;

use crate::control::entry::{Entry, Match};
use crate::control::glob::placeholder::Given;
use crate::control::rule::{Allows, AllowsIp, Counts, IpRule, Rule};
use crate::decision::exhaustion::CAUSE;
use crate::decision::objections::Objections;
use crate::decision::trace::Remark;
use crate::decision::values::{Value, rule_of};
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::names::Cidr;

const ADDRESSES: &str = "spec.allowed.ipAddresses";
// A longer list is read in the policy.
const BLOCKS: usize = 10;

/// What is wrong with a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault<'p> {
    /// None of its kind is allowed.
    Nothing,
    /// A wildcard is not allowed.
    Wildcard,
    /// An underscore is not allowed.
    Underscore,
    /// No entry fits.
    NoEntry(&'p [Entry]),
    /// Only this entry could fit, and its placeholder can't be filled in safely.
    Unsafe(&'p Entry),
    /// Only this entry could fit, and nobody knows who asked.
    Nobody(&'p Entry),
    /// This entry was not looked at: what one decision may do is used up.
    Untried(&'p Entry),
}

/// The entry that allows the value; `None` when the rule allows every value.
///
/// # Errors
/// What is wrong with it.
pub(super) fn allowing_dns<'p>(
    rule: &'p Rule,
    value: &Value<'_>,
    given: Given<'_>,
) -> Result<Option<&'p Entry>, Fault<'p>> {
    let nothing = matches!(rule.allows, Allows::Nothing);
    if !nothing && value.normal.starts_with("*.") && !rule.wildcards {
        return Err(Fault::Wildcard);
    }
    if !nothing && value.normal.contains('_') && !rule.underscores {
        return Err(Fault::Underscore);
    }
    allowing(rule, value, given)
}

/// The same for values other than DNS names.
pub(super) fn allowing<'p>(
    rule: &'p Rule,
    value: &Value<'_>,
    given: Given<'_>,
) -> Result<Option<&'p Entry>, Fault<'p>> {
    let entries = match &rule.allows {
        Allows::Nothing => return Err(Fault::Nothing),
        Allows::Anything => return Ok(None),
        Allows::Values(entries) => entries,
    };
    let (mut unsafe_entry, mut unknown) = (None, None);
    for entry in entries {
        match entry.matches(&value.normal, given) {
            Match::Yes => return Ok(Some(entry)),
            Match::Unsafe => unsafe_entry = unsafe_entry.or(Some(entry)),
            Match::Nobody => unknown = unknown.or(Some(entry)),
            Match::Untried => return Err(Fault::Untried(entry)),
            Match::No | Match::Unknown => {}
        }
    }
    Err(match (unsafe_entry, unknown) {
        (Some(entry), _) => Fault::Unsafe(entry),
        (None, Some(entry)) => Fault::Nobody(entry),
        (None, None) => Fault::NoEntry(entries),
    })
}

impl Fault<'_> {
    /// The fault in words.
    pub(super) fn reason(self, value: &Value<'_>, effort: &Effort) -> Reason {
        let nearest = match self {
            Self::NoEntry(entries) => nearest(entries, &value.normal, effort),
            _ => None,
        };
        let text = value.text;
        let (code, message) = match self {
            Self::Nothing => {
                let reason = not_allowed(&value.field(), &value.kind(), text);
                return reason.rule(self.rule(value, nearest));
            }
            Self::Wildcard => (
                Code::WildcardCertificate,
                format!("wildcards such as `{text}` are not allowed"),
            ),
            Self::Underscore => (
                Code::ValueNotAllowed,
                format!("`{text}` holds `_`, which is not allowed"),
            ),
            Self::NoEntry(_) => (
                Code::ValueNotAllowed,
                format!("`{text}` fits no entry that is allowed"),
            ),
            Self::Unsafe(entry) => (
                Code::TemplateValueUnsafe,
                format!("the request's value for `{entry}` can't stand there as literal text"),
            ),
            Self::Untried(entry) => (
                Code::RuleError,
                format!("`{text}` was not compared with `{entry}`: {CAUSE}"),
            ),
            Self::Nobody(entry) => (
                Code::RequesterUnknown,
                format!("`{text}` might fit `{entry}`, but who asked is not known"),
            ),
        };
        let reason = Reason::new(code, message).field(value.field()).value(text);
        let reason = reason.rule(self.rule(value, nearest));
        match self.help(value, nearest) {
            Some(help) => reason.help(help),
            None => reason,
        }
    }

    fn help(self, value: &Value<'_>, nearest: Option<&Entry>) -> Option<String> {
        Some(match self {
            Self::Nothing => format!("drop `{}`", value.text),
            Self::Wildcard => "name each host".to_owned(),
            Self::Underscore => "ask for a name without `_`".to_owned(),
            Self::Unsafe(_) => "give the request a path of plain names without dots".to_owned(),
            Self::Nobody(_) => "sign the commit with a key of a Principal".to_owned(),
            Self::NoEntry(_) => format!("the nearest that is allowed is `{}`", nearest?),
            Self::Untried(_) => {
                "ask for fewer or shorter names, or ask the owners of `policies/` for simpler patterns"
                    .to_owned()
            }
        })
    }

    /// The field of the policy that says so.
    fn rule(self, value: &Value<'_>, nearest: Option<&Entry>) -> String {
        let kind = value.rule();
        match self {
            Self::Nothing => kind,
            Self::Wildcard => format!("{kind}.wildcardCertificates"),
            Self::Underscore => format!("{kind}.underscores"),
            Self::NoEntry(_) => match nearest {
                Some(entry) => entry.at().to_owned(),
                None => kind,
            },
            Self::Unsafe(entry) | Self::Nobody(entry) | Self::Untried(entry) => {
                entry.at().to_owned()
            }
        }
    }
}

/// Why nothing is wrong with a value that this entry allows, or every entry.
pub(super) fn allowed(value: &Value<'_>, entry: Option<&Entry>) -> Remark {
    let (message, rule) = match entry {
        Some(entry) => (format!("fits `{entry}`"), entry.at().to_owned()),
        None => ("any value is allowed".to_owned(), value.rule()),
    };
    let remark = Remark::new(message).field(value.field());
    remark.value(value.text).rule(rule)
}

/// The entry most like the value, if it can be found with what is left; among equals the first by its text, wherever it
/// stands.
pub(super) fn nearest<'e>(entries: &'e [Entry], value: &str, effort: &Effort) -> Option<&'e Entry> {
    // Every letter is compared with many of the other text.
    let octets: usize = entries.iter().map(|entry| entry.text().len()).sum();
    if !effort.compare((octets * value.len()) as u64 / 8) {
        return None;
    }
    let nearness = |entry: &Entry| strsim::jaro_winkler(entry.text(), value);
    let entries = entries.iter().map(|entry| (nearness(entry), entry));
    let nearest = entries.max_by(|(near, a), (nearer, b)| {
        let by_nearness = near.total_cmp(nearer);
        by_nearness.then_with(|| b.text().cmp(a.text()))
    });
    nearest.map(|(_, entry)| entry)
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug)]
pub(super) enum AddressFault<'p> {
    /// No address is allowed.
    Nothing,
    /// It lies in an exception.
    Exception(&'p Cidr),
    /// It lies in none of these.
    NoBlock(&'p [Cidr]),
}

/// The block that allows the address; `None` when the rule allows every one.
///
/// # Errors
/// What is wrong with it.
pub(super) fn allowing_ip(
    rule: &IpRule,
    address: IpAddr,
) -> Result<Option<&Cidr>, AddressFault<'_>> {
    let (cidrs, except) = match &rule.allows {
        AllowsIp::Nothing => return Err(AddressFault::Nothing),
        AllowsIp::Anything => return Ok(None),
        AllowsIp::Blocks { cidrs, except } => (cidrs, except),
    };
    if let Some(block) = except.iter().find(|block| block.contains(address)) {
        return Err(AddressFault::Exception(block));
    }
    let block = cidrs.iter().find(|block| block.contains(address));
    block.map(Some).ok_or(AddressFault::NoBlock(cidrs))
}

/// Why nothing is wrong with an address that this block allows, or every block.
pub(super) fn allowed_ip(
    rule: &IpRule,
    index: usize,
    address: IpAddr,
    block: Option<&Cidr>,
) -> Remark {
    let (message, rule) = match (block, &rule.allows) {
        (Some(block), AllowsIp::Blocks { cidrs, .. }) => (
            format!("lies in `{block}`"),
            element(&format!("{ADDRESSES}.cidrs"), cidrs, block),
        ),
        _ => ("any address is allowed".to_owned(), ADDRESSES.to_owned()),
    };
    let remark = Remark::new(message).field(format!("csr.ipAddresses[{index}]"));
    remark.value(address.to_string()).rule(rule)
}

/// The path of an element of this list, `a.b[2]`.
pub(super) fn element<T: PartialEq>(list: &str, elements: &[T], element: &T) -> String {
    let index = elements.iter().position(|other| other == element);
    index.map_or_else(|| list.to_owned(), |index| format!("{list}[{index}]"))
}

impl AddressFault<'_> {
    /// The fault in words.
    pub(super) fn reason(self, rule: &IpRule, index: usize, address: IpAddr) -> Reason {
        let (field, text) = (format!("csr.ipAddresses[{index}]"), address.to_string());
        let (message, help) = match self {
            Self::Nothing => {
                return not_allowed(&field, "csr.ipAddresses", &text).rule(ADDRESSES);
            }
            Self::Exception(block) => (
                format!("`{address}` lies in the exception `{block}`"),
                format!("ask for an address outside `{block}`"),
            ),
            Self::NoBlock(cidrs) => {
                let blocks = cidrs.iter().take(BLOCKS).map(ToString::to_string);
                let mut blocks: Vec<String> = blocks.collect();
                if cidrs.len() > BLOCKS {
                    blocks.push(format!("{} more", cidrs.len() - BLOCKS));
                }
                (
                    format!("`{address}` lies in no block that is allowed"),
                    format!("ask for an address in {}", blocks.join(", ")),
                )
            }
        };
        let reason = Reason::new(Code::ValueNotAllowed, message).field(field);
        reason.value(text).help(help).rule(self.rule(rule))
    }

    /// The field of the policy that says so.
    fn rule(self, rule: &IpRule) -> String {
        match (self, &rule.allows) {
            (Self::Exception(block), AllowsIp::Blocks { except, .. }) => {
                element(&format!("{ADDRESSES}.except"), except, block)
            }
            _ => format!("{ADDRESSES}.cidrs"),
        }
    }
}

/// Objects to a number of values that is not what the rule asks for.
pub(super) fn judge_count(
    counts: Counts,
    number: usize,
    field: impl Fn() -> String,
    objections: &mut Objections,
) {
    let rule = |key| format!("{}.{key}", rule_of(&field()));
    let hold = |key, message: String| Remark::new(message).field(field()).rule(rule(key));
    let is_missing = counts.required && number == 0;
    if is_missing {
        objections.add(|| {
            Reason::new(Code::RequiredMissing, "at least one value is required")
                .field(field())
                .rule(rule("required"))
                .help("ask for one")
        });
    } else if counts.required {
        objections.hold(|| hold("required", format!("{number} of at least 1")));
    }
    let least = counts.least;
    if !is_missing && number < least {
        objections.add(|| {
            let message = format!("at least {least} values are required, not {number}");
            let reason = Reason::new(Code::TooFewValues, message).field(field());
            reason.rule(rule("minItems")).help("ask for more")
        });
    } else if least > 0 && !is_missing {
        objections.hold(|| hold("minItems", format!("{number} of at least {least}")));
    }
    match counts.most {
        Some(most) if number > most => objections.add(|| {
            let message = format!("at most {most} values are allowed, not {number}");
            let reason = Reason::new(Code::TooManyValues, message).field(field());
            let reason = reason.rule(rule("maxItems"));
            reason.help(format!("ask for at most {most}"))
        }),
        Some(most) => {
            objections.hold(|| hold("maxItems", format!("{number} of at most {most}")));
        }
        None => {}
    }
}

/// The reason for a value of a kind that the policy allows none of.
fn not_allowed(field: &str, kind: &str, text: &str) -> Reason {
    Reason::new(
        Code::FieldNotAllowed,
        format!("no value of `{kind}` is allowed"),
    )
    .field(field)
    .value(text)
    .help(format!("drop `{text}`"))
}
