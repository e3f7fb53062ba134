//! minijinja templates of the control zone, and the only values that they see.
//!
//! In come the templates as text, once, and each certificate; out comes the text of a file. Values are written as JSON,
//! which is YAML too, whatever the file is called, so none can break out of its place. A name that is not there is an
//! error, and one that is in no certificate at all is told before ([`names`]). A template says nothing that could grow
//! without end ([`language`]), fuel bounds the rest, and what it makes is taken by a writer that stops at the limit.

mod language;
mod names;
mod operands;
mod outputs;
mod refusals;
mod view;
mod written;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::control::ControlZone;
use crate::control::signer::Signer;
use crate::finding::{Code, Finding, Place, Reason};
use crate::issuance::Issued;
pub use crate::render::template::outputs::output_name;
use crate::render::template::written::Bounded;

// A kubeconfig takes some hundred instructions; a list of 1,000 names in ten places some ten thousand. One fuel pays for
// an instruction or for 64 octets, so this is 12 MiB of texts as well.
const FUEL: u64 = 200_000;
// What a template may make, the value of one filter included.
const LARGEST_OUTPUT: usize = 1024 * 1024;
// Templates that are tried before there is a certificate; nobody has more.
const TRIED: usize = 16;

/// The templates of a control zone, compiled once.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Compiles every template that lies in the control zone.
    ///
    /// # Errors
    /// `ConfigInvalid` for each that is no template, with its line, or whose output can't lie beside the others.
    pub fn compile(zone: &ControlZone) -> Result<Self, Vec<Finding>> {
        let mut environment = environment();
        let seen = view::names();
        let refused = outputs::refused(zone.templates.keys()).into_iter();
        let refused = refused.map(|(name, reason)| in_template(name, reason));
        let mut findings: Vec<Finding> = refused.collect();
        for (name, source) in &zone.templates {
            match language::check(source, &seen) {
                Ok(refused) if refused.is_empty() => {
                    let added = environment.add_template_owned(name.clone(), source.clone());
                    findings.extend(added.err().map(|error| broken(name, &error)));
                }
                Ok(refused) => {
                    findings.extend(refused.into_iter().map(|reason| in_template(name, reason)));
                }
                Err(error) => findings.push(broken(name, &error)),
            }
        }
        let templates = Self { environment };
        if findings.is_empty() {
            findings = templates.unfillable(zone);
        }
        if findings.is_empty() {
            Ok(templates)
        } else {
            Err(findings)
        }
    }

    /// The templates that make too much of a small certificate already, or ask for what no value can do, so that nothing
    /// would ever be signed for them. What a list has too little for depends on the certificate, and is told when there is one.
    fn unfillable(&self, zone: &ControlZone) -> Vec<Finding> {
        let named = zone.signers.iter().rev().flat_map(|signer| {
            let names = signer.templates.iter();
            names.map(move |name| (name.as_str(), signer))
        });
        // Each once, with the first signer that names it.
        let named: BTreeMap<&str, &Signer> = named.collect();
        let mut findings = Vec::new();
        for (name, signer) in named.into_iter().take(TRIED) {
            let (why, help) = match self.fill(name, view::example(signer, zone)) {
                Err(Unfilled::TooMuch(why)) => (
                    why,
                    "let it loop over short lists only, and write each text once",
                ),
                Err(Unfilled::Wrong(why)) => (
                    why,
                    "of the names that a template sees, `clusters` is a list, as are some below `cert` and `request`; \
                     the others are texts",
                ),
                Ok(_) | Err(Unfilled::Missing(_)) => continue,
            };
            let message = format!("{}, of a certificate with few names already", why.message);
            let reason = Reason::new(Code::ConfigInvalid, message);
            findings.push(in_template(name, reason.help(help)));
        }
        findings
    }

    /// Renders one template for a certificate, given as leaf and as chain.
    ///
    /// # Errors
    /// `RenderFailed` with the template's line and what is wrong there.
    pub fn render(
        &self,
        name: &str,
        issued: &Issued<'_>,
        pems: (&str, &str),
        zone: &ControlZone,
    ) -> Result<String, Reason> {
        let filled = self.fill(name, view::context(issued, pems, zone));
        filled.map_err(
            |(Unfilled::TooMuch(reason) | Unfilled::Missing(reason) | Unfilled::Wrong(reason))| {
                reason
            },
        )
    }

    fn fill(&self, name: &str, values: Value) -> Result<String, Unfilled> {
        let template = self.environment.get_template(name);
        let template = template.map_err(|error| Unfilled::Missing(failed(name, &error)))?;
        // One octet less, for the line end that may be missing.
        let mut text = Bounded::new(LARGEST_OUTPUT - 1);
        let rendered = template.render_captured_to(values, &mut text).map(drop);
        if text.is_full() {
            let reason = unrendered(name, "", "it makes more than 1 MiB");
            return Err(Unfilled::TooMuch(reason));
        }
        rendered.map_err(|error| match error.kind() {
            ErrorKind::OutOfFuel => Unfilled::TooMuch(failed(name, &error)),
            ErrorKind::UndefinedError => Unfilled::Missing(failed(name, &error)),
            _ => Unfilled::Wrong(failed(name, &error)),
        })?;
        let mut text = text.into_text();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}

/// Why there is no text.
enum Unfilled {
    /// It would take too much work or be too long.
    TooMuch(Reason),
    /// Something that it names is not there.
    Missing(Reason),
    /// Anything else, such as a loop over a number.
    Wrong(Reason),
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("YAML".into()));
    environment.set_formatter(written::emit);
    environment.set_fuel(Some(FUEL));
    let [b64encode, tojson] = language::FILTERS;
    environment.add_filter(b64encode, |text: String| STANDARD.encode(text));
    environment.add_filter(tojson, |value: Value| {
        written::json(&value, LARGEST_OUTPUT).map(Value::from_safe_string)
    });
    environment
}

fn describe(error: &Error) -> String {
    let detail = error
        .detail()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    format!("{}{detail}", error.kind())
}

fn in_template(name: &str, reason: Reason) -> Finding {
    let file = format!("templates/{name}")
        .parse()
        .expect("template names are single pieces");
    Finding::in_file(file, reason)
}

fn broken(name: &str, error: &Error) -> Finding {
    let mut reason = Reason::new(
        Code::ConfigInvalid,
        format!("is no template: {}", describe(error)),
    );
    if let Some(line) = error.line().and_then(|line| u32::try_from(line).ok()) {
        reason = reason.at(Place { line, column: 1 });
    }
    in_template(name, reason)
}

fn failed(name: &str, error: &Error) -> Reason {
    let line = error.line().map(|line| format!(" line {line}"));
    unrendered(name, &line.unwrap_or_default(), &describe(error))
}

fn unrendered(name: &str, line: &str, why: &str) -> Reason {
    let message = format!("template `templates/{name}`{line} can't be rendered: {why}");
    Reason::new(Code::RenderFailed, message)
        .help("a template sees `request`, `cert`, `signer` and `clusters` alone")
}
