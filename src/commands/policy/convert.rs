//! `gitca policy convert`: a CertificateRequestPolicy as an ApprovalPolicy, and what differs.
//!
//! In comes a file; out comes the policy on stdout, what it judges otherwise on stderr. Found is what could not be
//! expressed; nothing is written into the repository, as somebody has to read it first.

use std::path::Path;

use crate::cli::ConvertArgs;
use crate::commands::named;
use crate::conversion;
use crate::files;
use crate::finding::Reason;
use crate::output::Told;
use crate::output::text::{self, Style};
use crate::world::World;

/// The policy on stdout, the differences on stderr; found is whatever could not be expressed.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the file is no CertificateRequestPolicy; any other error when it can't be read.
pub fn convert(args: &ConvertArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    let source = if args.file == Path::new("-") {
        files::read_stdin()?
    } else {
        files::read_text(&world.directory.join(&args.file))?
    };
    let converted =
        conversion::convert(&source, &args.groups).map_err(|reasons| named(&args.file, reasons))?;
    let file = args.file.display().to_string();
    let shown = |kind: &str, reasons: &[Reason]| -> String {
        let one = |reason: &Reason| text::reason(kind, reason, Some(&file), style);
        reasons.iter().map(one).collect()
    };
    let mut talk = shown("warning", &converted.lost);
    talk.push_str(&shown("note", &converted.differences));
    Ok(Told {
        text: converted.policy.unwrap_or_default(),
        talk: Some(talk),
        found: !converted.lost.is_empty(),
    })
}
