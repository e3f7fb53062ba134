//! Globs of e-mail addresses: `local@domain`, or `*@domain` for any plain local part.
//!
//! In comes the pattern of a policy; out comes an [`EmailGlob`]. The local part is compared as it is written (RFC 5321
//! 2.4), unless the pattern denies: then letter case decides nothing. The domain is a DNS glob, and never a wildcard.

use crate::control::glob::dns::{DnsGlob, Wildcard};
use crate::control::glob::error::PatternError;
use crate::control::glob::placeholder::{Context, Given};
use crate::control::glob::{Token, fits, mentions, scan};

/// A pattern of e-mail addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailGlob(Form);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// `{{ requester.email }}`: both halves at once.
    Requester(Vec<Token>),
    Halves {
        // None: any plain local part.
        local: Option<Vec<Token>>,
        domain: DnsGlob,
    },
}

impl EmailGlob {
    /// Reads a glob.
    ///
    /// # Errors
    /// It is not `local@domain`, or a star is only part of the local part.
    pub fn glob(text: &str) -> Result<Self, PatternError> {
        if let Some(whole) = requester(text) {
            return Ok(whole);
        }
        let (local, domain) = halves(text)?;
        let domain = DnsGlob::glob(domain)?;
        let local = match local {
            "*" => None,
            local => Some(local_part(local)?),
        };
        Ok(Self(Form::Halves { local, domain }))
    }

    /// Reads one address without stars.
    ///
    /// # Errors
    /// It is not `local@domain`.
    pub fn exact(text: &str) -> Result<Self, PatternError> {
        if let Some(whole) = requester(text) {
            return Ok(whole);
        }
        let (local, domain) = halves(text)?;
        Ok(Self(Form::Halves {
            local: Some(local_part(local)?),
            domain: DnsGlob::exact(domain)?,
        }))
    }

    /// Whether an address whose domain is in lower case fits.
    #[must_use]
    pub fn fits(&self, address: &str, given: Given<'_>) -> bool {
        let (local, domain) = match &self.0 {
            Form::Requester(tokens) => return fits(tokens, address, given),
            Form::Halves { local, domain } => (local, domain),
        };
        let Some((local_part, name)) = address.split_once('@') else {
            return false;
        };
        let local_fits = match local {
            None => is_plain(local_part),
            Some(tokens) => fits(tokens, local_part, given),
        };
        local_fits && domain.fits(name, Wildcard::Refused, given)
    }

    /// Its tokens, of both halves.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        let (whole, domain) = match &self.0 {
            Form::Requester(tokens) => (Some(tokens), None),
            Form::Halves { local, domain } => (local.as_ref(), Some(domain)),
        };
        let domain = domain.into_iter().flat_map(DnsGlob::tokens);
        whole.into_iter().flatten().chain(domain)
    }
}

/// A pattern that is one placeholder and no more.
fn requester(text: &str) -> Option<EmailGlob> {
    let tokens = scan(text, Context::Text).ok()?;
    let whole = matches!(tokens.as_slice(), [Token::Value(value)] if value.is_requester());
    whole.then_some(EmailGlob(Form::Requester(tokens)))
}

fn halves(text: &str) -> Result<(&str, &str), PatternError> {
    text.split_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.contains('@'))
        .ok_or_else(|| {
            PatternError::new(
                format!("`{text}` is not an e-mail address"),
                "write `local@domain`, or `*@domain` for every local part",
            )
        })
}

fn local_part(text: &str) -> Result<Vec<Token>, PatternError> {
    let tokens = scan(text, Context::Text)?;
    if mentions(&tokens, "*") {
        return Err(PatternError::new(
            format!("a star is only part of `{text}`"),
            "`*` stands for a whole local part; use `{regex: ...}` for more",
        ));
    }
    Ok(tokens)
}

/// Whether a local part is a dot-atom (RFC 5322 3.2.3) in ASCII.
#[must_use]
pub fn is_plain(local: &str) -> bool {
    let atom = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    local.split('.').all(atom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::identity::Identity;
    use crate::effort::Effort;

    #[test]
    fn a_star_is_a_whole_plain_local_part() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        for (pattern, address, fit) in [
            ("*@example.com", "jane.doe@example.com", true),
            ("*@example.com", "\"a\"@example.com", false),
            ("*@example.com", "a@b@example.com", false),
            ("*@example.com", "a@x.example.com", false),
            ("*@*.example.com", "a@x.example.com", true),
            ("Jane@example.com", "jane@example.com", false),
            ("{{ request.name }}@example.com", "jane@example.com", true),
            ("*@example.com", "a@*.example.com", false),
            ("*@*.example.com", "a@*.example.com", false),
        ] {
            let glob = EmailGlob::glob(pattern).unwrap();
            assert_eq!(glob.fits(address, given), fit, "{pattern} {address}");
        }
    }

    #[test]
    fn the_requester_has_one_address() {
        let request = "dev/jane".parse().unwrap();
        let jane = Identity {
            principal: Some("jane".parse().unwrap()),
            email: "Jane.Doe@Example.com".to_owned(),
            ..Identity::default()
        };
        let glob = EmailGlob::glob("{{ requester.email }}").unwrap();
        for (address, requester, fit) in [
            ("Jane.Doe@example.com", &jane, true),
            ("jane.doe@example.com", &jane, false),
            ("Jane.Doe@example.com", Identity::nobody(), false),
        ] {
            let effort = Effort::of_words();
            let given = Given::new(&request, requester, &effort);
            assert_eq!(glob.fits(address, given), fit, "{address}");
        }
    }

    #[test]
    fn a_pattern_has_one_at_sign_and_no_partial_star() {
        for text in [
            "example.com",
            "a*@example.com",
            "@example.com",
            "a@b@c",
            "a@",
        ] {
            assert!(EmailGlob::glob(text).is_err(), "{text}");
        }
    }
}
