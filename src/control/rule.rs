//! Rules: which values of one kind a request may ask for, and how many.
//!
//! In comes a field such as `allowed.dnsNames`; out comes a [`Rule`], or an [`IpRule`] for addresses. Nothing written
//! means that none may be asked for. A rule that could be taken for more or less than it says is an error: stars that
//! stand alone, `absent` beside anything else, or `required` with nothing allowed.

use crate::control::entry::{Entry, Purpose, ValueKind};
use crate::control::reading::{choice, count, distinct, elements, only_true};
use crate::control::surroundings::Surroundings;
use crate::names::Cidr;
use crate::yaml::{Field, Object, Problems};

const COUNTS: [&str; 3] = ["required", "minItems", "maxItems"];

/// Which values may be asked for.
#[derive(Clone, Debug, Default)]
pub enum Allows {
    /// None at all.
    #[default]
    Nothing,
    /// Every value, except reserved ones.
    Anything,
    /// Values that one of these fits.
    Values(Vec<Entry>),
}

/// How many values must and may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// At least one.
    pub required: bool,
    /// At least so many.
    pub least: usize,
    /// At most so many.
    pub most: Option<usize>,
}

/// A rule for names, addresses in text, and subject attributes.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// Which values.
    pub allows: Allows,
    /// How many.
    pub counts: Counts,
    /// The common name must equal a subject alternative name that passed.
    pub in_sans: bool,
    /// Wildcard names may be asked for, if every name that they cover is allowed.
    pub wildcards: bool,
    /// DNS names may hold `_`.
    pub underscores: bool,
}

/// Which addresses may be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AllowsIp {
    /// None at all.
    #[default]
    Nothing,
    /// Every address.
    Anything,
    /// Addresses in one of the blocks and in no exception.
    Blocks {
        /// Where an address must lie.
        cidrs: Vec<Cidr>,
        /// Where it must not lie.
        except: Vec<Cidr>,
    },
}

/// A rule for IP addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpRule {
    /// Which addresses.
    pub allows: AllowsIp,
    /// How many.
    pub counts: Counts,
}

/// The field that a rule stands in, which decides what may be written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleField {
    /// `dnsNames`.
    DnsNames,
    /// `emailAddresses`.
    EmailAddresses,
    /// `uris`.
    Uris,
    /// `subject.commonName`.
    CommonName,
    /// Another subject attribute.
    Attribute,
}

impl RuleField {
    fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::DnsNames => &["wildcardCertificates", "underscores"],
            Self::EmailAddresses | Self::Uris => &[],
            Self::CommonName => &["inSANs", "crossing"],
            Self::Attribute => &["crossing"],
        }
    }

    fn kind(self, crossing: bool) -> ValueKind {
        match self {
            Self::DnsNames => ValueKind::Dns,
            Self::EmailAddresses => ValueKind::Email,
            Self::Uris => ValueKind::Uri,
            Self::CommonName | Self::Attribute => ValueKind::Attribute { crossing },
        }
    }
}

impl Rule {
    /// Reads the rule of this field.
    pub fn read(
        field: &Field<'_>,
        its: RuleField,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut known = vec!["absent", "any", "values"];
        known.extend(COUNTS);
        known.extend(its.own_keys());
        let object = field.object(&known, problems)?;
        let counts = read_counts(&object, problems);
        let in_sans = flag(&object, "inSANs", problems);
        let kind = its.kind(flag(&object, "crossing", problems));
        let values = object.get("values").map(|values| {
            let elements = elements(&values, problems);
            let entry = |element| Entry::read(&element, kind, Purpose::Admit, around, problems);
            Allows::Values(elements.filter_map(entry).collect())
        });
        let default = if in_sans {
            Allows::Anything
        } else {
            Allows::Nothing
        };
        let allows = if flag(&object, "any", problems) {
            Allows::Anything
        } else {
            values.unwrap_or(default)
        };
        let allows_something = !matches!(allows, Allows::Nothing);
        check_shape(field, &object, allows_something, problems);
        Some(Self {
            allows,
            counts,
            in_sans,
            wildcards: is_allowed(&object, "wildcardCertificates", problems),
            underscores: is_allowed(&object, "underscores", problems),
        })
    }
}

impl IpRule {
    /// Reads the rule of `ipAddresses`.
    pub fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let mut known = vec!["absent", "any", "cidrs", "except"];
        known.extend(COUNTS);
        let object = field.object(&known, problems)?;
        let counts = read_counts(&object, problems);
        let any = flag(&object, "any", problems);
        let cidrs: Vec<Cidr> = object
            .get("cidrs")
            .map(|cidrs| distinct(&cidrs, problems))
            .unwrap_or_default();
        let except = object
            .get("except")
            .map(|except| read_except(&except, &cidrs, problems))
            .unwrap_or_default();
        let allows = match (any, object.get("cidrs")) {
            (true, _) => AllowsIp::Anything,
            (false, Some(_)) => AllowsIp::Blocks { cidrs, except },
            (false, None) => AllowsIp::Nothing,
        };
        check_shape(field, &object, allows != AllowsIp::Nothing, problems);
        Some(Self { allows, counts })
    }
}

fn read_except(field: &Field<'_>, cidrs: &[Cidr], problems: &mut Problems) -> Vec<Cidr> {
    let mut except = Vec::new();
    for element in elements(field, problems) {
        let Some(block) = element.parse::<Cidr>(problems) else {
            continue;
        };
        if !cidrs.iter().any(|cidr| cidr.covers(&block)) {
            problems.report(&element, format!("`{block}` lies in none of the `cidrs`"));
        }
        except.push(block);
    }
    except
}

fn read_counts(object: &Object<'_>, problems: &mut Problems) -> Counts {
    let required = object.get("required");
    let mut number = |key| {
        let field = object.get(key)?;
        let number = count(&field, 1..=usize::MAX, problems)?;
        Some((number, field))
    };
    let least = number("minItems");
    let most = number("maxItems").map(|(most, _)| most);
    if let (Some((least, field)), Some(most)) = (&least, most)
        && *least > most
    {
        problems.report(field, format!("`minItems` is above `maxItems`, {most}"));
    }
    Counts {
        required: required.is_some_and(|field| field.boolean(problems) == Some(true)),
        least: least.map_or(0, |(least, _)| least),
        most,
    }
}

fn flag(object: &Object<'_>, key: &str, problems: &mut Problems) -> bool {
    object
        .get(key)
        .is_some_and(|field| only_true(&field, problems))
}

fn is_allowed(object: &Object<'_>, key: &str, problems: &mut Problems) -> bool {
    object
        .get(key)
        .and_then(|field| choice(&field, &[("allow", true), ("deny", false)], problems))
        == Some(true)
}

/// What the keys of a rule may not say together.
fn check_shape(
    field: &Field<'_>,
    object: &Object<'_>,
    allows_something: bool,
    problems: &mut Problems,
) {
    let absent = flag(object, "absent", problems);
    let given: Vec<&str> = object
        .keys()
        .filter(|key| object.get(key).is_some())
        .collect();
    let help = "write `absent: true`, `any: true` or a list";
    if given.is_empty() {
        problems.report_with_help(field, "an empty rule says nothing", help);
    } else if absent && given.len() > 1 {
        problems.report_with_help(field, "`absent` stands alone", help);
    } else if !given.contains(&"absent") && !allows_something {
        problems.report_with_help(field, "nothing is allowed here", help);
    } else if given.contains(&"any") && given.iter().any(|key| ["values", "cidrs"].contains(key)) {
        problems.report_with_help(field, "`any` and a list contradict each other", help);
    }
}
