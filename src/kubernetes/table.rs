//! Tables as `kubectl get` prints them.
//!
//! In come rows of cells; out comes text with columns three spaces apart, as `k8s.io/cli-runtime` sets its tab writer.

use std::io::Write as _;

use tabwriter::TabWriter;

use crate::kubernetes::CertificateSigningRequest;
use crate::kubernetes::duration::human;
use crate::timestamp::Timestamp;

/// The columns of `kubectl get csr`.
pub const COLUMNS: [&str; 6] = [
    "NAME",
    "AGE",
    "SIGNERNAME",
    "REQUESTOR",
    "REQUESTEDDURATION",
    "CONDITION",
];

/// The cells of one request.
#[must_use]
pub fn row(path: &str, object: &CertificateSigningRequest, now: Timestamp) -> Vec<String> {
    let created = object.metadata.creation_timestamp.as_deref();
    let created = created.and_then(|text| text.parse::<Timestamp>().ok());
    let age = created.map_or_else(
        || "<unknown>".to_owned(),
        |created| human(now.unix() - created.unix()),
    );
    let signer = match object.spec.signer_name.as_str() {
        "" => "<none>",
        name => name,
    };
    let asked = object.spec.expiration_seconds;
    let asked = asked.map_or_else(
        || "<none>".to_owned(),
        |seconds| human(i64::try_from(seconds).unwrap_or(i64::MAX)),
    );
    vec![
        path.to_owned(),
        age,
        signer.to_owned(),
        object.spec.username.clone().unwrap_or_default(),
        asked,
        object.condition(),
    ]
}

/// The table with its heading. A cell holds no tab and no line end.
#[must_use]
pub fn text(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let lines: Vec<String> = std::iter::once(&heading)
        .chain(rows)
        .map(|row| row.join("\t"))
        .collect();
    align(&lines, 6, 3)
}

/// Lines whose cells end with a tab, their columns aligned as Go's `text/tabwriter` does, which counts the padding to
/// the least width of a column.
pub(super) fn align(lines: &[String], least: usize, padding: usize) -> String {
    let mut writer = TabWriter::new(Vec::new())
        .minwidth(least.saturating_sub(padding))
        .padding(padding);
    let text = format!("{}\n", lines.join("\n"));
    let written = writer
        .write_all(text.as_bytes())
        .and_then(|()| writer.flush());
    // Memory takes everything; were it not so, the text is readable without its columns.
    match (written, writer.into_inner()) {
        (Ok(()), Ok(octets)) => String::from_utf8(octets).unwrap_or(text),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::{Condition, Metadata, Spec};

    #[test]
    fn the_table_is_that_of_kubectl() {
        let metadata = Metadata {
            creation_timestamp: Some("2030-01-01T00:00:00Z".into()),
            name: "jane".into(),
            ..Metadata::default()
        };
        let spec = Spec {
            expiration_seconds: Some(86_400),
            signer_name: "kubernetes.io/kube-apiserver-client".into(),
            username: Some("jane".into()),
            ..Spec::default()
        };
        let mut issued = CertificateSigningRequest::new(metadata, spec);
        let mut open = issued.clone();
        issued.status.certificate = Some("AA==".into());
        issued.status.conditions = vec![Condition::new("Approved", "a", "b", "c")];
        open.metadata.creation_timestamp = None;
        open.spec = Spec::default();
        let now = "2030-01-01T00:10:00Z".parse().unwrap();
        let rows = [row("dev/jane", &issued, now), row("x", &open, now)];
        assert_eq!(
            text(&COLUMNS, &rows),
            "NAME       AGE         SIGNERNAME                            REQUESTOR   REQUESTEDDURATION   CONDITION\n\
             dev/jane   10m         kubernetes.io/kube-apiserver-client   jane        24h                 Approved,Issued\n\
             x          <unknown>   <none>                                            <none>              Pending\n"
        );
    }
}
